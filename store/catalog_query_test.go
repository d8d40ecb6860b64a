package store_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// queryShop is a catalog for filters: lists, nulls, letter case, relations
// stated by either end.
const queryShop = `apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments, tags: [team]}
spec: {type: team, children: [], members: [ben]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ben}
spec: {memberOf: []}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: Ledger, tags: [go, java], annotations: {example.com/Port: "8080"}, labels: {tier: "1"}}
spec: {type: Service, lifecycle: production, owner: payments, port: 8080, open: true, rank: 2, dependsOn: ["resource:db"]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: billing, tags: [go], labels: {blank: ""}}
spec: {type: service, lifecycle: beta, owner: payments, rank: 1, nothing: null, dependsOn: ["component:ledger"]}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: db, namespace: other}
spec: {type: database, owner: payments}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: db}
spec: {type: database, owner: nobody, rank: 3, dependencyOf: ["component:billing"]}
`

// itemNames are the entities' names, after the namespace where it is another.
func itemNames(t *testing.T, items []json.RawMessage) []string {
	t.Helper()
	out := []string{}
	for _, item := range items {
		var e struct {
			Metadata struct{ Name, Namespace string }
		}
		if err := json.Unmarshal(item, &e); err != nil {
			t.Fatalf("%s: %v", item, err)
		}
		out = append(out, strings.TrimPrefix(e.Metadata.Namespace+"/", "default/")+e.Metadata.Name)
	}
	return out
}

func queryable(t *testing.T, s *store.Store) *source {
	t.Helper()
	src := newSource(t, s, true)
	src.write("all.yaml", queryShop)
	if r := src.read(); r.Added != 6 {
		t.Fatalf("%d added, problems %+v", r.Added, r.Problems)
	}
	return src
}

func TestQueryEntitiesByFilter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		queryable(t, s)
		const all = "billing Ledger payments db other/db ben"
		for _, c := range []struct {
			filter string // parameters, one a line; those that begin with { are predicates
			want   string // in order of reference
		}{
			{"", all},
			{"kind=component", "billing Ledger"},
			{"KIND=Component,SPEC.TYPE=SERVICE", "billing Ledger"},
			{"kind=user\nkind=group", "payments ben"},
			{"kind=user,kind=group", "payments ben"},
			{"kind=user,metadata.name=payments", ""},
			{"metadata.tags=java", "Ledger"},
			{"metadata.tags.java", "Ledger"},
			{"metadata.tags.java=true", "Ledger"},
			{"metadata.tags.java=yes", ""},
			{"metadata.labels.tier.1", ""},
			{"metadata.labels.blank=", "billing"},
			{"metadata.tags", "billing Ledger payments"},
			{"metadata.annotations", ""},
			{"metadata.annotations.example.com/port=8080", "Ledger"},
			{"metadata.annotations.example.com/port", "Ledger"},
			{"spec.port=8080", "Ledger"},
			{"spec.open=TRUE", "Ledger"},
			{"spec.nothing", "billing"},
			{"spec.nothing=", ""},
			{"spec.nothing=null", ""},
			{"metadata.namespace=other", "other/db"},
			{"metadata.uid=" + catalog.UID(catalog.MustRef("user:default/ben")), "ben"},
			{"metadata.etag", ""},
			{"relations.ownedBy=group:default/payments", "billing Ledger"},
			{"relations.ownedBy=GROUP:default/Payments", "billing Ledger"},
			{"relations.ownedby", "billing Ledger db other/db"},
			{"relations.ownerof", "payments"},
			{"relations.ownerof=component:default/ledger", "payments"},
			{"relations.dependsOn=resource:default/db", "billing Ledger"},
			{"relations.dependencyOf=component:default/billing", "Ledger db"},
			{"relations.hasMember=user:default/ben", "payments"},
			{"relations.memberOf=group:default/payments", "ben"},
			{"relations.memberOf=group:default/x", ""},
			{"relations", ""},
			{"no.such.key", ""},
			{"no.such.key=", ""},
			{strings.Repeat("k", 300), ""},
			{`{}`, all},
			{`{"$all":[]}`, all},
			{`{"$any":[]}`, ""},
			{`{"$not":{"kind":"component"}}`, "payments db other/db ben"},
			{`{"metadata.tags":{"$exists":false}}`, "db other/db ben"},
			{`{"metadata.name":{"$hasPrefix":"LED"}}`, "Ledger"},
			{`{"metadata.name":{"$hasPrefix":""}}`, all},
			{`{"metadata.tags":{"$contains":"java"},"kind":{"$in":["component","api"]}}`, "Ledger"},
			{`{"kind":{"$in":[]}}`, ""},
			{`{"spec.rank":2}`, "Ledger"},
			{`{"relations":{"$contains":{"type":"dependsOn","targetRef":{"$in":["component:default/ledger","x:y/z"]}}}}`, "billing"},
			{`{"relations":{"$contains":{"type":"hasMember"}}}`, "payments"},
			{`{"relations.ownedby":{"$hasPrefix":"group:default/p"}}`, "billing Ledger"},
			{`{"relations.ownerof":{"$hasPrefix":"component:"}}`, "payments"},
			{`{"$any":[{"kind":"user"},{"$not":{"$any":[{"kind":"component"},{"kind":"group"},{"kind":"user"}]}}]}`, "db other/db ben"},
		} {
			where, err := whereOf(c.filter)
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.QueryEntities(context.Background(), anyone, query.Request{Where: where, Limit: query.Unset, Total: true, Order: byRef})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(itemNames(t, p.Items), " "); got != c.want || p.Total != len(p.Items) {
				t.Errorf("%s: %q, total %d; want %q", c.filter, got, p.Total, c.want)
			}
		}
	})
}

