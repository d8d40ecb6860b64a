package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// createFake is storage and forge with one team, one person and one service.
type createFake struct {
	started []run.Spec
	drafts  []scaffold.Draft
	pushed  []byte
}

var createEntities = []catalog.Summary{
	{Ref: catalog.MustRef("group:default/payments-team"), Kind: "Group", Title: "Payments"},
	{Ref: catalog.MustRef("group:default/risk-team"), Kind: "Group", Title: "Risk"},
	{Ref: catalog.MustRef("component:default/ledger"), Kind: "Component", Title: "ledger"},
	{Ref: catalog.MustRef("template:default/go-rest-api"), Kind: "Template", Title: "REST service in Go", Owner: catalog.MustRef("group:default/platform-team")},
	{Ref: catalog.MustRef("template:default/broken"), Kind: "Template", Title: "Broken"},
}

func (f *createFake) Entities(_ context.Context, _ access.Viewer, q catalog.Filter) (catalog.Page, error) {
	var p catalog.Page
	for _, s := range createEntities {
		if s.Ref.Kind == q.Kinds[0] {
			p.Items = append(p.Items, s)
		}
	}
	p.Total = len(p.Items)
	return p, nil
}

func (f *createFake) Draft(_ context.Context, _ access.Viewer, template string) (scaffold.Draft, error) {
	for _, d := range f.drafts {
		if d.Template == template {
			return d, nil
		}
	}
	return scaffold.Draft{}, scaffold.ErrNoDraft
}

func (f *createFake) Drafts(context.Context, access.Viewer) ([]scaffold.Draft, error) {
	return f.drafts, nil
}

func (f *createFake) SaveDraft(_ context.Context, _ tx.Tx, d scaffold.Draft) error {
	f.drafts = []scaffold.Draft{d}
	return nil
}

func (f *createFake) DropDraft(context.Context, tx.Tx, string, string) error {
	f.drafts = nil
	return nil
}

func (f *createFake) Stars(context.Context, access.Viewer) ([]string, error) { return nil, nil }

func (f *createFake) PeekRun(context.Context, run.ID) (run.Run, error) { return run.Run{}, nil }

func (f *createFake) PutMade(context.Context, tx.Tx, scaffold.Artefact) error { return nil }

func (f *createFake) TxMade(context.Context, tx.Tx, string) ([]scaffold.Artefact, error) {
	return nil, nil
}

func (f *createFake) PutNote(context.Context, tx.Tx, run.ID, string, []byte) error { return nil }

func (f *createFake) Note(context.Context, run.ID, string) ([]byte, error) { return nil, nil }

func (f *createFake) DropNote(context.Context, tx.Tx, run.ID, string) error { return nil }

func (f *createFake) Remove(context.Context, string, string, string) error { return nil }

func (f *createFake) PickEntities(_ context.Context, _ access.Viewer, p catalog.Pick) (catalog.Picked, error) {
	var out catalog.Picked
	for _, s := range createEntities {
		kind := func(f catalog.PickFilter) bool {
			return slices.ContainsFunc(f["kind"].Values, func(k string) bool { return strings.EqualFold(k, s.Ref.Kind) })
		}
		if (len(p.Any) == 0 || slices.ContainsFunc(p.Any, kind)) && (p.Refs == nil || slices.Contains(p.Refs, s.Ref.String())) && strings.Contains(s.Ref.Name, p.Text) {
			out.Items = append(out.Items, s)
		}
	}
	out.Total = len(out.Items)
	return out, nil
}

func (f *createFake) EntityCounts(context.Context, access.Viewer, catalog.Filter, string) ([]catalog.Count, error) {
	return []catalog.Count{{Value: "go", N: 3}, {Value: "grpc", N: 1}}, nil
}

func (f *createFake) EntityOptions(_ context.Context, _ access.Viewer, kinds []string, _ string, _ int) ([]catalog.Summary, error) {
	var out []catalog.Summary
	for _, s := range createEntities {
		if s.Ref.Kind == kinds[0] {
			out = append(out, s)
		}
	}
	return out, nil
}

