package backstage_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/backstage"
	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

const (
	ledger   = `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"uid":"u-ledger","etag":"e1","name":"Ledger","namespace":"default","tags":["go"]},"spec":{"type":"service"},"relations":[]}`
	all      = `{"apiVersion":"backstage.io/v1alpha1","kind":"Location","metadata":{"name":"all","namespace":"default"},"spec":{},"relations":[]}`
	taken    = "https://git.example/taken.yaml"
	home     = "file:/srv/catalog"
	hidden   = "component:default/hidden"
	registry = "url:" + taken
)

// fake is a catalog of one component, the Location that names it, and two
// sources; what is asked of it is kept.
type fake struct {
	asked  query.Request
	where  query.Predicate
	order  []query.Order
	facets []string
	pages  []query.Page // what QueryEntities answers, one after the other
	many   int          // entities that StreamEntities has; 0: two
	broken error        // what StreamEntities fails with after them
	done   []string     // actions and their inputs
}

func (f *fake) QueryEntities(_ context.Context, _ access.Viewer, r query.Request) (query.Page, error) {
	f.asked = r
	if r.Cursor == "broken" {
		return query.Page{}, fault.New(fault.Invalid, "Malformed cursor, could not be parsed")
	}
	if len(f.pages) == 0 {
		return query.Page{Items: []json.RawMessage{json.RawMessage(ledger)}, Total: 3, Next: "n1", Prev: "p1"}, nil
	}
	p := f.pages[0]
	f.pages = f.pages[1:]
	return p, nil
}

func (f *fake) StreamEntities(_ context.Context, _ access.Viewer, where query.Predicate, order []query.Order, each func(json.RawMessage) error) error {
	f.where, f.order = where, order
	for range max(f.many, 2) {
		if err := each(json.RawMessage(ledger)); err != nil {
			return err
		}
	}
	return f.broken
}

func (f *fake) EntitiesByRefs(_ context.Context, _ access.Viewer, refs []string, where query.Predicate) ([]json.RawMessage, error) {
	f.where = where
	out := make([]json.RawMessage, len(refs))
	for i, r := range refs {
		if r == "component:default/ledger" {
			out[i] = json.RawMessage(ledger)
		}
	}
	return out, nil
}

func (f *fake) EntityFacets(_ context.Context, _ access.Viewer, where query.Predicate, facets []string) (map[string][]catalog.Count, error) {
	f.where, f.facets = where, facets
	return map[string][]catalog.Count{"kind": {{Value: "API", N: 2}, {Value: "Component", N: 7}}}, nil
}

func (f *fake) EntityJSON(_ context.Context, _ access.Viewer, ref catalog.Ref) ([]byte, error) {
	switch ref.String() {
	case "component:default/ledger":
		return []byte(ledger), nil
	case "location:default/all":
		return []byte(all), nil
	case "component:default/gone":
		return nil, catalog.ErrGone
	}
	return nil, catalog.ErrNotFound
}

func (f *fake) EntityByUID(_ context.Context, _ access.Viewer, uid string) (json.RawMessage, error) {
	if uid != "u-ledger" {
		return nil, catalog.ErrNotFound
	}
	return json.RawMessage(ledger), nil
}

func (f *fake) EntityAncestry(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Ancestry, error) {
	e, err := f.Entity(ctx, v, ref)
	up := catalog.MustRef("location:default/all")
	return catalog.Ancestry{Source: catalog.SourceState{Location: catalog.Location{ID: e.Source.ID}},
		Items: []catalog.Ancestor{{Ref: e.Ref, Parents: []catalog.Ref{up}}, {Ref: up}}}, err
}

func (f *fake) Entity(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	switch ref.String() {
	case "component:default/ledger":
		return catalog.Entity{Ref: ref.Canonical(), Source: catalog.Source{ID: home}}, nil
	case "environment:default/dev":
		return catalog.Entity{Ref: ref.Canonical(), Source: catalog.Source{ID: "engine:environments"}}, nil
	}
	return catalog.Entity{}, catalog.ErrNotFound
}

