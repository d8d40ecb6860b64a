package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/quota"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/templates/blueprints"
)

const envTeam = "group:default/payments-team"

// envFake is storage, runs and engine of the environment pages.
type envFake struct {
	env    provision.Environment
	plan   provision.Plan
	status terraform.Status
	refuse error
	done   []string // actions with their inputs
}

func newEnvFake() *envFake {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	return &envFake{status: terraform.Status{Ready: true},
		env: provision.Environment{ID: "env_1", Name: "try-it", Owner: envTeam, Kind: "dev", Blueprint: "sandbox", Version: "1.0.0",
			State: provision.Ready, TTL: 8 * time.Hour, By: "user:default/ada", Run: "run_1", CreatedAt: at, ReadyAt: at, ExpiresAt: at.Add(8 * time.Hour),
			Parameters: json.RawMessage(`{"size":"small"}`), Estimate: "16.70", Currency: "USD",
			Outputs: []provision.Output{{Name: "url", Title: "Address", Value: "sqlite:here"}, {Name: "pw", Title: "Password", Sensitive: true, Secret: "env_1-pw"}}},
		plan: provision.Plan{Run: "run_1", Engine: "OpenTofu 1", Changes: []provision.Change{{Address: "waymark_database.main", Action: "create",
			Attributes: []terraform.Attribute{{Name: "size", After: "small"}, {Name: "value", Sensitive: true}}}},
			Checks:   []provision.Check{{Rule: "required_tags", Level: "hard-mandatory", Message: "no tag", Resource: "waymark_bucket.files", Fix: "Set it."}},
			Estimate: provision.Estimate{Currency: "USD", Monthly: "16.70", Hours: 730, Known: []provision.PriceLine{{Title: "Database, small", Count: 1, Monthly: "16.70"}}}}}
}

// Environments mimics the store: others see less.
func (f *envFake) Environments(_ context.Context, _ access.Viewer, q provision.Filter) ([]provision.Environment, int, error) {
	if q.Mine != nil && !slices.Contains(q.Mine, f.env.Owner) {
		return nil, 0, nil
	}
	return []provision.Environment{f.env}, 1, nil
}

func (f *envFake) Environment(_ context.Context, v access.Viewer, id string) (provision.Environment, error) {
	if id != f.env.ID {
		return provision.Environment{}, provision.ErrNotFound
	}
	e := f.env
	if !v.MayRead(e.Owner) {
		e.Outputs, e.Parameters, e.Estimate = nil, json.RawMessage(`{}`), ""
	}
	return e, nil
}

func (f *envFake) Plan(context.Context, access.Viewer, run.ID) (provision.Plan, error) {
	return f.plan, nil
}

func (f *envFake) Resources(context.Context, access.Viewer, string) ([]provision.Resource, error) {
	return []provision.Resource{{Address: "waymark_bucket.files", ID: "env_1-files", Progress: provision.Made},
		{Address: "waymark_endpoint.main", ID: "env_1-web", Progress: provision.Making}, {Address: "waymark_secret.old", Progress: provision.Removed}}, nil
}

func (f *envFake) run() run.Run {
	return run.Run{ID: "run_1", Spec: run.Spec{Kind: provision.LaunchKind, Title: "Launch try-it", Subject: "env_1", Owner: envTeam},
		State: run.Succeeded, Steps: []run.StepRow{{ID: "plan", Title: "Plan", State: run.StepSucceeded, Note: "1 to add"}}}
}

func (f *envFake) Run(context.Context, access.Viewer, run.ID) (run.Run, error) { return f.run(), nil }

func (f *envFake) Runs(context.Context, access.Viewer, run.Filter) (run.Page, error) {
	return run.Page{Items: []run.Run{f.run()}}, nil
}

func (f *envFake) RunLines(context.Context, access.Viewer, run.ID, int64, int) ([]run.Line, error) {
	return []run.Line{{N: 1, Text: "Creation complete"}}, nil
}

func (f *envFake) RunMark(context.Context, run.ID) (run.Mark, error) { return run.Mark{Lines: 1}, nil }

func (f *envFake) Follow(ctx context.Context, _ run.ID, after int64, read func(context.Context, int64, int) ([]run.Line, error), emit func([]run.Line, run.Mark) error) error {
	lines, err := read(ctx, after, 10)
	if err != nil {
		return err
	}
	return emit(lines, run.Mark{Lines: 1})
}

func (f *envFake) Status(context.Context) terraform.Status { return f.status }

