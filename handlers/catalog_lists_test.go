package handlers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
	"github.com/waymark-portal/waymark/internal/fault"
)

func (f *catalogFake) Stars(context.Context, access.Viewer) ([]string, error) {
	return []string{ledgerRef.String()}, nil
}

func (f *catalogFake) SavedViews(_ context.Context, v access.Viewer) ([]keep.View, error) {
	return []keep.View{{ID: "view_1", Name: "Old <APIs>", Owner: v.ID, Query: "kind=api&lifecycle=deprecated", By: v.ID},
		{ID: "view_2", Name: "Ours", Owner: teamRef.String(), Query: "owner=payments", By: "user:default/ben"}}, nil
}

func (f *catalogFake) ListCounts(context.Context, access.Viewer, catalog.Filter) ([]catalog.Count, int, int, error) {
	return []catalog.Count{{Value: "component", N: 131}, {Value: "gadget", N: 2}}, 133, 3, nil
}

func (f *catalogFake) EntityGroups(_ context.Context, _ access.Viewer, q catalog.GroupQuery) (catalog.Groups, error) {
	f.asked = q.Filter
	g := catalog.Groups{Items: []catalog.Group{{Value: "system:default/money", N: 30}, {N: 2}}, Total: 2, Things: 32}
	if q.All || len(q.Open) > 0 {
		g.Items[0].Items = []catalog.Summary{f.summary()}
	}
	return g, nil
}

func (f *catalogFake) ExportEntities(_ context.Context, _ access.Viewer, q catalog.Filter, each func(catalog.Exported) error) error {
	f.asked = q
	if q.Text == "nothing" {
		return nil
	}
	e := catalog.Exported{Summary: f.summary(), File: "a.yaml"}
	e.Description = "=HYPERLINK(\"https://evil\")"
	for range 3 {
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

func (f *catalogFake) RowMarks(context.Context, access.Viewer, []catalog.Ref) (map[catalog.Ref]catalog.Mark, error) {
	return map[catalog.Ref]catalog.Mark{ledgerRef: {Orphan: true, Problems: 2}}, nil
}

func (f *catalogFake) Ownership(context.Context, access.Viewer) (catalog.Ownership, error) {
	return catalog.Ownership{Total: 40, Owned: 30, Ownerless: 4, Gone: 6, Orphaned: 1, Owners: []catalog.OwnerCount{
		{Ref: "group:default/left", Gone: true, N: 6, Kinds: map[string]int{"component": 5, "api": 1}},
		{Ref: teamRef.String(), N: 30, Orphaned: 1, Kinds: map[string]int{"component": 30}}}}, nil
}

func TestCatalogListPages(t *testing.T) {
	const ada, eve = "user:default/ada", "user:default/eve"
	for _, c := range []struct {
		name, person, path string
		has, hasNot        []string
	}{
		{"stars and marks", ada, "/catalog", []string{`name="unstar" value="component:default/ledger"`, "orphaned", "2 problems", `href="/catalog/health?entity=component%3Adefault%2Fledger"`, "Old &lt;APIs&gt;", `href="/catalog/export.csv"`, `href="/catalog/export.json"`}, []string{"Old <APIs>", "Save this view"}},
		{"no stars for who may not", eve, "/catalog", []string{"Ledger"}, []string{"unstar"}},
		{"a choice that can be kept", ada, "/catalog?q=x&type=service&after=abc", []string{`href="/catalog/views/new?q=x&amp;type=service"`, `href="/catalog/export.csv?q=x&amp;type=service"`}, nil},
		{"a choice that is kept", ada, "/catalog?lifecycle=deprecated&kind=api", []string{"Old &lt;APIs&gt;"}, []string{"Save this view"}},
		{"unknown words", ada, "/catalog?colour=red&sort=size&state=odd", []string{"colour, sort=size, state=odd", "not understood"}, nil},
		{"by system", ada, "/catalog?group=system", []string{`aria-expanded="false"`, "Without a system", "2 groups, 32 things", `href="/catalog?group=system&amp;open=system%3Adefault%2Fmoney"`}, []string{"Book of record"}},
		{"one system opened", ada, "/catalog?group=system&open=system:default/money", []string{`aria-expanded="true"`, "Book of record", "All 30 in the list"}, nil},
		{"all opened", ada, "/catalog?group=system&open=all", []string{"Close all", "Book of record"}, nil},
		{"an entity's star", ada, "/catalog/default/component/ledger", []string{`class="head-star"`, `name="unstar" value="component:default/ledger"`, `name="return_to" value="/catalog/default/component/ledger"`}, nil},
		{"an entity for who may not star", eve, "/catalog/default/component/ledger", []string{"Ledger &lt;b&gt;"}, []string{"unstar"}},
		{"ownership", ada, "/catalog/ownership", []string{"owner is gone", "group:default/left", "75.0% of 40", `href="/catalog?kind=all&amp;state=owner-gone"`, "5 components", "1 API", "Payments Team", "1 orphaned"}, nil},
		{"ownership searched", ada, "/catalog/ownership?q=LEFT", []string{"1–1 of 1"}, []string{"Payments Team"}},
		{"ownership of nobody", ada, "/catalog/ownership?q=zzz", []string{"No owner"}, nil},
		{"views", ada, "/catalog/views", []string{"Old &lt;APIs&gt;", "APIs, lifecycle deprecated", "Payments Team", "only you", `value="view_1"`, `value="view_2"`}, nil},
		{"views of a viewer", eve, "/catalog/views", []string{"Ours"}, []string{`value="view_2"`}},
		{"new view", ada, "/catalog/views/new?kind=api&after=zz", []string{`value="kind=api"`, "Payments Team", "Only you"}, []string{"after"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := catalogCall(t, &catalogFake{}, c.person, http.MethodGet, c.path, nil)
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d %v", w.Code, err)
			}
			for _, s := range c.has {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the page lacks %q", s)
				}
			}
			for _, s := range c.hasNot {
				if strings.Contains(w.Body.String(), s) {
					t.Errorf("the page has %q", s)
				}
			}
		})
	}
}

