package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// leaf is a value of a field.
type leaf struct {
	text string
	null bool
}

// plainly reads the leaves of an entity's JSON, the plain way.
func plainly(t *testing.T, raw []byte) map[string][]leaf {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	out := map[string][]leaf{}
	put := func(key string, l leaf) {
		key = strings.ToLower(key)
		if len(l.text) > 200 {
			l = leaf{null: true}
		}
		if len(key) <= 200 && !slices.Contains(out[key], l) {
			out[key] = append(out[key], l)
		}
	}
	var visit func(path string, v any)
	visit = func(path string, v any) {
		switch v := v.(type) {
		case nil:
			put(path, leaf{null: true})
		case []any:
			for _, item := range v {
				if s, ok := item.(string); ok {
					put(path+"."+s, leaf{text: "true"})
				}
				visit(path, item)
			}
		case map[string]any:
			for k, item := range v {
				visit(strings.TrimPrefix(path+"."+k, "."), item)
			}
		default:
			put(path, leaf{text: fmt.Sprint(v)})
		}
	}
	for _, r := range doc["relations"].([]any) {
		m := r.(map[string]any)
		put("relations."+m["type"].(string), leaf{text: m["targetRef"].(string)})
	}
	delete(doc, "relations")
	delete(doc["metadata"].(map[string]any), "etag")
	visit("", doc)
	return out
}

// holds evaluates a predicate the plain way.
func holds(p query.Predicate, e map[string][]leaf) bool {
	has := func(field string, f func(value string) bool) bool {
		return slices.ContainsFunc(e[strings.ToLower(field)], func(l leaf) bool { return !l.null && f(strings.ToLower(l.text)) })
	}
	in := func(field string, values []string) bool {
		return has(field, func(v string) bool {
			return slices.ContainsFunc(values, func(w string) bool { return strings.ToLower(w) == v })
		})
	}
	switch p := p.(type) {
	case query.All:
		return !slices.ContainsFunc(p, func(q query.Predicate) bool { return !holds(q, e) })
	case query.Any:
		return slices.ContainsFunc(p, func(q query.Predicate) bool { return holds(q, e) })
	case query.Not:
		return !holds(p.Of, e)
	case query.Exists:
		return (len(e[strings.ToLower(p.Field)]) > 0) == p.Want
	case query.In:
		return in(p.Field, p.Values)
	case query.HasPrefix:
		return has(p.Field, func(v string) bool { return strings.HasPrefix(v, strings.ToLower(p.Prefix)) })
	case query.Related:
		if p.Targets == nil {
			return len(e["relations."+strings.ToLower(p.Type)]) > 0
		}
		return in("relations."+p.Type, p.Targets)
	}
	return p == nil
}