func (f *envFake) PickEntities(_ context.Context, _ access.Viewer, p catalog.Pick) (catalog.Picked, error) {
	if p.Any[0]["kind"].Values[0] != "Group" {
		return catalog.Picked{}, nil
	}
	items := []catalog.Summary{{Ref: catalog.Ref{Kind: "group", Namespace: "default", Name: "payments-team"}, Title: "Payments"},
		{Ref: catalog.Ref{Kind: "group", Namespace: "default", Name: "risk-team"}, Title: "Risk"}}
	return catalog.Picked{Items: items, Total: len(items)}, nil
}

func (f *envFake) EntityCounts(context.Context, access.Viewer, catalog.Filter, string) ([]catalog.Count, error) {
	return nil, nil
}

func (f *envFake) Quotas(context.Context, access.Viewer) ([]quota.Usage, error) {
	return []quota.Usage{{Quota: "environments", Owner: envTeam, Used: 4, Allowed: 10}}, nil
}

func (f *envFake) Anywhere(access.Viewer, string) bool { return true }

// Authorize lets members of the team do everything for it.
func (f *envFake) Authorize(_ context.Context, a action.Actor, _, owner string) error {
	if slices.Contains(a.Groups, owner) {
		return nil
	}
	return fault.New(fault.Forbidden, "no")
}

func (f *envFake) Write(_ context.Context, do func(tx.Tx) error) error { return do(nil) }

func (f *envFake) Append(context.Context, tx.Tx, event.Event) error { return nil }

func (f *envFake) PutBlueprint(_ context.Context, _ tx.Tx, _, _, hash string, _ map[string][]byte) (string, error) {
	return hash, nil
}

func (f *envFake) BlueprintFiles(context.Context, string, string) (map[string][]byte, error) {
	return nil, provision.ErrNoBlueprint
}

func (f *envFake) handler(t *testing.T) *Environments {
	t.Helper()
	reg := action.NewRegistry(action.Ports{DB: f, Events: f, Access: f})
	for _, name := range []string{"launch-environment", "destroy-environment", "extend-environment", "reveal-secret"} {
		err := reg.Register(action.Def{Name: name, Permission: name, Schema: json.RawMessage(`{"type":"object"}`),
			Prepare: func(_ context.Context, _ action.Actor, in json.RawMessage) (action.Prepared, error) {
				f.done = append(f.done, name+" "+string(in))
				return action.Prepared{Owner: envTeam, Execute: func(context.Context, tx.Tx) (action.Output, error) {
					return action.Output{Location: "/environments/env_1", Body: map[string]any{"value": "hunter2"}}, nil
				}}, f.refuse
			}})
		if err != nil {
			t.Fatal(err)
		}
	}
	library := provision.NewLibrary(f)
	if err := library.Load(context.Background(), blueprints.FS); err != nil {
		t.Fatal(err)
	}
	return &Environments{Reader: f, Runs: f, Follow: f, Engine: f, Library: library, Pickers: f, Quotas: f, Actions: reg, Allow: f,
		Now: func() time.Time { return time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC) }}
}

// envCall sends one request as a member of the team or as somebody else.
func envCall(t *testing.T, f *envFake, member bool, method, path string, form url.Values, header ...string) (*httptest.ResponseRecorder, error) {
	t.Helper()
	v := access.Viewer{Actor: action.Actor{ID: "user:default/ada"}}
	if member {
		v.Groups, v.Reads = []string{envTeam}, []string{envTeam}
	}
	e := echo.New()
	var failed error
	e.HTTPErrorHandler = func(err error, c echo.Context) { failed = err; c.NoContent(http.StatusTeapot) }
	g := e.Group("", respond.WithAccess(f), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, v, "page")
			return next(c)
		}
	})
	f.handler(t).Register(g)
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

