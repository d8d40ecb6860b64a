package durable_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/secret"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
)

// makes is a template that makes a few files, a repository and a location.
const makes = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: makes, title: Makes}
spec:
  type: service
  strict: true
  parameters:
    required: [name]
    properties:
      name: {title: Name, type: string}
      more: {title: More, type: array, items: {type: string}, default: [a, b]}
  steps:
    - {id: files, action: fetch:template, input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}}
    - {id: each, each: "${{ parameters.more }}", action: debug:log, input: {message: "more ${{ each.value }} ${{ secrets.token if secrets.token is defined else '' }}"}}
    - {id: publish, action: publish:git, input: {repoUrl: "waymark?owner=payments-team&repo=${{ parameters.name }}"}}
    - {id: register, action: catalog:register, input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}}
    - {id: tidy, if: "${{ failure() }}", action: debug:log, input: {message: tidied up}}
  output: {remoteUrl: "${{ steps.publish.output.remoteUrl }}"}
`

func makesFolder() fstest.MapFS {
	return fstest.MapFS{"makes/template.yaml": {Data: []byte(makes)},
		"makes/skeleton/README.md": {Data: []byte("# ${{ values.name }}\n")}, "makes/skeleton/catalog-info.yaml": {Data: []byte(
			"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: ${{ values.name }}}\nspec: {type: service, lifecycle: production, owner: payments-team}\n")}}
}

const (
	team  = "group:default/payments-team"
	other = "group:default/risk-team"
)

// person is somebody of payments-team.
var person = action.Actor{ID: "user:default/ada", Name: "Ada", Groups: []string{team}}

// portal is everything that a run of a template stands on.
type portal struct {
	t       testing.TB
	store   *store.Store
	runs    *run.Engine
	engine  *scaffold.Engine
	forge   *forge.Embedded
	catalog *locations
	actions *action.Registry
}

// setup is what makes a portal other than the usual one.
type setup struct {
	db    tx.DB // of the runs; nil: the store
	dir   string
	files fs.FS // golden paths; nil: makes
	forge func(scaffold.Forge) scaffold.Forge

	publisher scaffold.Publisher
	// permitted are the tags of backstage:permissions; nil: all.
	permitted func(tag string) bool
}

// newPortal wires a portal whose runs are not taken before begin.
func newPortal(t testing.TB, s *store.Store, o setup) *portal {
	t.Helper()
	p := &portal{t: t, store: s, catalog: &locations{store: s}}
	if o.db == nil {
		o.db = s
	}
	if o.dir == "" {
		o.dir = t.TempDir()
	}
	if o.files == nil {
		o.files = makesFolder()
	}
	var err error
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p.runs, err = run.New(run.Options{DB: o.db, Store: s, SQL: s.WriteDB(), Postgres: s.IsPostgres(), Log: slog.New(slog.DiscardHandler)})
	check(err)
	p.forge, err = forge.New(forge.Options{Dir: o.dir, URL: "http://127.0.0.1:1", Store: s})
	check(err)
	var f scaffold.Forge = p.forge
	if o.forge != nil {
		f = o.forge(f)
	}
	library, err := scaffold.NewLibrary(o.files, s, p.forge)
	check(err)
	box, err := secret.New(make([]byte, 32))
	check(err)
	var permitted func(context.Context, access.Viewer, string) bool
	if o.permitted != nil {
		permitted = func(_ context.Context, _ access.Viewer, tag string) bool { return o.permitted(tag) }
	}
	p.engine = scaffold.New(scaffold.Options{Permitted: permitted, Store: s, Catalog: p.catalog, Forge: f, Runs: p.runs, Library: library, Sealer: box, Publisher: o.publisher})
	p.runs.Register(p.engine.Kind())
	p.runs.Register(p.engine.CleanUp())
	p.actions = action.NewRegistry(action.Ports{DB: s, Events: s, Access: everything{}, Keys: s})
	for _, d := range append(p.engine.Actions(), p.runs.Actions()...) {
		check(p.actions.Register(d))
	}
	return p
}

// begin takes runs until the test ends.
func (p *portal) begin() {
	p.t.Helper()
	if err := p.runs.Run(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		ctx, done := context.WithTimeout(context.Background(), 10*time.Second)
		defer done()
		if err := p.runs.Stop(ctx); err != nil {
			p.t.Errorf("stop: %v", err)
		}
	})
}

// everything is allowed.
type everything struct{}

func (everything) Authorize(context.Context, action.Actor, string, string) error { return nil }

// locations is a catalog that reads nothing.
type locations struct {
	store *store.Store
	mu    sync.Mutex
	fails error
}

func (l *locations) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails = err
}

func (l *locations) Register(ctx context.Context, target, by string) ([]string, error) {
	err := l.store.Write(ctx, func(t tx.Tx) error {
		return l.store.PutCatalogSource(ctx, t, catalog.SourceState{Location: catalog.Location{ID: "url:" + target, By: by}})
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails != nil {
		err = l.fails
	}
	return []string{"component:default/" + strings.Split(target, "/")[4]}, err
}

func (l *locations) Registered(ctx context.Context, target string) (string, bool, error) {
	all, err := l.store.CatalogSources(ctx)
	for _, s := range all {
		if s.ID == "url:"+target {
			return s.By, true, err
		}
	}
	return "", false, err
}

func (l *locations) Unregister(ctx context.Context, target string) error {
	return l.store.Write(ctx, func(t tx.Tx) error { return l.store.DropCatalogSource(ctx, t, "url:"+target) })
}

// order asks for something from the template makes.
func (p *portal) order(a action.Actor, name string, secrets map[string]string) (run.ID, error) {
	in := map[string]any{"template": "template:default/makes", "values": map[string]any{"name": name}}
	if secrets != nil {
		in["secrets"] = secrets
	}
	return p.do(a, scaffold.ActionName, in)
}

// do passes an action and returns the run that it has started.
func (p *portal) do(a action.Actor, name string, in map[string]any) (run.ID, error) {
	b, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	out, err := p.actions.Do(p.t.Context(), a, name, b)
	if err != nil {
		return "", err
	}
	b, err = json.Marshal(out.Body)
	if err != nil {
		return "", err
	}
	var body struct{ Run struct{ ID run.ID } }
	return body.Run.ID, json.Unmarshal(b, &body)
}

func (p *portal) mustOrder(name string) run.ID {
	p.t.Helper()
	id, err := p.order(person, name, nil)
	if err != nil {
		p.t.Fatalf("order %s: %v (%v)", name, err, fields(err))
	}
	return id
}

func fields(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ""
	}
	return fmt.Sprint(f.Fields)
}

// ends waits for the end of a run.
func (p *portal) ends(id run.ID, want run.State) run.Run {
	p.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		r, err := p.store.Run(p.t.Context(), access.System("test"), id)
		if err != nil {
			p.t.Fatal(err)
		}
		switch {
		case r.State == want:
			return r
		case r.State.Over() || time.Now().After(deadline):
			p.t.Fatalf("run is %s (%s), want %s:\n%s", r.State, r.Error, want, p.log(id))
		}
	}
}

func (p *portal) log(id run.ID) string {
	p.t.Helper()
	lines, err := p.store.RunLines(p.t.Context(), access.System("test"), id, 0, 100000)
	if err != nil {
		p.t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s %s: %s\n", l.Step, l.Level, l.Text)
	}
	return b.String()
}

// forget does what the server does every hour.
func (p *portal) forget() {
	p.t.Helper()
	err := p.store.Write(p.t.Context(), func(t tx.Tx) error {
		return p.store.ForgetScaffoldSecrets(p.t.Context(), t, t.Now().Add(-24*time.Hour))
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// made is what a run has left, each thing with its state.
func (p *portal) made(id run.ID) string {
	p.t.Helper()
	list, err := p.store.Made(p.t.Context(), access.System("test"), string(id))
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, a := range list {
		out = append(out, a.Kind+" "+a.State)
	}
	return strings.Join(out, ", ")
}

// complete checks that a service is there once and whole.
func (p *portal) complete(name string) {
	p.t.Helper()
	commits, err := p.forge.Commits(p.t.Context(), "payments-team", name, 10)
	if err != nil || len(commits) != 1 {
		p.t.Errorf("%s has %d commits, %v", name, len(commits), err)
		return
	}
	files, err := p.forge.FS(p.t.Context(), "payments-team", name, "")
	if err != nil {
		p.t.Fatal(err)
	}
	b, err := fs.ReadFile(files, "README.md")
	if err != nil || string(b) != "# "+name+"\n" {
		p.t.Errorf("%s holds %q, %v", name, b, err)
	}
	if _, yes, err := p.catalog.Registered(p.t.Context(), forge.FileURL("payments-team", name, "catalog-info.yaml")); !yes || err != nil {
		p.t.Errorf("%s is not registered, %v", name, err)
	}
}

// gone checks that nothing of a service is left.
func (p *portal) gone(name string) {
	p.t.Helper()
	p.nothing(name)
	if _, err := p.store.Repository(p.t.Context(), "payments-team", name); !fault.Is(err, fault.NotFound) {
		p.t.Errorf("the record of %s: %v", name, err)
	}
}

// nothing checks that there is neither a repository nor a location of a
// service; its name may be reserved by a run that came to nothing.
func (p *portal) nothing(name string) {
	p.t.Helper()
	if _, err := p.forge.Commits(p.t.Context(), "payments-team", name, 1); err == nil {
		p.t.Errorf("the repository of %s is still there", name)
	}
	if _, yes, err := p.catalog.Registered(p.t.Context(), forge.FileURL("payments-team", name, "catalog-info.yaml")); yes || err != nil {
		p.t.Errorf("%s is still registered, %v", name, err)
	}
}
