package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

var (
	ledgerRef = catalog.MustRef("component:default/ledger")
	teamRef   = catalog.MustRef("group:default/payments")
)

// catalogFake holds a service and its team; the old settler is removed.
type catalogFake struct {
	asked    catalog.Filter
	sought   catalog.ProblemFilter
	problems []catalog.Problem
}

func (f *catalogFake) summary() catalog.Summary {
	return catalog.Summary{Ref: ledgerRef, Kind: "Component", Title: "Ledger <b>", Description: "Book of record", Type: "service", Lifecycle: "production", Owner: teamRef, Tags: []string{"go"}}
}

func (f *catalogFake) Entity(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	switch ref.String() {
	case ledgerRef.String():
		return catalog.Entity{Ref: ledgerRef, APIVersion: "backstage.io/v1alpha1", Kind: "Component",
			Metadata:  catalog.Metadata{Name: "ledger", Namespace: "default", Title: "Ledger <b>", Links: []catalog.Link{{URL: "javascript:alert(1)", Title: "Evil"}, {URL: "https://x.example", Title: "Runbook"}}},
			Spec:      map[string]any{"type": "service", "owner": "payments", "lifecycle": "production"},
			Relations: []catalog.Relation{{Type: "dependsOn", Target: catalog.MustRef("resource:default/db")}, {Type: "ownedBy", Target: teamRef}},
			Source:    catalog.Source{ID: "file:/srv", File: "a.yaml", Line: 7}}, nil
	case teamRef.String():
		return catalog.Entity{Ref: teamRef, Kind: "Group", Metadata: catalog.Metadata{Name: "payments", Namespace: "default"},
			Relations: []catalog.Relation{{Type: "hasMember", Target: catalog.MustRef("user:default/ada")}}}, nil
	case "component:default/old-settler":
		return catalog.Entity{}, catalog.ErrGone
	}
	if e, ok := kindsOfEntities()[ref.String()]; ok {
		return e, nil
	}
	return catalog.Entity{}, catalog.ErrNotFound
}

func (f *catalogFake) Entities(_ context.Context, _ access.Viewer, q catalog.Filter) (catalog.Page, error) {
	f.asked = q
	if q.Text == "nothing" {
		return catalog.Page{}, nil
	}
	return catalog.Page{Items: []catalog.Summary{f.summary()}, Total: 30, From: 1, Next: "abc",
		Facets: map[string][]catalog.Count{"type": {{Value: "service", N: 84}}, "owner": {{Value: "group:default/payments", N: 18}}}}, nil
}

func (f *catalogFake) EntityCounts(context.Context, access.Viewer, catalog.Filter, string) ([]catalog.Count, error) {
	return []catalog.Count{{Value: "component", N: 131}, {Value: "gadget", N: 2}}, nil
}

func (f *catalogFake) EntitySummaries(_ context.Context, _ access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error) {
	out := map[catalog.Ref]catalog.Summary{}
	for _, r := range refs {
		if r == teamRef {
			out[r] = catalog.Summary{Ref: r, Title: "Payments Team"}
		}
	}
	return out, nil
}

func (f *catalogFake) RelatedTo(context.Context, access.Viewer, string, []catalog.Ref) ([]catalog.Ref, error) {
	return nil, nil
}

func (f *catalogFake) Tombstone(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Tombstone, error) {
	return catalog.Tombstone{Ref: ref, Kind: "Component", Title: "old-settler", YAML: "kind: Component", Why: "Its file was deleted."}, nil
}

func (f *catalogFake) EntityChanges(context.Context, access.Viewer, catalog.Ref, int) ([]catalog.Change, error) {
	return []catalog.Change{{At: "2026-11-20T09:00:00.000000Z", What: "changed", Fields: []string{"spec.owner"}, File: "a.yaml"}}, nil
}

func (f *catalogFake) EntityProblems(context.Context, access.Viewer, catalog.Ref) ([]catalog.Problem, error) {
	return f.problems, nil
}

func (f *catalogFake) ProblemCount(context.Context, access.Viewer) (int, error) { return 3, nil }

