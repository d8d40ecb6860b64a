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
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// fakeStore remembers sources; one reference is held by another source. What
// a test does not need panics.
type fakeStore struct {
	catalog.Store
	sources []catalog.SourceState
	moved   []string
}

func (f *fakeStore) Write(_ context.Context, do func(tx.Tx) error) error { return do(nil) }

func (f *fakeStore) HeldRefs(_ context.Context, _ tx.Tx, refs []string) (map[string]catalog.Held, error) {
	out := map[string]catalog.Held{}
	for _, r := range refs {
		if r == "component:default/held" {
			out[r] = catalog.Held{Ref: r, Source: "file:/srv"}
		}
	}
	return out, nil
}

func (f *fakeStore) CatalogSources(context.Context) ([]catalog.SourceState, error) {
	return f.sources, nil
}

func (f *fakeStore) SeenSources(context.Context, access.Viewer) ([]catalog.SourceState, error) {
	return slices.DeleteFunc(slices.Clone(f.sources), func(s catalog.SourceState) bool { return strings.Contains(s.ID, "hidden") }), nil
}

func (f *fakeStore) PutCatalogSource(_ context.Context, _ tx.Tx, s catalog.SourceState) error {
	f.sources = append(f.sources, s)
	return nil
}

// host is a forge with a few files.
type host struct{}

func (host) Fetch(_ context.Context, target string) (catalog.Snapshot, error) {
	doc := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + "}\nspec: {type: t, lifecycle: l, owner: ledger}\n")}
	}
	files := fstest.MapFS{"good.yaml": doc("good"), "held.yaml": doc("held"), "group.yaml": {Data: []byte("apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: g}\nspec: {type: t, children: []}\n")}, "empty.yaml": {}}
	return catalog.Snapshot{FS: files, Path: target[len("https://forge.example/"):]}, nil
}

type noRuns struct{ spec run.Spec }

func (r *noRuns) Start(_ context.Context, _ tx.Tx, s run.Spec) (run.ID, error) {
	r.spec = s
	return "run_1", nil
}

func setup() (map[string]action.Def, *fakeStore, *noRuns) {
	r := &noRuns{}
	f, e := engine()
	out := map[string]action.Def{}
	for _, d := range Actions(e, f, r) {
		out[d.Name] = d
	}
	return out, f, r
}

func engine() (*fakeStore, *catalog.Engine) {
	f := &fakeStore{}
	e := catalog.New(catalog.Options{Store: f, Locations: []catalog.Location{{ID: "file:/srv", Trusted: true}}})
	e.RegisterFetcher("forge.example", host{})
	return f, e
}

func TestRegisterLocation(t *testing.T) {
	ada := action.Actor{ID: "user:default/ada", Groups: []string{"group:default/payments", "group:default/ledger"}}
	for _, c := range []struct {
		target string
		want   fault.Kind // Internal: accepted
		brings int
	}{
		{"https://forge.example/good.yaml", fault.Internal, 1},
		{"https://forge.example/*.yaml", fault.Conflict, 0}, // one of them is held
		{"https://forge.example/held.yaml", fault.Conflict, 0},
		{"https://forge.example/group.yaml", fault.Internal, 0}, // brings a problem only
		{"https://forge.example/empty.yaml", fault.Invalid, 0},
		{"https://forge.example/gone.yaml", fault.Invalid, 0},
		{"https://elsewhere.example/a.yaml", fault.Invalid, 0},
		{"http://forge.example/good.yaml", fault.Invalid, 0},
		{"file:/etc/passwd", fault.Invalid, 0},
		{"", fault.Invalid, 0},
	} {
		defs, f, _ := setup()
		in, err := json.Marshal(map[string]string{"target": c.target})
		if err != nil {
			t.Fatal(err)
		}
		p, err := defs["register-location"].Prepare(context.Background(), ada, in)
		if c.want != fault.Internal {
			if !fault.Is(err, c.want) || len(f.sources) > 0 {
				t.Errorf("%s: %v, want %s", c.target, err, c.want)
			}
			continue
		}
		if err != nil || p.Preview.(Registered).Location != "url:"+c.target || len(p.Preview.(Registered).Entities) != c.brings {
			t.Errorf("%s: %+v %v", c.target, p.Preview, err)
			continue
		}
		if c.brings == 1 && p.Owner != "group:default/ledger" {
			t.Errorf("registered for %s, want the group that owns it", p.Owner)
		}
		if _, err := p.Execute(context.Background(), nil); err != nil || len(f.sources) != 1 || f.sources[0].By != ada.ID || f.sources[0].Trusted {
			t.Errorf("%s: sources %+v %v; want one that is not trusted", c.target, f.sources, err)
		}
		if _, err := defs["register-location"].Prepare(context.Background(), ada, in); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s again: %v, want Conflict", c.target, err)
		}
	}
}

func TestRefreshSource(t *testing.T) {
	defs, f, r := setup()
	f.sources = []catalog.SourceState{{Location: catalog.Location{ID: "url:https://forge.example/good.yaml", By: "user:default/ada"}}, {Location: catalog.Location{ID: "engine:environments"}}}
	for source, known := range map[string]bool{"file:/srv": true, "url:https://forge.example/good.yaml": true, "engine:environments": false, "file:/etc": false} {
		in, err := json.Marshal(map[string]string{"source": source})
		if err != nil {
			t.Fatal(err)
		}
		p, err := defs["refresh-source"].Prepare(context.Background(), action.Actor{ID: "user:default/ada"}, in)
		if !known {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v, want NotFound", source, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Execute(context.Background(), nil)
		if err != nil || !out.Started || out.Location != "/runs/run_1" || r.spec.Kind != refreshKind || r.spec.Lane != "source:"+source {
			t.Errorf("%s: %+v %+v %v", source, out, r.spec, err)
		}
	}
}