var byRef = []query.Order{{Field: query.ByRef}}

func whereOf(filter string) (query.Predicate, error) {
	if strings.HasPrefix(filter, "{") {
		return query.ParsePredicate(json.RawMessage(filter))
	}
	return query.ParseFilters(strings.Split(filter, "\n"))
}

func TestQueryEntitiesInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		queryable(t, s)
		for _, c := range []struct {
			name  string
			order []query.Order
			drop  bool
			want  string
		}{
			{"a field, missing last", []query.Order{{Field: "spec.rank"}, {Field: query.ByRef}}, false, "billing Ledger db payments other/db ben"},
			{"descending, missing last", []query.Order{{Field: "spec.rank", Desc: true}, {Field: query.ByRef}}, false, "db Ledger billing payments other/db ben"},
			{"missing dropped", []query.Order{{Field: "spec.rank"}}, true, "billing Ledger db"},
			{"a null counts as there", []query.Order{{Field: "spec.nothing"}}, true, "billing"},
			{"a list by its least", []query.Order{{Field: "metadata.tags"}, {Field: "metadata.name", Desc: true}}, true, "Ledger billing payments"},
			{"two fields", []query.Order{{Field: "spec.type", Desc: true}, {Field: query.ByRef, Desc: true}}, true, "payments Ledger billing other/db db"},
			{"a relation", []query.Order{{Field: "relations.dependencyof"}, {Field: "metadata.name"}}, true, "db Ledger"},
			{"an item of a list", []query.Order{{Field: "metadata.tags.java"}}, true, "Ledger"},
			{"a field that nothing has", []query.Order{{Field: "no.such"}}, true, ""},
			{"by reference, descending", []query.Order{{Field: query.ByRef, Desc: true}}, true, "ben other/db db payments Ledger billing"},
		} {
			for limit := 1; limit <= 4; limit++ {
				if got := walkPages(t, s, query.Request{Order: c.order, DropMissing: c.drop, Limit: limit, Total: true}); got != c.want {
					t.Errorf("%s, %d a page: %q, want %q", c.name, limit, got, c.want)
				}
			}
		}
	})
}

