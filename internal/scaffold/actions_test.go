package scaffold

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// desk is what an action needs around it: a store that knows one team, a log
// of events, a policy without rules.
type desk struct {
	Store
	notes  map[string][]byte
	events []event.Event
}

func (d *desk) Entity(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	if ref.String() != "group:default/payments-team" {
		return catalog.Entity{}, catalog.ErrNotFound
	}
	return catalog.Entity{Ref: ref, Kind: "Group", Metadata: catalog.Metadata{Name: ref.Name, Namespace: ref.Namespace}}, nil
}

func (d *desk) Note(_ context.Context, _ run.ID, key string) ([]byte, error) {
	return d.notes[key], nil
}

func (d *desk) PutNote(_ context.Context, _ tx.Tx, _ run.ID, key string, v []byte) error {
	d.notes[key] = v
	return nil
}

func (d *desk) DropNote(_ context.Context, _ tx.Tx, _ run.ID, key string) error {
	delete(d.notes, key)
	return nil
}

func (d *desk) Append(_ context.Context, _ tx.Tx, e event.Event) error {
	d.events = append(d.events, e)
	return nil
}

func (d *desk) PutMade(context.Context, tx.Tx, Artefact) error { return nil }

func (d *desk) Registered(context.Context, string) (string, bool, error) { return "", false, nil }

func (d *desk) Register(context.Context, string, string) ([]string, error) {
	return []string{"component:default/refund-api"}, nil
}

func (d *desk) Unregister(context.Context, string) error { return nil }

func (d *desk) Repository(context.Context, string, string) (forge.Repository, error) {
	return forge.Repository{Owner: "payments-team", Name: "refund-api", Team: "group:default/payments-team", Run: "run_1"}, nil
}

func (d *desk) Files(_ context.Context, in policy.FilesInput) (policy.Result, error) {
	var res policy.Result
	for p, text := range in.Files {
		if strings.Contains(text, "privileged: true") {
			res.Checks = append(res.Checks, policy.Check{Rule: "privileged", Title: "Privileged", Level: policy.Hard, Message: p + " asks for everything."})
		}
	}
	return res, nil
}

// held is a forge with one repository.
type held struct{ Forge }

func (held) FS(context.Context, string, string, string) (fs.FS, error) {
	return fstest.MapFS{"catalog-info.yaml": {Data: []byte("kind: Component\nmetadata:\n  name: refund-api\n")}}, nil
}

// there answers requests instead of the network.
type there struct{ http.HandlerFunc }

func (h there) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host != "api.example.com" {
		return fmt.Errorf("%s is not allowed", address)
	}
	return nil
}

func (h there) Send(_ context.Context, m fetch.Message) (fetch.Reply, error) {
	r := httptest.NewRequest(m.Method, m.URL, bytes.NewReader(m.Body))
	r.Header = m.Header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return fetch.Reply{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}, nil
}

// beside are the files of the template that the examples stand in.
var beside = fstest.MapFS{
	"template.yaml":               {Data: []byte("x")},
	"LICENSE":                     {Data: []byte("free")},
	"docs/index.md":               {Data: []byte("# Docs\n")},
	"skeleton/README.md":          {Data: []byte("# ${{ values.name }}\n")},
	"skeleton/main.go.njk":        {Data: []byte("// ${{ values.name }}\n"), Mode: 0o755},
	"skeleton/${{ values.name }}": {Data: []byte("named\n")},
}

