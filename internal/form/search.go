package form

import (
	"context"
	"strings"
)

// Search looks for choices of one field, prefix included, that have text; the
// rest of the form is as Show gets it. False when the form has no such field,
// or none that is searched.
func (s *Schema) Search(ctx context.Context, in Input, name, text string) (Field, Choices, bool, error) {
	r, tree := s.read(in.Sent, in.Prefix, in.Around)
	path, ok := strings.CutPrefix(name, in.Prefix+".")
	if in.Prefix == "" {
		path, ok = name, true
	}
	p, part, found := locate(tree, path)
	if !ok || !found {
		return Field{}, Choices{}, false, nil
	}
	b := builder{ctx: ctx, in: in, values: r.Values}
	f := Field{Name: name, ID: id(name), Label: first(p.node.ui("title"), p.node.Title, words(p.path)), Required: p.required}
	if all := p.node.choices(); len(all) > 0 {
		return f, Choices{Options: matching(all, text, maxSelect), More: len(all) > maxSelect}, true, nil
	}
	if in.Resolver == nil {
		return f, Choices{}, false, nil
	}
	pick := Pick{Field: p.node.ui("field"), Part: part, Name: name, Options: p.node.Options, Text: strings.TrimSpace(text), Limit: maxSelect, Around: b.around()}
	c, known, err := in.Resolver.Choices(ctx, pick)
	if len(c.Options) > maxSelect {
		c.Options, c.More = c.Options[:maxSelect], true
	}
	return f, c, known, err
}

// locate finds the part with a path, or the address of a repository that has it
// as one of its parts.
func locate(p part, path string) (found part, of string, ok bool) {
	for _, q := range p.parts {
		if q.path == path {
			return q, "", true
		}
		if rest, under := strings.CutPrefix(path, q.path+"."); under && q.kind == Repo {
			return q, rest, true
		}
		if found, of, ok = locate(q, path); ok {
			return found, of, ok
		}
	}
	return part{}, "", false
}