func (f *createFake) Entity(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	for _, s := range createEntities {
		if s.Ref.String() == ref.String() {
			return catalog.Entity{Ref: s.Ref, Kind: s.Kind, Metadata: catalog.Metadata{Name: ref.Name, Namespace: ref.Namespace}, Spec: map[string]any{"type": "x"}}, nil
		}
	}
	return catalog.Entity{}, catalog.ErrNotFound
}

func (f *createFake) ScaffoldCounts(context.Context, access.Viewer) (map[string]int, error) {
	return map[string]int{"template:default/go-rest-api": 3}, nil
}

func (f *createFake) Scaffold(_ context.Context, _ access.Viewer, id string) (scaffold.Scaffold, error) {
	if id != "run_made" {
		return scaffold.Scaffold{}, scaffold.ErrNoScaffold
	}
	return scaffold.Scaffold{Run: id, Repository: "payments-team/refund-api", Output: json.RawMessage(`{"remoteUrl":"http://x/git/payments-team/refund-api.git",
		"entityRef":"component:default/refund-api","links":[{"title":"Board","url":"javascript:alert(1)"},{"title":"Wiki","url":"https://wiki.example"}],"text":[{"title":"Next","content":"Run it"}]}`)}, nil
}

func (f *createFake) CreateScaffold(context.Context, tx.Tx, scaffold.Scaffold) error { return nil }

func (f *createFake) ReclaimScaffold(context.Context, tx.Tx, string) error { return nil }

func (f *createFake) FinishScaffold(context.Context, tx.Tx, string, json.RawMessage) error {
	return nil
}

func (f *createFake) EndScaffold(context.Context, tx.Tx, string) error { return nil }

func (f *createFake) MakingScaffold(context.Context, string) (string, error) { return "", nil }

func (f *createFake) ReserveRepository(context.Context, tx.Tx, forge.Repository) error { return nil }

func (f *createFake) ReadyRepository(context.Context, tx.Tx, string, string, string) error {
	return nil
}

func (f *createFake) Repository(_ context.Context, owner, name string) (forge.Repository, error) {
	if owner != "payments-team" || name != "old-api" {
		return forge.Repository{}, forge.ErrNotFound
	}
	return forge.Repository{Owner: owner, Name: name, Team: "group:default/payments-team", State: forge.Ready}, nil
}

func (f *createFake) Available() error { return nil }

func (f *createFake) Publish(context.Context, forge.Publication) (string, error) { return "", nil }

func (f *createFake) CloneURL(owner, name string) string {
	return "http://x/git/" + owner + "/" + name + ".git"
}

func (f *createFake) FS(context.Context, string, string, string) (fs.FS, error) {
	return nil, forge.ErrNotFound
}

func (f *createFake) Start(_ context.Context, _ tx.Tx, s run.Spec) (run.ID, error) {
	f.started = append(f.started, s)
	return "run_new", nil
}

func (f *createFake) HasGit() bool { return true }

func (f *createFake) Limit(r io.Reader) io.Reader { return io.LimitReader(r, 1<<20) }

func (f *createFake) Advertise(_ context.Context, c forge.Call, w io.Writer) error {
	_, err := io.WriteString(w, "refs for "+string(c.Service))
	return err
}

func (f *createFake) Exchange(_ context.Context, c forge.Call, body io.Reader, w io.Writer) error {
	if c.Protocol == "fail" {
		return forge.ErrTooLarge
	}
	var err error
	if f.pushed, err = io.ReadAll(body); err != nil {
		return err
	}
	_, err = io.WriteString(w, "done")
	return err
}

func (f *createFake) Commits(context.Context, string, string, int) ([]forge.Commit, error) {
	return []forge.Commit{{Hash: "0123456789abcdef", Message: "First <b>commit</b>", Author: "Ada"}}, nil
}

// createAccess lets members of a team do everything for it, and everybody clone.
type createAccess struct{}

func (createAccess) Authorize(_ context.Context, a action.Actor, permission, owner string) error {
	for _, g := range a.Groups {
		if g == owner {
			return nil
		}
	}
	if permission == "clone-repository" {
		return nil
	}
	return fault.New(fault.Forbidden, "You may not do this.")
}

type createDB struct{}

func (createDB) Write(_ context.Context, f func(tx.Tx) error) error { return f(nil) }

func (createDB) Append(context.Context, tx.Tx, event.Event) error { return nil }

