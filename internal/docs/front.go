package docs

import (
	"bytes"

	"gopkg.in/yaml.v3"
)

// Front is what a page says of itself between two lines of dashes at its top.
type Front struct {
	Title       string
	Description string
	Owner       string
	Reviewed    string // a date
}

// cutFront splits src into front matter and body. lines is how many lines the
// front matter takes. Front matter that is no YAML mapping stays in the body.
func cutFront(src []byte) (f Front, body []byte, lines int) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	rest, ok := bytes.CutPrefix(src, []byte("---\n"))
	if !ok {
		if rest, ok = bytes.CutPrefix(src, []byte("---\r\n")); !ok {
			return f, src, 0
		}
	}
	end := bytes.Index(append([]byte("\n"), rest...), []byte("\n---"))
	if end < 0 || end > 64<<10 {
		return f, src, 0
	}
	after := rest[end+3:]
	if i := bytes.IndexByte(after, '\n'); i >= 0 {
		if len(bytes.TrimSpace(after[:i])) > 0 {
			return f, src, 0
		}
		after = after[i+1:]
	} else {
		after = nil
	}
	var n yaml.Node
	if yaml.Unmarshal(rest[:end], &n) != nil || len(n.Content) == 0 || n.Content[0].Kind != yaml.MappingNode {
		return f, src, 0
	}
	for k, v := range pairs(n.Content[0]) {
		if v.Kind != yaml.ScalarNode {
			continue
		}
		switch k {
		case "title":
			f.Title = v.Value
		case "description", "summary":
			f.Description = v.Value
		case "owner":
			f.Owner = v.Value
		case "reviewed":
			f.Reviewed = v.Value
		}
	}
	return f, after, bytes.Count(src[:len(src)-len(after)], []byte("\n"))
}

// pairs walks the scalar keys of a YAML mapping.
func pairs(n *yaml.Node) func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}