func onDesk(t *testing.T, d *desk) *call {
	t.Helper()
	if d.notes == nil {
		d.notes = map[string][]byte{}
	}
	lines := []string{}
	e := New(Options{Store: d, Catalog: d, Forge: held{}, Events: d, Policy: d, Requester: there{func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"method":%q,"query":%q}`, r.Method, r.URL.RawQuery)
	}}})
	x := &execution{engine: e, tmpl: &Template{Ref: catalog.MustRef("template:default/try"), file: "template.yaml", files: beside, Strict: true},
		order: Order{Template: "template:default/try", By: "user:default/ada", Team: "group:default/payments-team", Actor: action.Actor{ID: "user:default/ada"}},
		run:   "run_1", secrets: map[string]any{}, work: NewWorkspace(), outputs: map[string]any{}, sources: newSources(), note: func(string) {}}
	x.log = func(level, text string) { lines = append(lines, level+": "+text) }
	x.write = func(_ context.Context, f func(tx.Tx) error) error { return f(nil) }
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(strings.Join(lines, "\n"))
		}
	})
	for p, text := range map[string]string{
		"README.md": "# refund-api\n", "skeleton/README.md": "# ${{ values.name }}\n", "docs/index.md": "# Docs\n", "mkdocs.yml": "site_name: x\n",
		"catalog-info.yaml": "kind: Component\nmetadata:\n  name: refund-api\n", "package.json": `{"name":"a<b","version":"1.0.0"}`, "config.yaml": "replicas: 1\n",
		"deploy/app.yaml": "kind: Deployment\n",
	} {
		if err := x.work.Put(p, WorkFile{Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	return &call{execution: x, id: "step", input: map[string]any{}, output: map[string]any{}}
}

// use does an action with an input as YAML.
func use(t *testing.T, c *call, id, input string) error {
	t.Helper()
	c.input, c.output = map[string]any{}, map[string]any{}
	if err := yaml.Unmarshal([]byte(input), &c.input); err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	b, err := json.Marshal(c.input)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &c.input); err != nil {
		t.Fatal(err)
	}
	return c.engine.action(id).perform(context.Background(), c)
}

// Every action says what it does, and its examples do what they say. Those
// that write to other hosts are run against real ones in e2e; here their input
// is held against their schema.
func TestEveryExampleRuns(t *testing.T) {
	t.Parallel()
	for _, a := range Actions() {
		t.Run(a.ID, func(t *testing.T) {
			if a.Summary == "" || a.Undo == "" || len(a.Input) == 0 || len(a.Examples) == 0 {
				t.Errorf("%s lacks words, a schema or an example", a.ID)
			}
			for _, e := range a.Examples {
				c := onDesk(t, &desk{})
				if a.ID == "fetch:go-template" {
					c.tmpl.files = fstest.MapFS{"skeleton/{{ .name }}.md": {Data: []byte("# {{ .name }}\n")}}
				}
				if elsewhere(a.ID) {
					c.input = map[string]any{}
					if err := yaml.Unmarshal([]byte(e.Input), &c.input); err != nil {
						t.Fatal(err)
					}
					if err := action.ValidateValue(a.Input, "", c.input); err != nil {
						t.Errorf("%s: %v", e.Description, err)
					}
					continue
				}
				if err := use(t, c, a.ID, e.Input); err != nil {
					t.Errorf("%s: %v", e.Description, err)
				}
				if len(a.Output) > 0 {
					if err := action.ValidateValue(a.Output, "", c.output); err != nil {
						t.Errorf("%s: the output %v is not what its schema says: %v", e.Description, c.output, err)
					}
				} else if len(c.output) > 0 {
					t.Errorf("%s: there is output and no schema for it: %v", e.Description, c.output)
				}
			}
		})
	}
}

// elsewhere are the actions that need a real host.
func elsewhere(id string) bool {
	return strings.HasPrefix(id, "publish:") || strings.HasPrefix(id, "github:") || strings.HasPrefix(id, "gitlab:") || strings.HasPrefix(id, "gitea:")
}

func TestRendersAsBackstageDoes(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"s/${{ values.name }}/a.txt":            {Data: []byte("${{ values.name }}")},
		"s/{% if values.db %}db{% endif %}/x":   {Data: []byte("x")},
		"s/{% if values.db %}db.txt{% endif %}": {Data: []byte("x")},
		"s/raw/${{ values.name }}.md":           {Data: []byte("${{ values.name }}")},
		"s/run.sh":                              {Data: []byte("${{ values.name }}"), Mode: 0o755},
		"s/.hidden":                             {Data: []byte("${{ values.name }}")},
		"s/logo.png":                            {Data: []byte("\x89PNG\x00${{ values.name }}")},
		"s/link":                                {Data: []byte("run.sh"), Mode: fs.ModeSymlink},
		"s/README.md":                           {Data: []byte("new")},
	}
	for name, k := range map[string]struct {
		input string
		want  map[string]string
	}{
		"all": {"url: ./s\ntargetPath: out\nvalues: {name: n}", map[string]string{"out/n/a.txt": "n", "out/raw/n.md": "n", "out/run.sh": "n", "out/.hidden": "n",
			"out/logo.png": "\x89PNG\x00${{ values.name }}", "out/link": "run.sh", "out/README.md": "new"}},
		"copied as they are": {"url: ./s\ntargetPath: out\ncopyWithoutTemplating: ['raw', '*.sh', '!x']\nvalues: {name: n}", map[string]string{"out/raw/n.md": "${{ values.name }}", "out/run.sh": "${{ values.name }}", "out/.hidden": "n"}},
		"with their names":   {"url: ./s\ntargetPath: out\ncopyWithoutRender: ['raw/**']\nvalues: {name: n}", map[string]string{"out/raw/${{ values.name }}.md": "${{ values.name }}", "out/n/a.txt": "n"}},
		"kept":               {"url: ./s\nvalues: {name: n}", map[string]string{"README.md": "# refund-api\n"}},
		"replaced":           {"url: ./s\nreplace: true\nvalues: {name: n}", map[string]string{"README.md": "new"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := onDesk(t, &desk{})
			c.tmpl = &Template{Ref: c.tmpl.Ref, file: "template.yaml", files: files}
			if err := use(t, c, "fetch:template", k.input); err != nil {
				t.Fatal(err)
			}
			for p, want := range k.want {
				if f, ok := c.work.Get(p); !ok || string(f.Data) != want {
					t.Errorf("%s is %q (there: %v), want %q", p, f.Data, ok, want)
				}
			}
			for _, p := range c.work.Paths() {
				if strings.Contains(p, "db") {
					t.Errorf("%s was made, its name renders to nothing", p)
				}
			}
			if f, ok := c.work.Get("out/run.sh"); ok && f.Mode != forge.Executable {
				t.Errorf("run.sh has lost its mode: %v", f.Mode)
			}
			if f, ok := c.work.Get("out/link"); ok && f.Mode != forge.Symlink {
				t.Errorf("link is none: %v", f.Mode)
			}
		})
	}
}

func TestRefusesWhatContradicts(t *testing.T) {
	t.Parallel()
	for input, says := range map[string]string{
		"url: ./skeleton\ntemplateFileExtension: true\ncopyWithoutTemplating: [x]": "cannot be used together",
		"url: ./skeleton\ntemplateFileExtension: .x\ncookiecutterCompat: true":     "cannot be used together",
		"url: ./skeleton\ncopyWithoutRender: [x]\ncopyWithoutTemplating: [x]":      "cannot be used together",
		"url: ./skeleton\ncopyWithoutTemplating: ['[']":                            "not a glob",
		"url: ../outside": "leads out",
		"url: /etc":       "leads out",
		"url: https://github.com/a/b/tree/main/c": "not connected",
		"url: ./skeleton\ntargetPath: ../x":       "leaves the workspace",
		"url: ./nothing":                          "no folder",
		"targetPath: x":                           "url",
	} {
		c := onDesk(t, &desk{})
		c.tmpl = &Template{Ref: c.tmpl.Ref, file: "template.yaml", files: beside}
		if err := use(t, c, "fetch:template", input); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", input, err, says)
		}
	}
}

func TestWaitsNotTwiceAndEndsWithTheRun(t *testing.T) {
	t.Parallel()
	d := &desk{}
	c := onDesk(t, d)
	if err := use(t, c, "debug:wait", "minutes: 11"); err == nil {
		t.Error("waits eleven minutes")
	}
	c.input = map[string]any{"seconds": 60.0}
	ctx, cancel := context.WithTimeoutCause(context.Background(), 30*time.Millisecond, context.Canceled)
	defer cancel()
	if err := wait(ctx, c); err == nil {
		t.Fatal("a stopped run waits on")
	}
	var w waiting
	if err := json.Unmarshal(d.notes[waitKey], &w); err != nil || time.Until(w.Until) > time.Minute {
		t.Fatalf("the end is not noted: %s %v", d.notes[waitKey], err)
	}
	w.Until = time.Now().Add(10 * time.Millisecond)
	d.notes[waitKey], _ = json.Marshal(w)
	begin := time.Now()
	if err := use(t, c, "debug:wait", "seconds: 60"); err != nil || time.Since(begin) > 5*time.Second {
		t.Errorf("after a restart: %v, %s", err, time.Since(begin))
	}
	if d.notes[waitKey] != nil {
		t.Error("the note stays")
	}
}

func TestJudgesTheWorkspace(t *testing.T) {
	t.Parallel()
	c := onDesk(t, &desk{})
	if err := c.work.Put("deploy/bad.yaml", WorkFile{Data: []byte("privileged: true")}); err != nil {
		t.Fatal(err)
	}
	if err := use(t, c, "policy:check", "{}"); err == nil || !strings.Contains(err.Error(), "deploy/bad.yaml asks for everything") {
		t.Errorf("got %v", err)
	}
	if err := use(t, c, "policy:check", "mode: report"); err != nil || c.output["allowed"] != false {
		t.Errorf("report: %v %v", err, c.output)
	}
	if err := use(t, c, "policy:check", "files: [docs]"); err != nil {
		t.Errorf("other files: %v", err)
	}
	if err := c.work.Put("docs/index.md", WorkFile{Data: []byte("# Docs\n\n[away](nowhere.md)\n")}); err != nil {
		t.Fatal(err)
	}
	if err := use(t, c, "docs:check", "{}"); err == nil || !strings.Contains(err.Error(), "nowhere.md") {
		t.Errorf("a broken link: %v", err)
	}
}

func TestNotifiesWithoutSecrets(t *testing.T) {
	t.Parallel()
	d := &desk{}
	c := onDesk(t, d)
	c.secrets["key"] = "hunter2-hunter2"
	if err := use(t, c, "notify", "title: made with hunter2-hunter2\nentityRefs: [group:default/payments-team]"); err != nil {
		t.Fatal(err)
	}
	if len(d.events) != 1 || strings.Contains(string(d.events[0].Data), "hunter2") || d.events[0].Owner != "group:default/payments-team" {
		t.Errorf("events: %+v", d.events)
	}
	if err := use(t, c, "notify", "title: x\nentityRefs: [user:default/nobody]"); err == nil {
		t.Error("tells nobody")
	}
}
