package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Values writes a JSON object as the form would send it, with the schema's
// defaults for what it does not have.
func (s *Schema) Values(data json.RawMessage, prefix string) (url.Values, error) {
	return s.initial(Input{Data: data, Prefix: prefix})
}

// Begin is what a form holds before anything was typed: Data, and the defaults
// of what counts with it.
func (s *Schema) Begin(in Input) (url.Values, error) { return s.initial(in) }

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
	data, tree := s.filled(data, in.Around)
	out := url.Values{}
	fill(out, tree.parts, data, in.Prefix)
	return out, nil
}

// Filled are values with the defaults of what counts for them.
func (s *Schema) Filled(data, around map[string]any) map[string]any {
	out, _ := s.filled(data, around)
	return out
}

func (s *Schema) filled(data, around map[string]any) (map[string]any, part) {
	if data == nil {
		data = map[string]any{}
	}
	x := &solver{s: s, left: maxWork}
	for range maxRounds {
		x.fields = 0
		tree := x.tree(data, around)
		next := withDefaults(tree, data)
		if reflect.DeepEqual(next, data) {
			return data, tree
		}
		data = next
	}
	return data, x.tree(data, around)
}

func withDefaults(p part, data map[string]any) map[string]any {
	out := make(map[string]any, len(data))
	for k, v := range data {
		out[k] = v
	}
	for k, v := range object(p.node.Default) {
		if _, there := out[k]; !there {
			out[k] = v
		}
	}
	for _, q := range p.parts {
		v, there := out[q.name]
		if !there && len(q.node.Default) > 0 {
			if v = anyOf(q.node.Default); v != nil {
				out[q.name], there = v, true
			}
		}
		if q.kind != Group {
			continue
		}
		o, isObject := v.(map[string]any)
		if inner := withDefaults(q, o); len(inner) > 0 && (isObject || !there) {
			out[q.name] = inner
		}
	}
	return out
}

func object(raw json.RawMessage) map[string]any {
	o, _ := anyOf(raw).(map[string]any)
	return o
}

func fill(out url.Values, parts []part, data map[string]any, prefix string) {
	for _, p := range parts {
		if v, ok := data[p.name]; ok {
			write(out, p, v, prefix)
		}
	}
}

func write(out url.Values, p part, v any, prefix string) {
	name := join(prefix, p.path)
	switch p.kind {
	case Group:
		inner, _ := v.(map[string]any)
		fill(out, p.parts, inner, prefix)
		if p.choice != nil {
			out.Set(name+"."+optionName, strconv.Itoa(p.choice.at))
		}
	case Rows:
		list, _ := v.([]any)
		out.Set(name+"."+rowsName, strconv.Itoa(min(len(list), maxRows)))
		for i, q := range p.parts {
			if i < len(list) {
				write(out, q, list[i], prefix)
			}
		}
	case Repo:
		for part, text := range splitRepo(text(v)) {
			out.Set(name+"."+part, text)
		}
	default:
		out[name] = p.node.written(p.kind, v)
	}
}

// written is a value as its control holds it.
func (n *node) written(kind Kind, v any) []string {
	switch v := v.(type) {
	case []any:
		list := make([]string, 0, len(v))
		for _, x := range v {
			list = append(list, text(x))
		}
		switch kind {
		case Checkboxes, Many:
			return list
		case Lines:
			return []string{strings.Join(list, "\n")}
		}
	case map[string]any:
		if kind == Map {
			var lines []string
			for key, x := range v {
				lines = append(lines, key+": "+text(x))
			}
			slices.Sort(lines)
			return []string{strings.Join(lines, "\n")}
		}
	}
	return []string{text(v)}
}

// Edit changes the rows of a list as a button asked: add:NAME, remove:NAME.I,
// up:NAME.I or down:NAME.I. It reports whether that was one of these.
func Edit(sent url.Values, order string) bool {
	verb, name, ok := strings.Cut(order, ":")
	if !ok || name == "" {
		return false
	}
	if verb == "add" {
		n := count(sent, name)
		if n < maxRows {
			sent.Set(name+"."+rowsName, strconv.Itoa(n+1))
		}
		return true
	}
	dot := strings.LastIndexByte(name, '.')
	i, err := strconv.Atoi(name[dot+1:])
	if dot < 0 || err != nil {
		return false
	}
	list := name[:dot]
	n := count(sent, list)
	switch {
	case i < 0 || i >= n:
		return verb == "remove" || verb == "up" || verb == "down"
	case verb == "remove":
		for ; i+1 < n; i++ {
			swap(sent, list, i, i+1)
		}
		drop(sent, list+"."+strconv.Itoa(n-1))
		sent.Set(list+"."+rowsName, strconv.Itoa(n-1))
	case verb == "up" && i > 0:
		swap(sent, list, i-1, i)
	case verb == "down" && i+1 < n:
		swap(sent, list, i, i+1)
	}
	return verb == "remove" || verb == "up" || verb == "down"
}

func count(sent url.Values, list string) int {
	n, err := strconv.Atoi(sent.Get(list + "." + rowsName))
	if err != nil {
		n = (&solver{sent: sent}).highest(list)
	}
	return max(0, min(n, maxRows))
}

func swap(sent url.Values, list string, i, j int) {
	a, b := list+"."+strconv.Itoa(i), list+"."+strconv.Itoa(j)
	moved := url.Values{}
	for _, pair := range [][2]string{{a, b}, {b, a}} {
		for name, v := range sent {
			if rest, ok := under(name, pair[0]); ok {
				moved[pair[1]+rest] = v
			}
		}
	}
	drop(sent, a)
	drop(sent, b)
	for name, v := range moved {
		sent[name] = v
	}
}

func drop(sent url.Values, row string) {
	for name := range sent {
		if _, ok := under(name, row); ok {
			delete(sent, name)
		}
	}
}

func under(name, row string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(name, row)
	return rest, ok && (rest == "" || rest[0] == '.')
}