func TestEnvironmentPages(t *testing.T) {
	tests := []struct {
		name, path  string
		member      bool
		change      func(*envFake)
		has, hasNot []string
	}{
		{"list of my groups", "/environments", true, nil, []string{`href="/environments/env_1"`, "ready", "$16.70", "1 environment"}, []string{"No engine"}},
		{"list of who has no group", "/environments", false, nil, []string{`href="/environments/env_1"`}, nil},
		{"list without an engine", "/environments", true, func(f *envFake) { f.status = terraform.Status{Building: true, Problem: "It is being built."} },
			[]string{"The engine is being built", "It is being built."}, nil},
		{"page of the owner", "/environments/env_1", true, nil,
			[]string{"waymark_database.main", "required_tags", "What to change: Set it.", "sqlite:here", "env_1-pw", "Creation complete", "1 to add", `commandfor="destroy"`, `commandfor="extend"`, "Database, small"},
			[]string{"hunter2", "For its owner only"}},
		{"page for others", "/environments/env_1", false, nil, []string{"try-it", "ready", "For its owner only"},
			[]string{"waymark_database", "required_tags", "sqlite:here", "env_1-pw", "Creation complete", `commandfor="destroy"`, "16.70"}},
		{"page of a failed one", "/environments/env_1", true, func(f *envFake) { f.env.State, f.env.Reason = provision.Failed, "it broke" },
			[]string{"it broke", "Something may exist", `commandfor="destroy"`, "What exists", "env_1-files", "unknown: it was being made"},
			[]string{`commandfor="extend"`, "waymark_secret.old"}},
		{"page of a refused one", "/environments/env_1", true, func(f *envFake) { f.env.State, f.env.Reason = provision.Refused, "required_tags says no" },
			[]string{"Stopped before anything was made", "Policy does not allow this plan: required_tags.", `href="/environments/new?blueprint=sandbox&amp;from=env_1"`}, []string{`commandfor="destroy"`}},
		{"form", "/environments/new?blueprint=sandbox", true, nil,
			[]string{`name="name"`, `name="parameters.size"`, "payments-team has 4 of 10 environments", "Payments"}, []string{"Risk"}},
		{"form filled in again", "/environments/new?blueprint=sandbox&from=env_1", true, func(f *envFake) { f.env.Parameters = json.RawMessage(`{"size":"large"}`) },
			[]string{`value="try-it"`, `value="large" selected`}, nil},
		{"form filled in again by others", "/environments/new?blueprint=sandbox&from=env_1", false, nil, nil, []string{`value="try-it"`}},
		{"blueprints", "/blueprints", true, nil, []string{`href="/blueprints/sandbox"`}, nil},
		{"blueprints for a service", "/blueprints?service=component:default/x", true, nil, []string{`href="/blueprints/sandbox?service=component%3Adefault%2Fx"`}, nil},
		{"blueprint", "/blueprints/sandbox", true, nil, []string{"What is promised", "cost_center", "$12.50", "The platform team", `href="/environments/env_1"`}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newEnvFake()
			if tt.change != nil {
				tt.change(f)
			}
			w, err := envCall(t, f, tt.member, http.MethodGet, tt.path, nil)
			if err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d, %v", w.Code, err)
			}
			for _, s := range tt.has {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the page lacks %q:\n%s", s, w.Body)
				}
			}
			for _, s := range tt.hasNot {
				if strings.Contains(w.Body.String(), s) {
					t.Errorf("the page has %q", s)
				}
			}
		})
	}
}

func TestEnvironmentUnknown(t *testing.T) {
	for _, path := range []string{"/environments/env_none", "/environments/../etc", "/environments/new?blueprint=none", "/blueprints/none",
		"/environments/env_other/log?run=run_1"} {
		if w, err := envCall(t, newEnvFake(), true, http.MethodGet, path, nil); err == nil {
			t.Errorf("%s: %d, want not found", path, w.Code)
		} else if he := (*echo.HTTPError)(nil); !fault.Is(err, fault.NotFound) && !(errors.As(err, &he) && he.Code == http.StatusNotFound) {
			t.Errorf("%s: %v, want not found", path, err)
		}
	}
}

var launchForm = url.Values{"name": {"try-it"}, "owner": {envTeam}, "kind": {"dev"}, "parameters.size": {"large"}, "parameters.databases": {"2"}, "_key": {""}}

