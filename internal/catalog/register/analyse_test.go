package register

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// repos are repositories by name, read at https://forge.example/NAME/PATH.
type repos map[string]fstest.MapFS

func (r repos) Fetch(_ context.Context, target string) (catalog.Snapshot, error) {
	rest := strings.TrimPrefix(target, "https://forge.example/acme/")
	name, file, _ := strings.Cut(rest, "/blob/main/")
	files, ok := r[name]
	if !ok {
		return catalog.Snapshot{}, fault.Newf(fault.NotFound, "forge.example has no repository %s", name)
	}
	if file == "" {
		file = "**/catalog-info.{yaml,yml}"
	}
	return catalog.Snapshot{FS: files, Path: file, Location: func(p string) string { return "url:https://forge.example/acme/" + name + "/blob/main/" + p }}, nil
}

// groups are the names that the catalog has.
type groups []string

func (g groups) EntitySummaries(_ context.Context, _ access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error) {
	out := map[catalog.Ref]catalog.Summary{}
	for _, r := range refs {
		if slices.Contains(g, r.String()) {
			out[r] = catalog.Summary{Ref: r}
		}
	}
	return out, nil
}

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func analyser(r repos, sources ...string) Analyser {
	f := &fakeStore{}
	for _, s := range sources {
		f.sources = append(f.sources, catalog.SourceState{Location: catalog.Location{ID: s, By: "user:default/ada"}})
	}
	e := catalog.New(catalog.Options{Store: f})
	e.RegisterFetcher("forge.example", r)
	return Analyser{Engine: e, Sources: f, Names: groups{"group:default/payments"}}
}

func TestProposesWhatARepositoryTells(t *testing.T) {
	a := analyser(repos{"Checkout_Gateway": {
		"README.md":                    file("# Checkout\n\n[![b](x)](y)\n\n<p>html</p>\n\nTakes **card payments** from the\n[shop](https://x).\n\nMore.\n"),
		".github/CODEOWNERS":           file("# who\n/docs @acme/writers\n* @acme/unknown @Acme/Payments\n"),
		"main.go":                      file("package main"),
		"a.go":                         file("package main"),
		"web/app.ts":                   file(""),
		"node_modules/x/openapi.yaml":  file("openapi: 3.0.0\n"),
		"api/openapi.yaml":             file("openapi: 3.1.0\ninfo: {title: x, version: '1'}\n"),
		"api/v2/openapi.json":          file("{\n  \"openapi\": \"3.0.0\"}"),
		"events/orders.yaml":           file("asyncapi: 3.0.0\n"),
		"schema.graphql":               file("type Query { a: Int }"),
		"proto/ledger.proto":           file("syntax = \"proto3\";\nservice Ledger {}\n"),
		"deploy/service.yaml":          file("apiVersion: v1\nkind: Service\n"),
		"mkdocs.yml":                   file("site_name: x"),
		"catalog/notes/openapi.txt":    file("openapi: 3"),
		"docs/questions/asyncapi.yaml": file("# no\nkind: x\n"),
	}})
	got, err := a.Analyse(context.Background(), access.Viewer{}, "https://forge.example/acme/Checkout_Gateway")
	if err != nil || len(got.Existing) > 0 || len(got.Generated) != 6 {
		t.Fatalf("%d entities proposed, %d there, %v; want a component and five APIs", len(got.Generated), len(got.Existing), err)
	}
	for _, want := range []string{"name: checkout_gateway\n", "description: Takes card payments from the shop.\n", "owner: payments\n", "- go\n", "type: service\n",
		"forge.example/project-slug: acme/Checkout_Gateway", "backstage.io/techdocs-ref: dir:.", "$text: ./api/openapi.yaml", "type: asyncapi", "type: graphql", "type: grpc", "$text: ./api/v2/openapi.json"} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("the proposal lacks %q:\n%s", want, got.Text)
		}
	}
	if got.File != "https://forge.example/acme/Checkout_Gateway/blob/main/catalog-info.yaml" {
		t.Errorf("it belongs at %q", got.File)
	}
	docs := catalog.Parse(catalog.File{Source: "x", Path: "catalog-info.yaml", Location: "url:" + got.File, Data: []byte(got.Text),
		Read: func(string) ([]byte, error) { return []byte("{}"), nil }})
	names := map[string]bool{}
	for _, d := range docs {
		if d.Entity == nil || len(d.Problems) > 0 || names[d.Ref.String()] {
			t.Errorf("document %d of the proposal: %+v", d.Number, d.Problems)
		}
		names[d.Ref.String()] = true
	}
	if len(docs) != 6 {
		t.Errorf("%d documents, want 6", len(docs))
	}
}

func TestAnOwnerThatNobodyNamesIsAsked(t *testing.T) {
	got, err := analyser(repos{"x": {"CODEOWNERS": file("* @acme/strangers\n")}}).Analyse(context.Background(), access.Viewer{}, "https://forge.example/acme/x")
	if err != nil || len(got.Generated) != 1 {
		t.Fatal(got, err)
	}
	i := slices.IndexFunc(got.Generated[0].Fields, func(f Field) bool { return f.Field == "spec.owner" })
	if f := got.Generated[0].Fields[i]; f.State != NeedsUser || f.Value != "" {
		t.Errorf("owner: %+v, want that somebody says it", f)
	}
}

