package docs

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/internal/tx"
)

// catalogFake holds entities; hidden ones are there for system viewers only.
type catalogFake struct {
	entities   map[string]catalog.Entity
	hidden     map[string]bool
	generation int64
	gone       []catalog.Ref
}

func (c *catalogFake) Entity(_ context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	e, ok := c.entities[ref.String()]
	if !ok || (c.hidden[ref.String()] && !v.All) {
		return catalog.Entity{}, fault.New(fault.NotFound, "There is no such entity.")
	}
	return e, nil
}

func (c *catalogFake) EntitySummaries(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error) {
	out := map[catalog.Ref]catalog.Summary{}
	for _, r := range refs {
		if e, err := c.Entity(ctx, v, r); err == nil {
			out[r] = catalog.Summary{Ref: r, Title: e.Title(), Owner: e.Owner()}
		}
	}
	return out, nil
}

func (c *catalogFake) DocsSince(_ context.Context, _ access.Viewer, after int64) (Changes, error) {
	ch := Changes{Generation: c.generation}
	if after == c.generation {
		return ch, nil
	}
	for ref, e := range c.entities {
		if Has(e) {
			ch.Named = append(ch.Named, catalog.MustRef(ref))
		}
	}
	ch.Gone = c.gone
	return ch, nil
}

// hosts knows one repository.
type hosts struct{ files fs.FS }

func (h hosts) Version(_ context.Context, address string) (string, error) {
	if _, _, err := h.Files(context.Background(), address); err != nil {
		return "", err
	}
	return "c0ffee", nil
}

func (h hosts) Files(_ context.Context, address string) (fs.FS, string, error) {
	switch address {
	case "https://waymark/o/r/blob/main/sub/catalog-info.yaml":
		return h.files, "sub/catalog-info.yaml", nil
	case "https://waymark/o/r/tree/main/sub":
		return h.files, "sub", nil
	}
	return nil, "", fault.New(fault.NotFound, "not ours")
}

func entity(ref, location, file string, notes map[string]string) catalog.Entity {
	r := catalog.MustRef(ref)
	return catalog.Entity{Ref: r, Kind: r.Kind, Metadata: catalog.Metadata{Name: r.Name, Namespace: r.Namespace, Annotations: notes},
		Spec: map[string]any{"owner": "payments-team"}, Source: catalog.Source{Location: location, File: file}}
}

