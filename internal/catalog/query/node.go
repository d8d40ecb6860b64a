package query

import "encoding/json"

// node is a predicate as cursors carry it, one field set.
type node struct {
	All     *[]*node `json:"all,omitempty"`
	Any     *[]*node `json:"any,omitempty"`
	Not     *node    `json:"not,omitempty"`
	Exists  string   `json:"exists,omitempty"`
	Absent  string   `json:"absent,omitempty"`
	In      string   `json:"in,omitempty"`
	Prefix  string   `json:"prefix,omitempty"`
	Related string   `json:"related,omitempty"`
	Values  []string `json:"values,omitempty"`
	Always  bool     `json:"always,omitempty"`
}

func nodeOf(p Predicate) *node {
	switch p := p.(type) {
	case All:
		return &node{All: nodesOf(p)}
	case Any:
		return &node{Any: nodesOf(p)}
	case Not:
		of := nodeOf(p.Of)
		if of == nil {
			of = &node{Always: true}
		}
		return &node{Not: of}
	case Exists:
		if p.Want {
			return &node{Exists: p.Field}
		}
		return &node{Absent: p.Field}
	case In:
		return &node{In: p.Field, Values: p.Values}
	case HasPrefix:
		return &node{Prefix: p.Field, Values: []string{p.Prefix}}
	case Related:
		return &node{Related: p.Type, Values: p.Targets}
	}
	return nil
}

func nodesOf(list []Predicate) *[]*node {
	out := make([]*node, len(list))
	for i, p := range list {
		if out[i] = nodeOf(p); out[i] == nil {
			out[i] = &node{Always: true}
		}
	}
	return &out
}

func (n *node) predicate(depth int) (Predicate, error) {
	switch {
	case n == nil || n.Always:
		return nil, nil
	case depth > maxDepth+2:
		return nil, errCursor
	case n.All != nil:
		list, err := predicates(*n.All, depth)
		return All(list), err
	case n.Any != nil:
		list, err := predicates(*n.Any, depth)
		return Any(list), err
	case n.Not != nil:
		of, err := n.Not.predicate(depth + 1)
		return Not{of}, err
	case n.Exists != "":
		return Exists{n.Exists, true}, nil
	case n.Absent != "":
		return Exists{n.Absent, false}, nil
	case n.In != "":
		return In{n.In, n.Values}, nil
	case n.Prefix != "" && len(n.Values) == 1:
		return HasPrefix{n.Prefix, n.Values[0]}, nil
	case n.Related != "":
		return Related{n.Related, n.Values}, nil
	}
	return nil, errCursor
}

func predicates(nodes []*node, depth int) ([]Predicate, error) {
	out := make([]Predicate, len(nodes))
	for i, n := range nodes {
		var err error
		if out[i], err = n.predicate(depth + 1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Key is a text that is the same for equal predicates only.
func Key(p Predicate) string {
	if p == nil {
		return ""
	}
	raw, err := json.Marshal(nodeOf(p))
	if err != nil {
		return "" // texts and lists always encode
	}
	return string(raw)
}
