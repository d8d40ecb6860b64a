package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/templates/blueprints"
)

// oneEnvironment is a store with one environment of the payments team.
type oneEnvironment struct{ asked provision.Filter }

var envNow = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func (o *oneEnvironment) env() provision.Environment {
	return provision.Environment{ID: "env_1", Name: "try", Owner: "group:default/payments", State: provision.Ready, Run: "run_1",
		Parameters: json.RawMessage(`{"size":"small"}`), Outputs: []provision.Output{{Name: "pw", Sensitive: true, Secret: "env_1-pw"}},
		CreatedAt: envNow, ReadyAt: envNow, ExpiresAt: envNow.Add(time.Hour)}
}

func (o *oneEnvironment) Environments(_ context.Context, _ access.Viewer, f provision.Filter) ([]provision.Environment, int, error) {
	o.asked = f
	return []provision.Environment{o.env()}, 3, nil
}

func (o *oneEnvironment) Environment(_ context.Context, _ access.Viewer, id string) (provision.Environment, error) {
	if id != "env_1" {
		return provision.Environment{}, provision.ErrNotFound
	}
	return o.env(), nil
}

func (o *oneEnvironment) Plan(context.Context, access.Viewer, run.ID) (provision.Plan, error) {
	return provision.Plan{Changes: []provision.Change{{Address: "a.b"}}, Estimate: provision.Estimate{Currency: "USD", Monthly: "1.00"}}, nil
}

func (o *oneEnvironment) Resources(context.Context, access.Viewer, string) ([]provision.Resource, error) {
	return []provision.Resource{{Address: "a.b", ID: "x", Progress: provision.Made}}, nil
}

func (o *oneEnvironment) Runs(context.Context, access.Viewer, run.Filter) (run.Page, error) {
	return run.Page{Items: []run.Run{{ID: "run_1", State: run.Succeeded}}}, nil
}

func (o *oneEnvironment) Write(_ context.Context, f func(tx.Tx) error) error { return f(nil) }

func (o *oneEnvironment) PutBlueprint(_ context.Context, _ tx.Tx, _, _, hash string, _ map[string][]byte) (string, error) {
	return hash, nil
}

func (o *oneEnvironment) BlueprintFiles(context.Context, string, string) (map[string][]byte, error) {
	return nil, provision.ErrNoBlueprint
}

// getEnvironments asks as a member of the team or as somebody else.
func getEnvironments(t *testing.T, o *oneEnvironment, member bool, path string) (body string, err error) {
	t.Helper()
	library := provision.NewLibrary(o)
	if err := library.Load(context.Background(), blueprints.FS); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = func(failed error, _ echo.Context) { err = failed }
	g := e.Group("", func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			v := access.Viewer{}
			if member {
				v.Reads = []string{"group:default/payments"}
			}
			respond.SetViewer(c, v, "api")
			return next(c)
		}
	})
	(&Environments{Reader: o, Runs: o, Library: library}).Register(g)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Body.String(), err
}

func TestEnvironments(t *testing.T) {
	o := &oneEnvironment{}
	body, err := getEnvironments(t, o, false, "/environments?owner=group:default/payments&state=ready&limit=1&cursor=env_9")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"total":3`, `"next":"env_1"`, `"state":"ready"`, `"expiresAt":"2026-11-20T10:00:00Z"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the list lacks %s: %s", want, body)
		}
	}
	if o.asked.State != provision.Ready || o.asked.After != "env_9" || o.asked.Limit != 1 || o.asked.Owner != "group:default/payments" {
		t.Errorf("asked for %+v", o.asked)
	}
	body, err = getEnvironments(t, o, true, "/environments/env_1")
	for _, want := range []string{`"secret":"env_1-pw"`, `"address":"a.b"`, `"monthly":"1.00"`, `"progress":"made"`, `"url":"/runs/run_1"`, `"actual":null`} {
		if err != nil || !strings.Contains(body, want) {
			t.Errorf("the owner's answer lacks %s (%v): %s", want, err, body)
		}
	}
	body, err = getEnvironments(t, o, false, "/environments/env_1")
	for _, hidden := range []string{"env_1-pw", "a.b", "1.00", "run_1", "small"} {
		if err != nil || strings.Contains(body, hidden) {
			t.Errorf("another's answer has %s (%v): %s", hidden, err, body)
		}
	}
}

func TestEnvironmentRefusals(t *testing.T) {
	for path, want := range map[string]fault.Kind{
		"/environments/env_2": fault.NotFound, "/environments?limit=1000": fault.Invalid, "/environments?limit=-1": fault.Invalid,
		"/environments?limit=x": fault.Invalid, "/environments?state=happy": fault.Invalid, "/environments?gone=maybe": fault.Invalid,
	} {
		if _, err := getEnvironments(t, &oneEnvironment{}, true, path); fault.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func TestBlueprints(t *testing.T) {
	body, err := getEnvironments(t, &oneEnvironment{}, false, "/blueprints")
	for _, want := range []string{`"name":"sandbox"`, `"max":259200`, `"required":["size"]`, `"total":1`} {
		if err != nil || !strings.Contains(body, want) {
			t.Errorf("the answer lacks %s (%v): %s", want, err, body)
		}
	}
}