func (f *catalogFake) FindProblems(_ context.Context, _ access.Viewer, q catalog.ProblemFilter) (catalog.ProblemPage, error) {
	f.sought = q
	if q.Text == "nothing" || (len(q.Sources) > 0 && q.Sources[0] == "file:/elsewhere") {
		return catalog.ProblemPage{}, nil
	}
	return catalog.ProblemPage{Total: 10_000, Next: "abc", Items: []catalog.Problem{{Severity: catalog.Error, Code: "field", Source: "file:/srv", File: "a.yaml", Document: 2, Line: 31, Field: "spec.owner",
		Entity: "component:default/x", Owner: teamRef.String(), Message: "spec.owner is <missing>.", Fix: "A Component needs type, lifecycle, owner.", URL: "https://git.example/a.yaml#L31"},
		{Severity: catalog.Warning, Code: "dangling", Source: "file:/srv", File: "b.yaml", Document: 1, Line: 1, Entity: ledgerRef.String(), Target: "resource:default/db", Message: "spec.dependsOn names resource:default/db."}},
		Facets: map[string][]catalog.Count{"owner": {{Value: teamRef.String(), N: 9000}, {Value: "", N: 1000}}, "code": {{Value: "dangling", N: 4}}, "source": {{Value: "file:/srv", N: 10_000}}}}, nil
}

func (f *catalogFake) SeenSources(context.Context, access.Viewer) ([]catalog.SourceState, error) {
	return []catalog.SourceState{{Location: catalog.Location{ID: "file:/srv", Trusted: true}, Files: 2, Entities: 5, Problems: 1}}, nil
}