func TestTellsWhatIsThere(t *testing.T) {
	doc := func(name string) string {
		return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + "}\nspec: {type: t, lifecycle: l, owner: ledger}\n"
	}
	a := analyser(repos{"mono": {"a/catalog-info.yaml": file(doc("new") + "---\nkind: Component\n"), "catalog-info.yml": file(doc("held"))}}, "url:https://forge.example/acme/known")
	got, err := a.Analyse(context.Background(), access.Viewer{}, "https://forge.example/acme/mono")
	if err != nil || len(got.Existing) != 2 || len(got.Generated) > 0 || len(got.Wrong) == 0 || got.Known != "" {
		t.Fatalf("%+v %v, want two entities and what is wrong", got, err)
	}
	for _, f := range got.Existing {
		if want := f.Ref.Name == "held"; f.Registered != want || f.Location.Type != "url" || !strings.HasPrefix(f.Location.Target, "https://forge.example/acme/mono/blob/main/") {
			t.Errorf("%s: %+v, registered should be %v", f.Ref, f, want)
		}
	}
	a = analyser(repos{"known": {"catalog-info.yaml": file(doc("x"))}}, "url:https://forge.example/acme/known")
	if got, err := a.Analyse(context.Background(), access.Viewer{}, "https://forge.example/acme/known"); err != nil || got.Known == "" || !got.Existing[0].Registered {
		t.Errorf("%+v %v, want that it is known", got, err)
	}
}

func TestRefusesToLookWhereNothingIs(t *testing.T) {
	a := analyser(repos{"x": {}})
	for _, target := range []string{"https://forge.example/acme/none", "https://elsewhere.example/a/b", "file:/etc/passwd", "", "ftp://forge.example/x", "http://forge.example/acme/x"} {
		if _, err := a.Analyse(context.Background(), access.Viewer{}, target); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want Invalid", target, err)
		}
		if target != "https://forge.example/acme/none" && a.Check(target) == nil && !strings.HasPrefix(target, "http://forge") {
			t.Errorf("%q passes the check", target)
		}
	}
	if err := a.Check("https://ada:pw@forge.example/acme/x"); !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "pw") {
		t.Errorf("a password in the address: %v", err)
	}
}

func TestUnregister(t *testing.T) {
	defs, f, _ := setup()
	ada := action.Actor{ID: "user:default/ada", Groups: []string{"group:default/ledger"}}
	f.sources = []catalog.SourceState{{Location: catalog.Location{ID: "url:https://forge.example/good.yaml", By: "user:default/ada"}}}
	if d := defs["unregister-location"]; !d.Traits.Destructive {
		t.Error("unregister-location does not say that it is destructive")
	}
	for source, want := range map[string]fault.Kind{"url:https://forge.example/none.yaml": fault.NotFound, "file:/srv": fault.Forbidden} {
		if _, err := defs["unregister-location"].Prepare(context.Background(), ada, []byte(`{"source": "`+source+`"}`)); !fault.Is(err, want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	p, err := defs["unregister-location"].Prepare(context.Background(), ada, []byte(`{"source": "url:https://forge.example/good.yaml"}`))
	if err != nil || p.Subject != "url:https://forge.example/good.yaml" || p.Owner == "" {
		t.Errorf("one's own: %+v %v", p, err)
	}
}

// repositories is an embedded forge with one repository.
type repositories struct{ added, registered []string }

func (r *repositories) TeamOf(_ context.Context, address string) (string, error) {
	if !strings.HasPrefix(address, "https://waymark/ledger/") {
		return "", fault.New(fault.NotFound, "The forge has no such repository.")
	}
	return "group:default/ledger", nil
}

func (r *repositories) Add(_ context.Context, address, _, _, _ string) error {
	r.added = append(r.added, address)
	return nil
}

func (r *repositories) Register(_ context.Context, address, _ string) ([]string, error) {
	r.registered = append(r.registered, address)
	return []string{"component:default/x"}, nil
}

func TestAddFile(t *testing.T) {
	runs := &noRuns{}
	d := AddFile(&repositories{}, runs)
	const good = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: x}\nspec: {type: service, lifecycle: production, owner: ledger}\n"
	const at = "https://waymark/ledger/x/blob/main/catalog-info.yaml"
	for name, c := range map[string]struct {
		target, text string
		want         fault.Kind
	}{
		"other repository": {"https://waymark/risk/x/blob/main/catalog-info.yaml", good, fault.NotFound},
		"no YAML":          {at, "kind: [", fault.Invalid},
		"no owner yet":     {at, strings.Replace(good, "ledger", UnknownOwner, 1), fault.Invalid},
	} {
		in, err := json.Marshal(addInput{c.target, c.text})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Prepare(context.Background(), action.Actor{ID: "user:default/ada"}, in); !fault.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	in, err := json.Marshal(addInput{at, good})
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Prepare(context.Background(), action.Actor{ID: "user:default/ada"}, in)
	if err != nil || p.Owner != "group:default/ledger" {
		t.Fatalf("%+v %v, want that the repository's team is asked for", p, err)
	}
	if out, err := p.Execute(context.Background(), nil); err != nil || !out.Started || runs.spec.Kind != addKind || runs.spec.Owner != p.Owner {
		t.Errorf("%+v %+v %v, want a run of the team", out, runs.spec, err)
	}
}