func TestRootsFollowAnnotations(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{"svc/docs/index.md": "# Svc", "svc/hand/docs/index.md": "# Hand", "docs/index.md": "# Root"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file := "file:" + filepath.ToSlash(dir) + "/svc/catalog-info.yaml"
	repo := tree(map[string]string{"sub/docs/index.md": "# Repo"})
	c := &catalogFake{entities: map[string]catalog.Entity{}}
	add := func(name, location, path string, notes map[string]string) {
		c.entities["component:default/"+name] = entity("component:default/"+name, location, path, notes)
	}
	ref := func(v string) map[string]string { return map[string]string{RefAnnotation: v} }
	add("svc", file, "svc/catalog-info.yaml", ref("dir:."))
	add("hand", file, "svc/catalog-info.yaml", ref("dir:./hand"))
	add("up", file, "svc/catalog-info.yaml", ref("dir:.."))
	add("out", file, "svc/catalog-info.yaml", ref("dir:../../.."))
	add("abs", file, "svc/catalog-info.yaml", ref("dir:/etc"))
	add("git", "url:https://waymark/o/r/blob/main/sub/catalog-info.yaml", "sub/catalog-info.yaml", ref("dir:."))
	add("url", file, "svc/catalog-info.yaml", ref("url:https://waymark/o/r/tree/main/sub"))
	add("far", file, "svc/catalog-info.yaml", ref("url:https://example.com/o/r/tree/main"))
	add("none", file, "svc/catalog-info.yaml", nil)
	add("other", file, "svc/catalog-info.yaml", map[string]string{EntityAnnotation: "component:default/svc"})
	add("circle", file, "svc/catalog-info.yaml", map[string]string{EntityAnnotation: "component:default/circle"})
	roots := &CatalogRoots{Catalog: c, Repositories: hosts{repo}, Own: &Root{Ref: "component:default/waymark", Title: "Waymark", FS: tree(map[string]string{"docs/index.md": "# Own"})}}
	want := map[string]string{"svc": "Svc", "hand": "Hand", "up": "Root", "out": "", "abs": "", "git": "Repo", "url": "Repo", "far": "", "none": "", "other": "Svc", "circle": "", "waymark": "Own", "nobody": ""}
	e := New(roots)
	for name, title := range want {
		s, err := e.Site(t.Context(), access.Viewer{}, "component:default/"+name)
		if err != nil {
			if title != "" || !isNotFound(err) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if p, err := e.Page(s, ""); err != nil || p.Title != title {
			t.Errorf("%s: page %q (%v), want %q", name, p.Title, err, title)
		}
	}
}

func TestRootsHideAndForget(t *testing.T) {
	named := map[string]string{RefAnnotation: "dir:."}
	c := &catalogFake{generation: 1, hidden: map[string]bool{"component:default/b": true}, entities: map[string]catalog.Entity{
		"component:default/a": entity("component:default/a", "file:/x/a.yaml", "a.yaml", named),
		"component:default/b": entity("component:default/b", "file:/x/b.yaml", "b.yaml", named),
	}}
	roots := &CatalogRoots{Catalog: c}
	list := func(v access.Viewer) (out []string) {
		t.Helper()
		all, err := roots.Roots(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			out = append(out, r.Ref)
		}
		return out
	}
	if got := list(access.Viewer{}); !slices.Equal(got, []string{"component:default/a"}) {
		t.Errorf("a reader sees %v", got)
	}
	if got := list(access.Viewer{All: true}); len(got) != 2 {
		t.Errorf("who sees everything sees %v", got)
	}
	delete(c.entities, "component:default/a")
	c.generation, c.gone = 2, []catalog.Ref{catalog.MustRef("component:default/a")}
	if got := list(access.Viewer{}); len(got) != 0 {
		t.Errorf("after it is gone: %v", got)
	}
}

func TestEditBase(t *testing.T) {
	for in, want := range map[string]string{
		"url:https://github.com/o/r/tree/main/":       "https://github.com/o/r/edit/main/docs-dir",
		"url:https://gitlab.com/o/r/-/tree/main/sub/": "https://gitlab.com/o/r/-/edit/main/sub/docs-dir",
		"url:https://example.com/o/r":                 "",
		"url:https://waymark/o/r/tree/main/":          "",
		"file:/x":                                     "",
		"":                                            "",
	} {
		if got := editBase(in, "docs-dir"); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// indexFake is the search as the indexer sees it.
type indexFake struct {
	held   map[string]string
	writes []string
	fail   error
}

func (x *indexFake) Write(_ context.Context, f func(tx.Tx) error) error {
	if x.fail != nil {
		return x.fail
	}
	return f(nil)
}

func (x *indexFake) ReplaceSearch(_ context.Context, _ tx.Tx, source, hash string, docs []search.Doc) (bool, error) {
	x.held[source], x.writes = hash, append(x.writes, source)
	return len(docs) > 0, nil
}

func (x *indexFake) DropSearchSource(_ context.Context, _ tx.Tx, source string) error {
	delete(x.held, source)
	return nil
}

func (x *indexFake) SearchSources(context.Context, access.Viewer, string) (map[string]string, error) {
	return maps.Clone(x.held), nil
}

func TestIndexerWritesWhatChanged(t *testing.T) {
	own := tree(map[string]string{"docs/index.md": "# Own\n\nOne."})
	roots := &CatalogRoots{Catalog: &catalogFake{}, Own: &Root{Ref: "component:default/waymark", FS: own}}
	x := &indexFake{held: map[string]string{"docs:component:default/old": "1"}}
	ix := &Indexer{Engine: New(roots), Index: x}
	tick := func(want ...string) {
		t.Helper()
		x.writes = nil
		if err := ix.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, x.writes); diff != "" {
			t.Errorf("writes (-want +got)\n%s", diff)
		}
	}
	tick("docs:component:default/waymark")
	if _, ok := x.held["docs:component:default/old"]; ok {
		t.Error("the docs of an entity that is gone are still found")
	}
	tick()
	own["docs/index.md"] = &fstest.MapFile{Data: []byte("# Own\n\nOne and more.")}
	clock := ix.Engine.now()
	ix.Engine.now = func() time.Time { return clock.Add(2 * freshFor) }
	x.fail = errors.New("busy")
	tick()
	x.fail = nil
	tick("docs:component:default/waymark")
}