// walkPages goes through all pages and back, and returns the names.
func walkPages(t *testing.T, s *store.Store, r query.Request) string {
	t.Helper()
	ctx := context.Background()
	var pages [][]string
	for {
		p, err := s.QueryEntities(ctx, anyone, r)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, itemNames(t, p.Items))
		if p.Next == "" {
			r.Cursor = p.Prev
			break
		}
		r = query.Request{Cursor: p.Next, Limit: query.Unset}
	}
	var all []string
	for _, p := range pages {
		all = append(all, p...)
	}
	for i := len(pages) - 2; i >= 0; i-- {
		p, err := s.QueryEntities(ctx, anyone, query.Request{Cursor: r.Cursor, Limit: query.Unset})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(itemNames(t, p.Items), pages[i]); diff != "" {
			t.Fatalf("page %d on the way back, got - want +:\n%s", i, diff)
		}
		if r.Cursor = p.Prev; p.Next == "" || (p.Prev == "") != (i == 0) {
			t.Fatalf("page %d on the way back has next %q, prev %q", i, p.Next, p.Prev)
		}
	}
	return strings.Join(all, " ")
}

func TestQueryEntitiesLimits(t *testing.T) {
	s := storetest.SQLite(t)
	queryable(t, s)
	ctx := context.Background()
	ask := func(r query.Request) query.Page {
		t.Helper()
		p, err := s.QueryEntities(ctx, anyone, r)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := ask(query.Request{Total: true}); p.Total != 6 || len(p.Items) != 0 || p.Next != "" {
		t.Errorf("limit 0: %d of %d, next %q", len(p.Items), p.Total, p.Next)
	}
	if p := ask(query.Request{Limit: query.Unset}); p.Total != 0 || len(p.Items) != 6 || p.Next != "" || p.Prev != "" {
		t.Errorf("without total: %d of %d, next %q, prev %q", len(p.Items), p.Total, p.Next, p.Prev)
	}
	p := ask(query.Request{Limit: 2, Offset: 3, Order: byRef, Total: true})
	if got := strings.Join(itemNames(t, p.Items), " "); got != "db other/db" || p.Total != 6 || p.Prev == "" {
		t.Errorf("offset 3: %q of %d, prev %q", got, p.Total, p.Prev)
	}
	p = ask(query.Request{Cursor: p.Next, Limit: 5})
	if got := strings.Join(itemNames(t, p.Items), " "); got != "ben" || p.Total != 6 || p.Next != "" {
		t.Errorf("behind it: %q of %d, next %q", got, p.Total, p.Next)
	}
	for _, c := range []struct {
		text   string
		fields []string
		order  []query.Order
		want   string
	}{
		{"EDG", []string{"metadata.name"}, byRef, "Ledger"},
		{"b", []string{"metadata.name", "spec.type"}, byRef, "billing db other/db ben"},
		{"b", nil, []query.Order{{Field: "metadata.name"}, {Field: query.ByRef}}, "ben billing db other/db"},
		{catalog.UID(catalog.MustRef("user:default/ben"))[3:20], nil, byRef, "ben"},
		{"default/LEDGER", []string{"relations.dependson"}, byRef, "billing"},
		{"default/LEDGER", []string{"relations.dependencyof", "relations.ownerof"}, byRef, "payments db"},
		{"100%", []string{"metadata.name"}, byRef, ""},
	} {
		p := ask(query.Request{Limit: 9, Text: c.text, TextFields: c.fields, Order: c.order, Total: true})
		if got := strings.Join(itemNames(t, p.Items), " "); got != c.want || p.Total != len(p.Items) {
			t.Errorf("text %q: %q of %d, want %q", c.text, got, p.Total, c.want)
		}
	}
	if _, err := s.QueryEntities(ctx, anyone, query.Request{Cursor: "nonsense"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a bad cursor gives %v; want Invalid", err)
	}
}
