package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// What the catalog knows stands in an answer beside what the file says.
func TestEntityJSONSaysWhatTheCatalogKnows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src, ctx := queryable(t, s), context.Background()
		ref := catalog.MustRef("component:default/ledger")
		read := func() (e struct {
			Metadata struct {
				UID, Etag, Name string
				Annotations     map[string]string
			}
			Relations []struct{ Type, TargetRef string }
			Status    json.RawMessage
		}) {
			t.Helper()
			raw, err := s.EntityJSON(ctx, anyone, ref)
			if err == nil {
				err = json.Unmarshal(raw, &e)
			}
			if err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
			byUID, err := s.EntityByUID(ctx, anyone, catalog.UID(ref))
			if diff := cmp.Diff(string(byUID), string(raw)); diff != "" || err != nil {
				t.Errorf("by uid: %v, got - want +:\n%s", err, diff)
			}
			return e
		}
		e := read()
		var edges []string
		for _, r := range e.Relations {
			edges = append(edges, r.Type+" "+r.TargetRef)
		}
		want := []string{"dependencyOf component:default/billing", "dependsOn resource:default/db", "ownedBy group:default/payments"}
		if diff := cmp.Diff(edges, want); diff != "" || e.Metadata.UID != catalog.UID(ref) || e.Metadata.Etag == "" || e.Metadata.Name != "Ledger" || e.Status != nil {
			t.Errorf("%+v, relations got - want +:\n%s", e, diff)
		}
		// A document that broke keeps the entity as it was and shows why.
		src.write("all.yaml", strings.Replace(queryShop, "lifecycle: production", "lifecycle: [a, b]", 1))
		src.read()
		if e = read(); !strings.Contains(string(e.Status), `"items":[{"type":"backstage.io/catalog-processing","level":"error","message":"InputError: `) {
			t.Errorf("status %s; want a processing error", e.Status)
		}
		err := s.Write(ctx, func(t tx.Tx) error {
			_, err := t.SQL().ExecContext(ctx, `UPDATE entity_bodies SET orphan = 1 WHERE ref = 'component:default/ledger'`)
			if err == nil {
				_, err = t.SQL().ExecContext(ctx, `UPDATE catalog_generations SET generation = generation + 1`)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if e = read(); e.Metadata.Annotations["backstage.io/orphan"] != "true" || e.Metadata.Annotations["example.com/Port"] != "8080" || e.Metadata.UID != catalog.UID(ref) {
			t.Errorf("metadata of an orphan %+v", e.Metadata)
		}
		for _, filter := range []string{"metadata.annotations.backstage.io/orphan", "metadata.annotations.backstage.io/orphan=true"} {
			where, err := whereOf(filter)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.QueryEntities(ctx, anyone, query.Request{Where: where, Limit: 5})
			if got := strings.Join(itemNames(t, p.Items), " "); got != "Ledger" || err != nil {
				t.Errorf("%s: %q, %v; want the orphan", filter, got, err)
			}
		}
		if _, err := s.EntityByUID(ctx, anyone, "no-such-uid"); !errors.Is(err, catalog.ErrNotFound) {
			t.Errorf("an unknown uid gives %v; want ErrNotFound", err)
		}
	})
}

// A stream gives every entity once, in order, and ends when it is told to.
func TestStreamEntities(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		e := catalog.New(catalog.Options{Store: s})
		const n = 620 // more than two blocks
		var list []catalog.Entity
		for i := range n {
			spec := map[string]any{"owner": "o", "definition": strings.Repeat("a long text ", 400)}
			if i%2 == 0 {
				spec["rank"] = 1000 - i
			}
			list = append(list, catalog.Entity{Ref: catalog.Ref{Kind: "Gadget", Namespace: "default", Name: "g" + string(rune('a'+i%26)) + strings.Repeat("x", i/26+1)}, Spec: spec})
		}
		if err := s.Write(ctx, func(t tx.Tx) error { return e.Put(ctx, t, "engine:stream", list) }); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			order []query.Order
			want  int
			of    func(catalog.Entity) string
		}{
			{nil, n, func(e catalog.Entity) string { return catalog.UID(e.Ref) }},
			{[]query.Order{{Field: "metadata.name"}, {Field: "no.such"}}, n, func(e catalog.Entity) string { return e.Ref.Name }},
			{[]query.Order{{Field: "spec.rank"}}, n / 2, func(catalog.Entity) string { return "" }},
		} {
			seen, last := map[string]bool{}, ""
			err := s.StreamEntities(ctx, anyone, nil, c.order, func(raw json.RawMessage) error {
				e, err := catalog.Decode(raw)
				if at := c.of(e); seen[e.Ref.String()] || at < last {
					t.Errorf("%s stands after %s, or twice", at, last)
				} else {
					last = at
				}
				seen[e.Ref.String()] = true
				return err
			})
			if err != nil || len(seen) != c.want {
				t.Errorf("by %v: %d of %d, %v", c.order, len(seen), c.want, err)
			}
		}
		stop, calls := errors.New("enough"), 0
		err := s.StreamEntities(ctx, anyone, query.In{Field: "kind", Values: []string{"gadget"}}, nil, func(json.RawMessage) error {
			calls++
			return stop
		})
		if !errors.Is(err, stop) || calls != 1 {
			t.Errorf("%d calls, %v; want one and its error", calls, err)
		}
		if err := s.StreamEntities(ctx, anyone, query.Any{}, nil, func(json.RawMessage) error { return stop }); err != nil {
			t.Errorf("a stream of nothing: %v", err)
		}
		flat(t, s)
	})
}

// flat checks that a stream does not hold what it has given.
func flat(t *testing.T, s *store.Store) {
	t.Helper()
	var least, most uint64
	n := 0
	err := s.StreamEntities(context.Background(), anyone, nil, nil, func(json.RawMessage) error {
		if n++; n%100 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			if least == 0 || m.HeapAlloc < least {
				least = m.HeapAlloc
			}
			most = max(most, m.HeapAlloc)
		}
		return nil
	})
	const block = 250 * 6000 // what a block weighs here
	if err != nil || most-least > 2*block {
		t.Errorf("%d to %d bytes while streaming %d entities, %v", least, most, n, err)
	}
}