func (createDB) Once(context.Context, tx.Tx, action.Key) (*action.Output, error) { return nil, nil }

func (createDB) Keep(context.Context, tx.Tx, action.Key, action.Output) error { return nil }

// createServer is the pages with a viewer: "ada" of payments-team, "zoe" of
// none, "" for nobody; ada has a token where it says so.
func createServer(t *testing.T, f *createFake, who string, token bool) *echo.Echo {
	t.Helper()
	library, err := scaffold.NewLibrary(os.DirFS("../templates/golden-paths"), f, f)
	if err != nil {
		t.Fatal(err)
	}
	engine := scaffold.New(scaffold.Options{Store: f, Forge: f, Runs: f, Library: library})
	reg := action.NewRegistry(action.Ports{DB: createDB{}, Events: createDB{}, Access: createAccess{}, Keys: createDB{}})
	if err := reg.Register(engine.Actions()[0]); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		var failed *fault.Error
		if errors.As(err, &failed) {
			c.String(http.StatusTeapot, failed.Kind.String()+": "+failed.Public)
			return
		}
		c.String(http.StatusInternalServerError, err.Error())
	}
	v := access.Viewer{}
	if who != "" {
		v.ID = "user:default/" + who
	}
	if who == "ada" {
		v.Groups = []string{"group:default/payments-team"}
	}
	if !token {
		v.Session = "ses_1"
	}
	as := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error { respond.SetViewer(c, v, "page"); return next(c) }
	}
	g := e.Group("", respond.WithAccess(createAccess{}), as)
	(&Create{Store: f, Pickers: f, Drafts: f, Stars: f, Templates: library, Checker: engine, Actions: reg}).Register(g)
	(&Git{Forge: f}).Register(e.Group("/git", respond.WithAccess(createAccess{}), as), g)
	return e
}

func createCall(e *echo.Echo, method, path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, body)
	if method == http.MethodPost {
		r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationForm)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func createForm(change url.Values) url.Values {
	v := url.Values{"values.name": {"refund-api"}, "values.description": {"Pays money back"}, "values.owner": {"group:default/payments-team"}}
	for k, x := range change {
		v[k] = x
	}
	return v
}

const goPath = "/create/default/go-rest-api"