// catalogDoor is a registry on which only the catalog's actions are known.
func catalogDoor(t *testing.T) *action.Registry {
	t.Helper()
	r := action.NewRegistry(action.Ports{DB: noDB{}, Events: noLog{}, Access: catalogAccess{}})
	for _, name := range []string{"register-location", "unregister-location", "refresh-source", "star-entity", "unstar-entity", "save-view", "delete-view"} {
		err := r.Register(action.Def{Name: name, Permission: name, Schema: json.RawMessage(`{"type":"object"}`),
			Prepare: func(_ context.Context, _ action.Actor, in json.RawMessage) (action.Prepared, error) {
				if strings.Contains(string(in), `"name":""`) {
					return action.Prepared{}, fault.InvalidField("name", "required", "Give the view a name.")
				}
				if strings.Contains(string(in), "bad") {
					return action.Prepared{}, fault.InvalidField("target", "unreadable", "Nothing could be read there.")
				}
				return action.Prepared{Preview: register.Registered{Entities: []string{"component:default/new"}},
					Execute: func(context.Context, tx.Tx) (action.Output, error) {
						return action.Output{Location: "/catalog/health"}, nil
					}}, nil
			}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

type noDB struct{}

func (noDB) Write(_ context.Context, f func(tx.Tx) error) error { return f(nil) }

type noLog struct{}

func (noLog) Append(context.Context, tx.Tx, event.Event) error { return nil }

// catalogAccess lets developers do everything and viewers nothing.
type catalogAccess struct{}

func (catalogAccess) Authorize(_ context.Context, a action.Actor, _, _ string) error {
	if a.ID == "user:default/ada" {
		return nil
	}
	return fault.New(fault.Forbidden, "You may not do this.")
}

// catalogCall sends one request and returns the answer and the fault, if any.
func catalogCall(t *testing.T, f *catalogFake, person, method, path string, form url.Values, header ...string) (*httptest.ResponseRecorder, error) {
	t.Helper()
	e := echo.New()
	var failed error
	e.HTTPErrorHandler = func(err error, c echo.Context) { failed = err; _ = c.NoContent(http.StatusTeapot) }
	g := e.Group("", respond.WithAccess(catalogAccess{}), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, access.Viewer{Actor: action.Actor{ID: person, Groups: []string{"group:default/payments"}}}, "page")
			return next(c)
		}
	})
	(&Catalog{Reader: f, Records: f, Health: f, Lists: f, Shelf: f, Actions: catalogDoor(t), Extras: &EntityExtras{}, Around: aroundFake{}}).Register(g)
	(&CatalogRegister{Analyser: f, Actions: catalogDoor(t)}).Register(g)
	(&CatalogSources{Reader: f, Actions: catalogDoor(t)}).Register(g)
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w, failed
}

func TestCatalogPages(t *testing.T) {
	for _, c := range []struct {
		name, person, path string
		status             int
		has, hasNot        []string
	}{
		{"list", "user:default/ada", "/catalog", 200, []string{"Ledger &lt;b&gt;", "3 problems", "Register existing", `href="/catalog?after=abc"`, "1–1 of 30", "Gadgets", "payments"}, []string{"Ledger <b>"}},
		{"list for who may not register", "user:default/eve", "/catalog", 200, []string{"Book of record"}, []string{"Register existing"}},
		{"nothing found", "user:default/ada", "/catalog?q=nothing", 200, []string{"No match", `value="nothing"`}, []string{"<table"}},
		{"script in the address", "user:default/ada", "/catalog?q=%3Cscript%3E&type=%3Cscript%3E", 200, []string{"&lt;script&gt;"}, []string{"<script>"}},
		{"entity", "user:default/ada", "/catalog/default/component/ledger", 200, []string{"Ledger &lt;b&gt;", "Payments Team", "a.yaml, line 7", "does not exist", "Runbook", "spec.owner"}, []string{"javascript:", "Evil"}},
		{"yaml", "user:default/ada", "/catalog/default/component/ledger/yaml", 200, []string{"kind: Component", "lifecycle: production"}, nil},
		{"history", "user:default/ada", "/catalog/default/component/ledger/history", 200, []string{"spec.owner"}, nil},
		{"group", "user:default/ada", "/catalog/default/group/payments", 200, []string{"Members", "1 person", "30 things"}, []string{"Depends on"}},
		{"removed", "user:default/ada", "/catalog/default/component/old-settler", 410, []string{"Its file was deleted.", "kind: Component"}, nil},
		{"health", "user:default/ada", "/catalog/health", 200, []string{"spec.owner is &lt;missing&gt;.", "a.yaml, document 2, line 31", `href="https://git.example/a.yaml#L31"`, "A Component needs", "resource:default/db", "2 of 10,000 problems", "cannot be told", "leads nowhere", ">payments<", "Read now"}, nil},
		{"health for who may not refresh", "user:default/eve", "/catalog/health", 200, []string{"file:/srv"}, []string{"Read now"}},
		{"register", "user:default/ada", "/catalog/register?target=https://x", 200, []string{`value="https://x"`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := catalogCall(t, &catalogFake{}, c.person, http.MethodGet, c.path, nil)
			if err != nil || w.Code != c.status {
				t.Fatalf("%d %v, want %d", w.Code, err, c.status)
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

func TestCatalogRefusals(t *testing.T) {
	for _, c := range []struct {
		name, method, path string
		form               url.Values
		want               fault.Kind
	}{
		{"unknown entity", http.MethodGet, "/catalog/default/component/nope", nil, fault.NotFound},
		{"unknown tab", http.MethodGet, "/catalog/default/component/ledger/nope", nil, fault.NotFound},
		{"wrong type in the address", http.MethodGet, "/catalog?mine=perhaps", nil, fault.Invalid},
		{"who may not register", http.MethodPost, "/catalog/register", url.Values{"target": {"https://x"}}, fault.Forbidden},
		{"who may not refresh", http.MethodPost, "/catalog/refresh", url.Values{"source": {"x"}}, fault.Forbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := catalogCall(t, &catalogFake{}, "user:default/eve", c.method, c.path, c.form)
			if !fault.Is(err, c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestCatalogPartsAndForms(t *testing.T) {
	f := &catalogFake{}
	w, err := catalogCall(t, f, "user:default/ada", http.MethodGet, "/catalog?kind=component&type=service&owner=payments&mine=true&sort=-name&after=x", nil, "HX-Request", "true", "HX-Request-Type", "partial")
	if err != nil || strings.Contains(w.Body.String(), "<h1") || !strings.Contains(w.Body.String(), `id="catalog-results"`) {
		t.Errorf("part: %v, %.200s", err, w.Body)
	}
	if w.Header().Get("Vary") == "" {
		t.Error("a page with parts needs Vary")
	}
	if f.asked.Kinds[0] != "component" || f.asked.Types[0] != "service" || f.asked.Owners[0] != "group:default/payments" || f.asked.Sort != "-name" || f.asked.After != "x" {
		t.Errorf("asked for %+v", f.asked)
	}
	w, err = catalogCall(t, f, "user:default/ada", http.MethodPost, "/catalog/register", url.Values{"target": {"https://bad"}})
	if err != nil || w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="https://bad"`) || !strings.Contains(w.Body.String(), `aria-invalid="true"`) {
		t.Errorf("refused form: %d %v", w.Code, err)
	}
	w, err = catalogCall(t, f, "user:default/ada", http.MethodPost, "/catalog/register", url.Values{"target": {"https://ok"}})
	if err != nil || w.Code != http.StatusSeeOther {
		t.Errorf("accepted form: %d %v, want 303", w.Code, err)
	}
	w, err = catalogCall(t, f, "user:default/ada", http.MethodPost, "/catalog/register", url.Values{"target": {"https://ok"}, "preview": {"true"}})
	if err != nil || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "component:default/new") {
		t.Errorf("preview: %d %v", w.Code, err)
	}
}
