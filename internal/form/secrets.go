package form

import "strings"

// Secret reports whether a form's field of that name may hold a secret, now or
// with other values: what is told so must stand in no page, draft or address.
// It goes by the last part of the name, so it may tell one field too many.
func (s *Schema) Secret(name string) bool {
	if s.secrets == nil {
		s.secrets = map[string]bool{}
		left := maxNodes
		s.findSecrets(s.root, "", &left, map[*node]bool{})
	}
	return s.secrets[name[strings.LastIndexByte(name, '.')+1:]]
}

func (s *Schema) findSecrets(n *node, name string, left *int, seen map[*node]bool) {
	if *left--; n == nil || *left < 0 || n.never != nil {
		return
	}
	if n.ui("field") == "Secret" || n.ui("widget") == "password" || n.Format == "password" {
		s.secrets[name] = true
	}
	if secretsKey(n) != "" {
		s.secrets["token"] = true
	}
	if seen[n] {
		return
	}
	seen[n] = true
	for _, p := range n.Properties {
		s.findSecrets(p.node, p.name, left, seen)
	}
	if t, ok := s.targetOf(n); ok {
		s.findSecrets(t, name, left, seen)
	}
	for _, list := range [][]*node{n.AllOf, n.OneOf, n.AnyOf, n.Prefix, {n.Then, n.Else, n.Items, n.AdditionalProperties}} {
		for _, m := range list {
			s.findSecrets(m, name, left, seen)
		}
	}
	for _, d := range n.Depends {
		s.findSecrets(d.node, name, left, seen)
	}
}
