package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

type gambler struct {
	*rand.Rand
}

func pick[T any](r gambler, list ...T) T { return list[r.IntN(len(list))] }

func (r gambler) some(list ...string) []any {
	out := []any{}
	for _, v := range list {
		if r.IntN(2) == 0 {
			out = append(out, v)
		}
	}
	return out
}

func (r gambler) ref() string {
	i := r.IntN(randomEntities + 5)
	return fmt.Sprintf("%s:default/n%03d", []string{"gadget", "widget", "gadget"}[i%2+r.IntN(9)/8], i)
}

func (r gambler) entity(i int) catalog.Entity {
	e := catalog.Entity{Ref: catalog.Ref{Kind: []string{"Gadget", "Widget"}[i%2], Namespace: "default", Name: fmt.Sprintf("N%03d", i)}}
	e.Metadata.Title = pick(r, "", "Alpha One", "alpha two", "Zeta")
	for _, t := range r.some("go", "java") {
		e.Metadata.Tags = append(e.Metadata.Tags, t.(string))
	}
	e.Spec = map[string]any{"owner": pick(r, "hr", "payments", "payments", "nobody"), "colors": r.some("Red", "red", "blue", "green")}
	if r.IntN(3) > 0 {
		e.Spec["type"] = pick(r, "Service", "service", "web", "WEB", "")
	}
	if r.IntN(4) == 0 {
		e.Spec["nothing"] = pick[any](r, nil, "x", strings.Repeat("long", 60))
	}
	if r.IntN(2) == 0 {
		e.Spec["deep"] = map[string]any{"a": []any{map[string]any{"b": r.IntN(5)}, r.IntN(3) == 0, 1.5}}
	}
	var on []any
	for range r.IntN(3) {
		on = append(on, r.ref())
	}
	e.Spec[pick(r, "dependsOn", "dependencyOf")] = on
	return e
}

var randomFields = []string{"kind", "KIND", "metadata.name", "metadata.title", "metadata.tags", "metadata.tags.Java", "metadata.uid", "spec.type", "spec.colors", "spec.colors.red",
	"spec.deep.a", "spec.deep.a.b", "spec.nothing", "spec.owner", "relations.dependsOn", "relations.dependencyof", "relations.ownedBy", "relations.ownerof", "spec", "no.such"}

func (r gambler) value(world map[string]map[string][]leaf, field string) string {
	refs := slices.Sorted(maps.Keys(world))
	for range 5 {
		if list := world[pick(r, refs...)][strings.ToLower(field)]; len(list) > 0 {
			if v := pick(r, list...).text; v != "" {
				return pick(r, v, strings.ToUpper(v), v[:len(v)/2], v)
			}
		}
	}
	return pick(r, "", "x", "true", r.ref())
}

func (r gambler) predicate(world map[string]map[string][]leaf, depth int) query.Predicate {
	field := pick(r, randomFields...)
	n := r.IntN(10)
	if depth == 0 {
		n = r.IntN(6)
	}
	list := func() []query.Predicate {
		out := make([]query.Predicate, r.IntN(4))
		for i := range out {
			out[i] = r.predicate(world, depth-1)
		}
		return out
	}
	switch n {
	case 0:
		return query.Exists{Field: field, Want: r.IntN(3) > 0}
	case 1:
		return query.HasPrefix{Field: field, Prefix: r.value(world, field)}
	case 2:
		if r.IntN(3) == 0 {
			return query.Related{Type: pick(r, "dependsOn", "ownedBy", "ownerOf", "partOf")}
		}
		return query.Related{Type: "dependencyOf", Targets: []string{r.ref(), r.ref(), r.ref()}}
	case 6, 7:
		return query.All(list())
	case 8:
		return query.Any(list())
	case 9:
		return query.Not{Of: r.predicate(world, depth-1)}
	}
	return query.In{Field: field, Values: []string{r.value(world, field), r.value(world, field)}}
}
