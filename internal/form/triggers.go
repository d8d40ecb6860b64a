package form

// triggers are the names of the properties on which anything else of the
// schema depends: when one of them changes, the form is worked out anew. They
// are names, not paths: one field too many costs a request, one too few a
// form that stands still.
func (s *Schema) triggers() map[string]bool {
	out := map[string]bool{}
	left := maxNodes
	s.collect(s.root, out, &left, map[*node]bool{})
	return out
}

func (s *Schema) collect(n *node, out map[string]bool, left *int, seen map[*node]bool) {
	if *left--; n == nil || *left < 0 || seen[n] {
		return
	}
	seen[n] = true
	if n.If != nil {
		s.named(n.If, out, left, 0)
	}
	for _, d := range n.Depends {
		out[d.name] = true
		s.collect(d.node, out, left, seen)
	}
	if list := n.branches(); len(list) > 0 {
		for _, p := range list[0].Properties {
			if len(p.node.values()) > 0 {
				out[p.name] = true
			}
		}
	}
	if t, ok := s.targetOf(n); ok {
		s.collect(t, out, left, seen)
	}
	for _, list := range [][]*node{n.AllOf, n.OneOf, n.AnyOf, {n.Then, n.Else, n.Items}} {
		for _, m := range list {
			s.collect(m, out, left, seen)
		}
	}
	for _, p := range n.Properties {
		s.collect(p.node, out, left, seen)
	}
}

// named adds the properties that a condition speaks of.
func (s *Schema) named(n *node, out map[string]bool, left *int, depth int) {
	if *left--; n == nil || *left < 0 || depth > maxDepth {
		return
	}
	for _, name := range n.Required {
		out[name] = true
	}
	for _, p := range n.Properties {
		out[p.name] = true
		s.named(p.node, out, left, depth+1)
	}
	if t, ok := s.targetOf(n); ok {
		s.named(t, out, left, depth+1)
	}
	for _, list := range [][]*node{n.AllOf, n.OneOf, n.AnyOf, {n.Not, n.If, n.Then, n.Else}} {
		for _, m := range list {
			s.named(m, out, left, depth+1)
		}
	}
}
