package api

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
)

// problemsFake remembers what was sought; what a test does not need panics.
type problemsFake struct {
	CatalogReader
	sought catalog.ProblemFilter
	asked  catalog.Filter
	stars  []string
}

func (f *problemsFake) FindProblems(_ context.Context, _ access.Viewer, q catalog.ProblemFilter) (catalog.ProblemPage, error) {
	f.sought = q
	if q.Text == "nothing" {
		return catalog.ProblemPage{}, nil
	}
	return catalog.ProblemPage{Items: []catalog.Problem{{ID: "prb_1", Severity: catalog.Error, Line: 3, URL: "https://x/a.yaml#L3"}}, Total: 10_000, Next: "abc"}, nil
}

func (f *problemsFake) SavedViews(context.Context, access.Viewer) ([]keep.View, error) {
	return []keep.View{{ID: "view_1", Name: "Ours", Query: "kind=api"}}, nil
}

func (f *problemsFake) Stars(context.Context, access.Viewer) ([]string, error) { return f.stars, nil }

func (f *problemsFake) Entities(_ context.Context, _ access.Viewer, q catalog.Filter) (catalog.Page, error) {
	f.asked = q
	p := catalog.Page{}
	for _, r := range q.Refs {
		if r != "component:default/hidden" {
			p.Items, p.Total = append(p.Items, catalog.Summary{Ref: catalog.MustRef(r)}), p.Total+1
		}
	}
	return p, nil
}

func TestProblemsAnswer(t *testing.T) {
	f := &problemsFake{}
	h := &Catalog{Reader: f}
	var got List[catalog.Problem]
	if code := ask(t, h.Register, "/catalog/problems?q=x&source=file:/srv&source=b&owner=payments&severity=error&code=field&entity=api:ledger&sort=old&limit=7&cursor=zz", &got); code != 200 {
		t.Fatalf("status %d", code)
	}
	want := catalog.ProblemFilter{Text: "x", Sources: []string{"file:/srv", "b"}, Owners: []string{"group:default/payments"}, Severities: []string{"error"}, Codes: []string{"field"},
		Entities: []string{"api:default/ledger"}, Sort: catalog.Oldest, Limit: 7, After: "zz"}
	if diff := cmp.Diff(want, f.sought); diff != "" {
		t.Errorf("sought (-want +got):\n%s", diff)
	}
	if got.Total != 10_000 || got.Next != "abc" || got.Items[0].ID != "prb_1" || got.Items[0].URL == "" {
		t.Errorf("answered %+v", got)
	}
	got = List[catalog.Problem]{}
	if code := ask(t, h.Register, "/catalog/problems?q=nothing", &got); code != 200 || got.Items == nil {
		t.Errorf("no problem: %d %+v, want an empty list", code, got)
	}
	for _, path := range []string{"?colour=red", "?sort=size", "?limit=many", "?owner=group:", "?entity=:"} {
		if code := ask(t, h.Register, "/catalog/problems"+path, nil); code != 400 {
			t.Errorf("%s: %d, want 400", path, code)
		}
	}
}

func TestWhatPeopleKeepAnswers(t *testing.T) {
	f := &problemsFake{stars: []string{"component:default/ledger", "component:default/hidden"}}
	h := &Catalog{Reader: f}
	var views List[keep.View]
	if code := ask(t, h.Register, "/catalog/views", &views); code != 200 || views.Total != 1 || views.Items[0].Query != "kind=api" {
		t.Errorf("views: %d %+v", code, views)
	}
	var stars List[string]
	if code := ask(t, h.Register, "/catalog/stars", &stars); code != 200 || stars.Total != 1 || stars.Items[0] != "component:default/ledger" {
		t.Errorf("stars: %d %+v", code, stars)
	}
	f.stars, stars = nil, List[string]{}
	if code := ask(t, h.Register, "/catalog/stars", &stars); code != 200 || stars.Items == nil || stars.Total != 0 || f.asked.Refs == nil {
		t.Errorf("without a star: %d %+v, asked %+v", code, stars, f.asked)
	}
}