func TestLaunchForm(t *testing.T) {
	const path = "/environments/new?blueprint=sandbox"
	f := newEnvFake()
	w, err := envCall(t, f, true, http.MethodPost, path, launchForm)
	if err != nil || w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/environments/env_1" {
		t.Fatalf("%d to %q, %v", w.Code, w.Header().Get("Location"), err)
	}
	if len(f.done) != 1 || !strings.Contains(f.done[0], `"databases":2`) || !strings.Contains(f.done[0], `"blueprint":"sandbox"`) {
		t.Errorf("did %v", f.done)
	}
	w, err = envCall(t, newEnvFake(), true, http.MethodPost, path, launchForm, "HX-Request", "true")
	if err != nil || w.Code != http.StatusNoContent || w.Header().Get("HX-Redirect") == "" {
		t.Errorf("for htmx: %d, %v", w.Code, err)
	}
	refusals := []struct {
		name   string
		refuse error
		has    []string
	}{
		{"invalid", fault.InvalidField("parameters.size", "enum", "This must be small."), []string{"This must be small.", "needs another look"}},
		{"name taken", provision.ErrTaken, []string{"has an environment of that name already"}},
		{"quota", fault.New(fault.Quota, "Quota exceeded: 10 of 10."), []string{"Quota exceeded: 10 of 10.", "Nothing was made"}},
		{"policy", &fault.Error{Kind: fault.Policy, Public: "Policy.", Violations: []fault.Violation{{Rule: "naming", Message: "bad name", Fix: "Mend it."}}}, []string{"naming", "bad name", "Mend it."}},
		{"kind", fault.New(fault.Forbidden, "Not in production."), []string{"Not in production."}},
	}
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			f := newEnvFake()
			f.refuse = tt.refuse
			w, err := envCall(t, f, true, http.MethodPost, path, launchForm)
			if err != nil || w.Code != http.StatusUnprocessableEntity {
				t.Fatalf("%d, %v", w.Code, err)
			}
			for _, s := range append(tt.has, `value="try-it"`, `value="large" selected`) {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("the form lacks %q:\n%s", s, w.Body)
				}
			}
		})
	}
	if _, err := envCall(t, newEnvFake(), false, http.MethodPost, path, launchForm); err != nil {
		t.Errorf("refused for another team: %v, want the form again", err)
	}
	bad := url.Values{"name": {"x"}, "owner": {envTeam}, "parameters.databases": {"many"}}
	if w, err := envCall(t, newEnvFake(), true, http.MethodPost, path, bad); err != nil || w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="many"`) {
		t.Errorf("a number that is none: %d, %v", w.Code, err)
	}
}

func TestEnvironmentActions(t *testing.T) {
	for path, want := range map[string]string{
		"/environments/env_1/destroy": `destroy-environment {"environment":"env_1","reason":"done"}`,
		"/environments/env_1/extend":  `extend-environment {"environment":"env_1","reason":"done","ttl":"8h"}`,
	} {
		f := newEnvFake()
		form := url.Values{"reason": {"done"}, "ttl": {"8h"}, "environment": {"env_2"}}
		w, err := envCall(t, f, true, http.MethodPost, path, form)
		if err != nil || w.Code != http.StatusSeeOther || len(f.done) != 1 || f.done[0] != want {
			t.Errorf("%s: %d, %v, did %v", path, w.Code, err, f.done)
		}
		if _, err := envCall(t, newEnvFake(), false, http.MethodPost, path, form); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s by others: %v, want forbidden", path, err)
		}
	}
	f := newEnvFake()
	f.refuse = fault.InvalidField("ttl", "ttl", "It may live 72 hours at most.")
	w, err := envCall(t, f, true, http.MethodPost, "/environments/env_1/extend", url.Values{"ttl": {"999h"}})
	if err != nil || w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "72 hours at most") || !strings.Contains(w.Body.String(), `value="999h"`) {
		t.Errorf("a refused extension: %d, %v", w.Code, err)
	}
}

func TestRevealIsShownOnce(t *testing.T) {
	f := newEnvFake()
	w, err := envCall(t, f, true, http.MethodPost, "/environments/env_1/reveal", url.Values{"output": {"pw"}})
	if err != nil || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "hunter2") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d, %v", w.Code, err)
	}
	if _, err := envCall(t, newEnvFake(), false, http.MethodPost, "/environments/env_1/reveal", url.Values{"output": {"pw"}}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("by others: %v", err)
	}
	w, err = envCall(t, f, true, http.MethodGet, "/environments/env_1/reveal", nil)
	if err != nil || w.Code != http.StatusSeeOther {
		t.Errorf("a reload: %d, %v", w.Code, err)
	}
}

func TestEnvironmentStream(t *testing.T) {
	w, err := envCall(t, newEnvFake(), true, http.MethodGet, "/environments/env_1/log?run=run_1", nil, "Accept", "text/event-stream")
	body := w.Body.String()
	if err != nil || !strings.Contains(body, "Creation complete") || !strings.Contains(body, `id="env-head"`) || !strings.Contains(body, `hx-swap-oob="true"`) || !strings.Contains(body, "event: done") {
		t.Errorf("%v: %s", err, body)
	}
	if _, err := envCall(t, newEnvFake(), false, http.MethodGet, "/environments/env_1/log?run=run_1", nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("by others: %v, want not found", err)
	}
}

func TestCheckOfOneField(t *testing.T) {
	f := newEnvFake()
	f.refuse = fault.InvalidField("name", "pattern", "This must match something.")
	form := url.Values{"name": {"A B"}, "owner": {envTeam}, "_field": {"name"}}
	w, err := envCall(t, f, true, http.MethodPost, "/environments/new/check?blueprint=sandbox", form)
	if err != nil || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "This must match something.") {
		t.Errorf("%d, %v: %s", w.Code, err, w.Body)
	}
	form.Set("_field", "nothing")
	if _, err := envCall(t, f, true, http.MethodPost, "/environments/new/check?blueprint=sandbox", form); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown field: %v", err)
	}
}