func TestCreatePages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, path string
		form               url.Values
		status             int
		has, hasNot        []string
	}{
		{"gallery", http.MethodGet, "/create", nil, 200, []string{"REST service in Go", "made 3 services", "saves about 2 days", "platform-team", "/create/default/broken"}, nil},
		{"first page", http.MethodGet, goPath, nil, 200, []string{`name="values.name"`, `<option value="group:default/payments-team" selected`, "2 · Describe it"}, []string{"risk-team", `aria-invalid="true"`}},
		{"prefilled", http.MethodGet, goPath + `?name=from-link&formData=%7B%22description%22%3A%22From+JSON%22%7D`, nil, 200, []string{`value="from-link"`, `value="From JSON"`}, nil},
		{"bad prefill is left alone", http.MethodGet, goPath + `?formData=%7Bnope`, nil, 200, []string{`name="values.name"`}, nil},
		{"unknown", http.MethodGet, "/create/default/none", nil, 418, []string{"not_found: There is no such template."}, nil},
		{"broken", http.MethodGet, "/create/default/broken", nil, 418, []string{"unavailable"}, nil},
		{"next", http.MethodPost, goPath, createForm(url.Values{"_go": {"next"}}), 200, []string{"Size", `value="small" checked`, `type="hidden" name="values.name" value="refund-api"`}, nil},
		{"next refused", http.MethodPost, goPath, createForm(url.Values{"_go": {"next"}, "values.name": {"ledger"}}), 422,
			[]string{"The catalog holds a component ledger already.", `value="Pays money back"`, `aria-invalid="true"`}, nil},
		{"forge refuses", http.MethodPost, goPath, createForm(url.Values{"_go": {"next"}, "values.name": {"old-api"}}), 422, []string{"The forge holds a repository payments-team/old-api already."}, nil},
		{"script", http.MethodPost, goPath, createForm(url.Values{"_go": {"next"}, "values.name": {"<script>alert(1)</script>"}}), 422, []string{"&lt;script&gt;"}, []string{"<script>alert"}},
		{"back", http.MethodPost, goPath, createForm(url.Values{"_go": {"back"}, "_step": {"1"}, "_seen": {"1"}, "values.port": {"9000"}}), 200, []string{"2 · Describe it", `type="hidden" name="values.port" value="9000"`}, nil},
		{"review", http.MethodPost, goPath, createForm(url.Values{"_go": {"next"}, "_step": {"1"}, "_seen": {"1"}, "values.size": {"large"}}), 200, []string{"Create the service", "Large", "internal/api/api.go"}, nil},
		{"review of a bad number", http.MethodPost, goPath, createForm(url.Values{"_go": {"next"}, "_step": {"1"}, "_seen": {"1"}, "values.port": {"many"}}), 422, []string{"f-values-port"}, nil},
		{"create leads back to the fault", http.MethodPost, goPath, createForm(url.Values{"_go": {"create"}, "_step": {"2"}, "_seen": {"2"}, "values.name": {""}}), 422, []string{"This is needed.", "2 · Describe it"}, nil},
		{"a field that nobody asked for", http.MethodPost, goPath, createForm(url.Values{"_go": {"create"}, "values.admin": {"true"}}), 422, []string{"There is no such field."}, nil},
		{"for another team", http.MethodPost, goPath, createForm(url.Values{"_go": {"create"}, "_step": {"2"}, "values.owner": {"group:default/risk-team"}}), 403, []string{"You may not do this.", "Pays money back"}, nil},
		{"odd step", http.MethodPost, goPath, createForm(url.Values{"_go": {"99"}, "_step": {"-7"}}), 200, []string{"3 · Choose parts"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &createFake{}
			w := createCall(createServer(t, f, "ada", false), tt.method, tt.path, strings.NewReader(tt.form.Encode()))
			if w.Code != tt.status {
				t.Errorf("status %d, want %d", w.Code, tt.status)
			}
			for _, s := range tt.has {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("no %q in\n%s", s, w.Body)
				}
			}
			for _, s := range tt.hasNot {
				if strings.Contains(w.Body.String(), s) {
					t.Errorf("%q is there", s)
				}
			}
			if len(f.started) > 0 {
				t.Error("a run was started")
			}
		})
	}
}

func TestCreateStartsTheRun(t *testing.T) {
	t.Parallel()
	f := &createFake{}
	w := createCall(createServer(t, f, "ada", false), http.MethodPost, goPath, strings.NewReader(createForm(url.Values{"_go": {"create"}, "_step": {"2"}}).Encode()))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/runs/run_new" || len(f.started) != 1 {
		t.Errorf("%d %s, %d runs", w.Code, w.Header().Get("Location"), len(f.started))
	}
	w = createCall(createServer(t, f, "ada", false), http.MethodPost, goPath, strings.NewReader(createForm(url.Values{"_go": {"create"}, "_step": {"2"}}).Encode()), "HX-Request", "true")
	if w.Code != http.StatusNoContent || w.Header().Get("HX-Redirect") != "/runs/run_new" {
		t.Errorf("htmx: %d %s", w.Code, w.Header().Get("HX-Redirect"))
	}
}

func TestCreateChecksAsOneTypes(t *testing.T) {
	t.Parallel()
	for field, tt := range map[string][3]string{
		"values.name":        {"values.name", "ledger", "The catalog holds a component ledger already."},
		"values.name free":   {"values.name", "refund-api", "free in the catalog and on the forge"},
		"values.owner":       {"values.owner", "group:default/payment-tem", "Did you mean payments-team?"},
		"values.description": {"values.description", "a\"b cdef", "without quotation marks"},
		"values.port":        {"values.port", "80", "This must be at least 1024."},
		"unknown":            {"values.nope", "x", "There is no such field."},
	} {
		form := createForm(url.Values{"_field": {tt[0]}, tt[0]: {tt[1]}})
		w := createCall(createServer(t, &createFake{}, "ada", false), http.MethodPost, goPath+"/check", strings.NewReader(form.Encode()))
		if body := w.Body.String(); !strings.Contains(body, tt[2]) || strings.Contains(body, "<form") {
			t.Errorf("%s: %d %s; want a part with %q", field, w.Code, body, tt[2])
		}
	}
}
