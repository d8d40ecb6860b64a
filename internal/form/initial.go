package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// initial is what a form holds before anything was typed.
func (s *Schema) initial(in Input) (url.Values, error) {
	data := map[string]any{}
	if len(in.Data) > 0 {
		dec := json.NewDecoder(bytes.NewReader(in.Data))
		dec.UseNumber()
		if err := dec.Decode(&data); err != nil {
			return nil, fmt.Errorf("values to begin with: %w", err)
		}
	}
	out := url.Values{}
	fill(out, s.items, data, in.Prefix)
	return out, nil
}

func fill(out url.Values, items []item, data map[string]any, prefix string) {
	for _, it := range items {
		key := it.path[strings.LastIndexByte(it.path, '.')+1:]
		if len(it.items) > 0 {
			inner, _ := data[key].(map[string]any)
			fill(out, it.items, inner, prefix)
			continue
		}
		v, ok := data[key]
		if !ok && len(it.node.Default) > 0 {
			ok = json.Unmarshal(it.node.Default, &v) == nil
		}
		if ok {
			out[join(prefix, it.path)] = it.node.typed(v)
		}
	}
}

// typed is a value as its control holds it.
func (n *node) typed(v any) []string {
	list, ok := v.([]any)
	if !ok {
		return []string{text(v)}
	}
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, text(x))
	}
	switch n.listKind() {
	case Checkboxes:
		return out
	case JSON:
		return []string{text(v)}
	default:
		return []string{strings.Join(out, "\n")}
	}
}

// Values writes a JSON object as the form would send it, for the steps of a
// long form.
func (s *Schema) Values(data json.RawMessage, prefix string) (url.Values, error) {
	return s.initial(Input{Data: data, Prefix: prefix})
}