func (f *fake) SeenSources(context.Context, access.Viewer) ([]catalog.SourceState, error) {
	return []catalog.SourceState{{Location: catalog.Location{ID: "engine:environments"}}, {Location: catalog.Location{ID: home}},
		{Location: catalog.Location{ID: registry, By: "user:default/ada"}}}, nil
}

func (f *fake) Write(_ context.Context, do func(tx.Tx) error) error             { return do(nil) }
func (f *fake) Append(context.Context, tx.Tx, event.Event) error                { return nil }
func (f *fake) Claim(context.Context, tx.Tx, []action.Claim) error              { return nil }
func (f *fake) Once(context.Context, tx.Tx, action.Key) (*action.Output, error) { return nil, nil }
func (f *fake) Keep(context.Context, tx.Tx, action.Key, action.Output) error    { return nil }

// Authorize lets everybody act but mallory.
func (f *fake) Authorize(_ context.Context, a action.Actor, _, _ string) error {
	if a.ID == "user:default/mallory" {
		return fault.New(fault.Forbidden, "You may not do this. Nothing was changed.")
	}
	return nil
}

// server is the API on a fake, with actions that only remember their inputs.
func server(t *testing.T, f *fake, change ...func(*backstage.Options)) *echo.Echo {
	t.Helper()
	reg := action.NewRegistry(action.Ports{DB: f, Events: f, Access: f, Quota: f, Keys: f})
	for _, name := range []string{"register-location", "move-location", "unregister-location", "refresh-source", "delete-entity"} {
		err := reg.Register(action.Def{Name: name, Permission: name, Schema: json.RawMessage(`{"type":"object"}`),
			Prepare: func(_ context.Context, _ action.Actor, in json.RawMessage) (action.Prepared, error) {
				if strings.Contains(string(in), "unreadable") {
					return action.Prepared{}, fault.InvalidField("target", "unreadable", "Nothing could be read there.")
				}
				return action.Prepared{Preview: preview(string(in)), Execute: func(context.Context, tx.Tx) (action.Output, error) {
					f.done = append(f.done, name+" "+string(in))
					return action.Output{}, nil
				}}, nil
			}})
		if err != nil {
			t.Fatal(err)
		}
	}
	o := backstage.Options{Entities: f, One: f, Sources: f, Actions: reg, URL: "https://portal.example.com", Version: "1",
		Analyse: func(_ context.Context, _ access.Viewer, target string) (any, error) {
			return map[string]any{"existingEntityFiles": []any{}, "generateEntities": []any{}, "target": target}, nil
		}}
	for _, c := range change {
		c(&o)
	}
	h, err := backstage.New(o)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = refuse
	h.Register(e.Group("", func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			as := c.Request().Header.Get("As")
			respond.SetViewer(c, access.Viewer{Actor: action.Actor{ID: "user:default/" + as}}, "api")
			return next(c)
		}
	}))
	return e
}

// preview is what a dry run of register-location finds at a target.
func preview(in string) register.Registered {
	if strings.Contains(in, "wrong") {
		return register.Registered{Problems: []catalog.Problem{{Severity: catalog.Error, Message: "No name."}, {Severity: catalog.Warning, Message: "A warning."}, {Severity: catalog.Error, Message: "No kind."}}}
	}
	e := catalog.Entity{Ref: catalog.MustRef("component:default/new"), APIVersion: "backstage.io/v1alpha1", Kind: "Component", Metadata: catalog.Metadata{Name: "new", Namespace: "default"}}
	return register.Registered{Documents: []catalog.Document{{Entity: &e}, {}}}
}

// refuse stands for the error map of web.
func refuse(err error, c echo.Context) {
	f, status := fault.New(fault.Internal, "Something went wrong on our side."), http.StatusInternalServerError
	if errors.As(err, &f) {
		status = map[fault.Kind]int{fault.NotFound: 404, fault.Gone: 410, fault.Invalid: 422, fault.Conflict: 409, fault.Forbidden: 403, fault.Unavailable: 503}[f.Kind]
	}
	if !c.Response().Committed {
		_ = backstage.WriteError(c, status, f) // the recorder takes everything
	}
}

func call(e http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, backstage.Prefix+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("As", "ada")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}
