package store_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// Random questions about random entities are answered as a plain look at each
// entity's JSON answers them: by filter, text, order and facet, for somebody
// who sees everything and for somebody who does not, while entities come,
// change and go.

// randomEntities is how many there are: enough that terms outgrow their rows
// and pages are found by walking.
const randomEntities = 900

func TestRandomQueriesAgreeWithAPlainLook(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := gambler{rand.New(rand.NewPCG(7, 11))}
		useRules(t, s, hrRule)
		e := catalog.New(catalog.Options{Store: s})
		write := func(list []catalog.Entity, gone []catalog.Ref) {
			t.Helper()
			err := s.Write(ctx, func(t tx.Tx) error {
				if err := e.Drop(ctx, t, "engine:random", gone); err != nil {
					return err
				}
				return e.Put(ctx, t, "engine:random", list)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		var all []catalog.Entity
		for _, g := range []string{"hr", "payments"} {
			all = append(all, catalog.Entity{Ref: catalog.Ref{Kind: "Group", Namespace: "default", Name: g}, Spec: map[string]any{"children": []any{}}})
		}
		for i := range randomEntities {
			all = append(all, r.entity(i))
		}
		write(all, nil)
		for round := range 2 {
			for _, v := range []access.Viewer{boss, outsider} {
				x := &trial{t: t, s: s, v: v, r: r}
				x.look(all)
				for range 30 {
					x.filter()
				}
				for range 6 {
					x.order()
					x.facet()
				}
				if t.Failed() {
					t.Fatalf("round %d, viewer %s", round, v.ID)
				}
			}
			var some []catalog.Entity
			var gone []catalog.Ref
			for i := range randomEntities {
				switch r.IntN(6) {
				case 0:
					some = append(some, r.entity(i))
				case 1:
					gone = append(gone, r.entity(i).Ref)
				}
			}
			write(some, gone)
		}
	})
}

// trial compares answers to one viewer.
type trial struct {
	t     *testing.T
	s     *store.Store
	v     access.Viewer
	r     gambler
	world map[string]map[string][]leaf // by reference: what the viewer sees
	whole map[string][]byte            // the same as JSON
}

// wholeOf is an entity in the shape of the API, put together from its parts.
func wholeOf(t *testing.T, e catalog.Entity) []byte {
	t.Helper()
	body, relations := e.Body(), []map[string]string{}
	for _, r := range e.Relations {
		relations = append(relations, map[string]string{"type": r.Type, "targetRef": r.Target.String()})
	}
	body["relations"] = relations
	meta := body["metadata"].(map[string]any)
	meta["uid"], meta["etag"] = catalog.UID(e.Ref), e.Hash
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// same checks an answer's entity against its parts.
func (x *trial) same(ref string, raw []byte) {
	x.t.Helper()
	var got, want any
	if err := json.Unmarshal(raw, &got); err != nil {
		x.t.Fatalf("%s: %v", raw, err)
	}
	if err := json.Unmarshal(x.whole[ref], &want); err != nil {
		x.t.Fatal(err)
	}
	if diff := gocmp.Diff(got, want); diff != "" {
		x.t.Errorf("%s: got - want +:\n%s", ref, diff)
	}
}

func (x *trial) look(all []catalog.Entity) {
	x.t.Helper()
	x.world, x.whole = map[string]map[string][]leaf{}, map[string][]byte{}
	for _, e := range all {
		held, err := x.s.Entity(context.Background(), x.v, e.Ref)
		if err != nil {
			continue
		}
		ref := held.Ref.String()
		x.whole[ref] = wholeOf(x.t, held)
		x.world[ref] = plainly(x.t, x.whole[ref])
		raw, err := x.s.EntityJSON(context.Background(), x.v, e.Ref)
		if err != nil {
			x.t.Fatal(err)
		}
		x.same(ref, raw)
	}
	if len(x.world) < 300 {
		x.t.Fatalf("%s sees %d entities: too few to tell", x.v.ID, len(x.world))
	}
}

// refs are the references of the items.
func (x *trial) refs(items []json.RawMessage) []string {
	x.t.Helper()
	out := make([]string, len(items))
	for i, item := range items {
		e, err := catalog.Decode(item)
		if err != nil {
			x.t.Fatal(err)
		}
		out[i] = e.Ref.String()
		if i%10 == 0 {
			x.same(out[i], item)
		}
	}
	return out
}

func (x *trial) ask(r query.Request) query.Page {
	x.t.Helper()
	p, err := x.s.QueryEntities(context.Background(), x.v, r)
	if err != nil {
		x.t.Fatalf("%s: %v", query.Key(r.Where), err)
	}
	return p
}

func (x *trial) filter() {
	x.t.Helper()
	where := x.r.predicate(x.world, 3)
	var want []string
	for ref, e := range x.world {
		if holds(where, e) {
			want = append(want, ref)
		}
	}
	slices.Sort(want)
	p := x.ask(query.Request{Where: where, Limit: query.MaxLimit, Order: byRef, Total: true})
	if got := x.refs(p.Items); !slices.Equal(got, want) || p.Total != len(want) {
		x.t.Errorf("%s: %d of %d, want %d\n%s", query.Key(where), len(got), p.Total, len(want), gocmp.Diff(got, want))
	}
	asked := append(slices.Collect(maps.Keys(x.world))[:50], "gadget:default/none")
	list, err := x.s.EntitiesByRefs(context.Background(), x.v, asked, where)
	if err != nil {
		x.t.Fatal(err)
	}
	for i, ref := range asked {
		if (list[i] != nil) != slices.Contains(want, ref) {
			x.t.Errorf("%s: by reference %s is %s", query.Key(where), ref, list[i])
		}
	}
}

// mark is where an entity stands in the order of a field.
func mark(e map[string][]leaf, field, ref string) query.Mark {
	if field == query.ByRef {
		return query.Mark{Value: ref}
	}
	m := query.Mark{Stage: 2}
	for _, l := range e[strings.ToLower(field)] {
		switch v := strings.ToLower(l.text); {
		case l.null:
			m.Stage = min(m.Stage, 1)
		case m.Stage > 0 || v < m.Value:
			m = query.Mark{Value: v}
		}
	}
	return m
}

func (x *trial) order() {
	x.t.Helper()
	r := query.Request{Where: x.r.predicate(x.world, 1), Limit: 50 + x.r.IntN(400), Total: true, DropMissing: x.r.IntN(2) == 0}
	for range 1 + x.r.IntN(2) {
		r.Order = append(r.Order, query.Order{Field: pick(x.r, randomFields...), Desc: x.r.IntN(2) == 0})
	}
	r.Order = append(r.Order, query.Order{Field: query.ByRef, Desc: x.r.IntN(2) == 0})
	if x.r.IntN(2) == 0 {
		r.Text, r.TextFields = x.r.value(x.world, "metadata.title"), []string{"metadata.title", "relations.dependson", pick(x.r, randomFields...)}
	}
	var want []string
	for ref, e := range x.world {
		if r.DropMissing && len(e[strings.ToLower(r.Order[0].Field)]) == 0 || !holds(r.Where, e) {
			continue
		}
		found := r.Text == ""
		for _, f := range r.TextFields {
			for _, l := range e[strings.ToLower(f)] {
				found = found || !l.null && strings.Contains(strings.ToLower(l.text), strings.ToLower(r.Text))
			}
		}
		if found {
			want = append(want, ref)
		}
	}
	slices.SortFunc(want, func(a, b string) int {
		for _, o := range r.Order {
			ma, mb := mark(x.world[a], o.Field, a), mark(x.world[b], o.Field, b)
			c := strings.Compare(ma.Value, mb.Value)
			if o.Desc {
				c = -c
			}
			if c = cmp.Or(cmp.Compare(ma.Stage, mb.Stage), c); c != 0 {
				return c
			}
		}
		return 0
	})
	x.pages(r, want)
}

// pages walks forward through all pages and back.
func (x *trial) pages(r query.Request, want []string) {
	x.t.Helper()
	name := fmt.Sprintf("%s by %v, text %q in %v", query.Key(r.Where), r.Order, r.Text, r.TextFields)
	var got []string
	var prev string
	n := 0
	for p := x.ask(r); ; p = x.ask(query.Request{Cursor: p.Next, Limit: query.Unset}) {
		if n++; p.Total != len(want) {
			x.t.Errorf("%s: total %d, want %d", name, p.Total, len(want))
		}
		got = append(got, x.refs(p.Items)...)
		if prev = p.Prev; p.Next == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		x.t.Errorf("%s, %d a page: got - want +:\n%s", name, r.Limit, gocmp.Diff(got, want))
		return
	}
	for i := n - 2; i >= 0; i-- {
		p := x.ask(query.Request{Cursor: prev, Limit: query.Unset})
		if got, want := x.refs(p.Items), want[i*r.Limit:(i+1)*r.Limit]; !slices.Equal(got, want) {
			x.t.Errorf("%s, %d a page, page %d on the way back: got - want +:\n%s", name, r.Limit, i, gocmp.Diff(got, want))
		}
		prev = p.Prev
	}
	if prev != "" {
		x.t.Errorf("%s: the first page has one before it", name)
	}
}

func (x *trial) facet() {
	x.t.Helper()
	var where query.Predicate
	if x.r.IntN(3) > 0 {
		where = x.r.predicate(x.world, 1)
	}
	field := pick(x.r, randomFields...)
	counts := map[string]int{}
	for _, e := range x.world {
		if !holds(where, e) {
			continue
		}
		for _, l := range e[strings.ToLower(field)] {
			if !l.null {
				counts[l.text]++
			}
		}
	}
	got, err := x.s.EntityFacets(context.Background(), x.v, where, []string{field})
	if err != nil {
		x.t.Fatal(err)
	}
	by := map[string]int{}
	for _, c := range got[field] {
		by[c.Value] = c.N
	}
	if diff := gocmp.Diff(by, counts); diff != "" || len(by) != len(got[field]) {
		x.t.Errorf("facet %s of %s: got - want +:\n%s", field, query.Key(where), diff)
	}
	if !slices.IsSortedFunc(got[field], func(a, b catalog.Count) int {
		return strings.Compare(strings.ToLower(a.Value), strings.ToLower(b.Value))
	}) {
		x.t.Errorf("facet %s is not by value: %v", field, got[field])
	}
}