func TestCatalogListRefusals(t *testing.T) {
	for _, c := range []struct {
		name, method, path string
		form               url.Values
		want               fault.Kind
	}{
		{"a star of who may not", http.MethodPost, "/catalog/star", url.Values{"star": {"component:default/ledger"}}, fault.Forbidden},
		{"a view of who may not", http.MethodPost, "/catalog/views", url.Values{"name": {"x"}}, fault.Forbidden},
		{"deleting of who may not", http.MethodPost, "/catalog/views/delete", url.Values{"id": {"view_2"}}, fault.Forbidden},
		{"an unknown format", http.MethodGet, "/catalog/export.xlsx", nil, fault.NotFound},
		{"an export of more than was meant", http.MethodGet, "/catalog/export.csv?colour=red", nil, fault.Invalid},
		{"a page that is no number", http.MethodGet, "/catalog/ownership?after=x", nil, fault.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := catalogCall(t, &catalogFake{}, "user:default/eve", c.method, c.path, c.form); !fault.Is(err, c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestStarsAndViewsAreForms(t *testing.T) {
	const ada = "user:default/ada"
	post := func(path string, form url.Values, header ...string) (int, string, http.Header) {
		t.Helper()
		w, err := catalogCall(t, &catalogFake{}, ada, http.MethodPost, path, form, header...)
		if err != nil {
			t.Fatal(err)
		}
		return w.Code, w.Body.String(), w.Header()
	}
	code, _, h := post("/catalog/star", url.Values{"star": {"component:default/ledger"}, "return_to": {"/catalog?q=x"}})
	if code != http.StatusSeeOther || h.Get("Location") != "/catalog?q=x" {
		t.Errorf("a star without scripts: %d to %s", code, h.Get("Location"))
	}
	for sent, want := range map[string]string{"star": `name="unstar"`, "unstar": `name="star"`} {
		code, body, h := post("/catalog/star", url.Values{sent: {"group:default/payments"}}, "HX-Request", "true", "HX-Request-Type", "partial")
		if code != http.StatusOK || !strings.Contains(body, want) || !strings.Contains(body, "Payments Team") || strings.Contains(body, "<h1") || h.Get("Vary") == "" {
			t.Errorf("%s with scripts: %d %s", sent, code, body)
		}
	}
	if code, _, h := post("/catalog/views", url.Values{"name": {"x"}, "query": {"kind=api"}}); code != http.StatusSeeOther {
		t.Errorf("a saved view: %d %v", code, h)
	}
	if code, body, _ := post("/catalog/views", url.Values{"name": {""}, "query": {"kind=api"}, "group": {"group:default/payments"}}); code != http.StatusUnprocessableEntity ||
		!strings.Contains(body, `value="kind=api"`) || !strings.Contains(body, "Give the view a name.") || !strings.Contains(body, `value="group:default/payments" selected`) {
		t.Errorf("a refused view: %d %s", code, body)
	}
	if code, _, _ := post("/catalog/views/delete", url.Values{"id": {"view_1"}}); code != http.StatusSeeOther {
		t.Errorf("a deleted view: %d", code)
	}
}

func TestCatalogExports(t *testing.T) {
	f := &catalogFake{}
	w, err := catalogCall(t, f, "user:default/ada", http.MethodGet, "/catalog/export.csv?kind=all&owner=payments&after=abc&starred=true&sort=-name", nil)
	if err != nil || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(w.Header().Get("Content-Disposition"), `filename="catalog.csv"`) {
		t.Fatalf("%v %v", err, w.Header())
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][0] != "ref" || rows[1][0] != "component:default/ledger" || rows[1][10] != `'=HYPERLINK("https://evil")` {
		t.Errorf("rows %v, %v", rows, err)
	}
	if f.asked.After != "" || f.asked.Owners[0] != "group:default/payments" || len(f.asked.Refs) != 1 || f.asked.Sort != "-name" {
		t.Errorf("asked for %+v", f.asked)
	}
	for path, want := range map[string]int{"/catalog/export.json": 3, "/catalog/export.json?q=nothing": 0} {
		w, err := catalogCall(t, f, "user:default/ada", http.MethodGet, path, nil)
		var got []exportRow
		if err != nil || json.Unmarshal(w.Body.Bytes(), &got) != nil || len(got) != want {
			t.Errorf("%s: %v, %s", path, err, w.Body)
		}
		if want > 0 && (got[0].Owner != "group:default/payments" || got[0].Description[0] != '=' || got[0].Tags[0] != "go") {
			t.Errorf("row %+v", got[0])
		}
	}
}

func TestCatalogHealthPage(t *testing.T) {
	f := &catalogFake{}
	get := func(path string, header ...string) string {
		t.Helper()
		w, err := catalogCall(t, f, "user:default/ada", http.MethodGet, path, nil, header...)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return w.Body.String()
	}
	body := get("/catalog/health?q=x&source=file:/srv&owner=payments&owner=-&severity=error&code=field&entity=ledger&sort=new&after=abc", "HX-Request", "true", "HX-Request-Type", "partial")
	if strings.Contains(body, "<h1") || !strings.Contains(body, `id="problems-found"`) || !strings.Contains(body, "sort=old") {
		t.Errorf("part: %.300s", body)
	}
	want := catalog.ProblemFilter{Text: "x", Sources: []string{"file:/srv"}, Owners: []string{"group:default/payments", ""}, Severities: []string{"error"}, Codes: []string{"field"},
		Entities: []string{"component:default/ledger"}, Sort: catalog.Newest, After: "abc"}
	if diff := cmp.Diff(want, f.sought); diff != "" {
		t.Errorf("sought (-want +got):\n%s", diff)
	}
	if body := get("/catalog/health?q=nothing"); !strings.Contains(body, "No match") {
		t.Error("a choice without a problem does not say so")
	}
	if body := get("/catalog/health?colour=red&sort=size"); !strings.Contains(body, "colour, sort=size") {
		t.Error("unknown parameters are not told")
	}
	if _, err := catalogCall(t, f, "user:default/ada", http.MethodGet, "/catalog/health?source=file:/elsewhere", nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown source: %v", err)
	}
}
