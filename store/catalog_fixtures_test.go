package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/store/storetest"
)

// fixtures are other people's real files; they are not part of this
// repository.
func fixtures(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "shared", "fixtures", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no fixtures: %s is missing", dir)
	}
	return dir
}

// Every document of a real Backstage catalog becomes an entity, or a problem
// that names what is wrong.
func TestBackstageDemoLoads(t *testing.T) {
	s := storetest.SQLite(t)
	id := "file:" + fixtures(t, "backstage-demo")
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id}}})
	r, err := e.ReadNow(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"component:default/backstage-demo", "api:default/github-mcp-server", "airesource:default/mui-to-bui-migration"} {
		if _, err := s.Entity(context.Background(), anyone, catalog.MustRef(ref)); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if len(r.Problems) != 1 || r.Problems[0].Code != "placeholder" || r.Problems[0].Field != "spec.definition" || r.Problems[0].Line != 29 {
		t.Errorf("problems %+v; want the one placeholder that names another host", r.Problems)
	}
	demo, err := s.Entity(context.Background(), anyone, catalog.MustRef("component:default/backstage-demo"))
	if err != nil || demo.Owner().String() != "group:backstage/maintainers" || len(demo.Related("consumesApi")) != 1 {
		t.Errorf("demo: owner %s, relations %v, %v", demo.Owner(), demo.Relations, err)
	}
}

// Real templates are stored from a trusted source and refused from others.
func TestRealTemplatesNeedTrust(t *testing.T) {
	dir := fixtures(t, "janus-templates")
	for _, trusted := range []bool{true, false} {
		s := storetest.SQLite(t)
		id := "file:" + filepath.Join(dir, "templates", "**", "template.yaml")
		e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id, Trusted: trusted}}})
		r, err := e.ReadNow(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if trusted && r.Added < 12 || !trusted && r.Added != 0 {
			t.Errorf("trusted %v: %d templates of %d files", trusted, r.Added, r.Files)
		}
		if r.Added+len(r.Problems) < r.Files {
			t.Errorf("trusted %v: %d files gave %d entities and %d problems: something was lost", trusted, r.Files, r.Added, len(r.Problems))
		}
		for _, p := range r.Problems {
			if !trusted && p.Code != "untrusted" {
				t.Errorf("problem %s: %s", p.Code, p.Message)
			}
		}
	}
}

// A Location that names hosts which are not read says so for each target.
func TestLocationTargetsAreProblemsWhereTheyCannotBeRead(t *testing.T) {
	s := storetest.SQLite(t)
	id := "file:" + filepath.Join(fixtures(t, "janus-templates"), "showcase-templates.yaml")
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id, Trusted: true}}})
	r, err := e.ReadNow(context.Background(), id)
	if err != nil || r.Added != 1 || len(r.Problems) < 12 {
		t.Fatalf("%d added, %d problems, %v", r.Added, len(r.Problems), err)
	}
	if !strings.Contains(r.Problems[0].Message, "github.com") {
		t.Errorf("the problem does not name the host: %s", r.Problems[0].Message)
	}
}

func TestLocationsLeadOnWithinTheirFolder(t *testing.T) {
	s := storetest.SQLite(t)
	src := newSource(t, s, false)
	doc := "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: %s}\nspec: {targets: [%s]}\n"
	domain := "apiVersion: backstage.io/v1alpha1\nkind: Domain\nmetadata: {name: %s}\nspec: {owner: x}\n"
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.yaml"), []byte("apiVersion: v1\nkind: Domain\nmetadata: {name: secret}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	src.write("all.yaml", fmt.Sprintf(doc, "all", "./more/again.yaml, './teams/*.yaml', ../secret.yaml, "+outside+"/secret.yaml, ./gone.yaml, ./link.yaml"))
	src.write("more/again.yaml", fmt.Sprintf(doc, "again", "../all.yaml, ./one.yaml")) // a circle
	src.write("more/one.yaml", fmt.Sprintf(domain, "one"))
	src.write("teams/two.yaml", fmt.Sprintf(domain, "two"))
	src.write("teams/three.yaml", fmt.Sprintf(domain, "three"))
	src.write("unnamed.yaml", fmt.Sprintf(domain, "unnamed"))
	if err := os.Symlink(filepath.Join(outside, "secret.yaml"), filepath.Join(src.dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	id := "file:" + filepath.Join(src.dir, "all.yaml")
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id}}})
	for range 2 { // reading again changes nothing
		r, err := e.ReadNow(context.Background(), id)
		if err != nil || len(r.Problems) != 5 {
			t.Errorf("%d problems, %v; want four targets refused, and the circle: %+v", len(r.Problems), err, r.Problems)
		}
	}
	if got := src.list(catalog.Filter{Kinds: []string{"domain"}}); strings.Join(got, " ") != "domain:default/one domain:default/three domain:default/two" {
		t.Errorf("domains %v", got)
	}
}

func TestASourceThatFailsKeepsWhatItBrought(t *testing.T) {
	s := storetest.SQLite(t)
	src := newSource(t, s, true)
	src.write("all.yaml", shop)
	src.read()
	if err := os.Rename(src.dir, src.dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if _, err := src.engine.ReadNow(context.Background(), src.id); err == nil {
		t.Error("reading a missing folder gave no error")
	}
	if got := src.list(catalog.Filter{}); len(got) != 7 {
		t.Errorf("%d entities after the source failed, want 7", len(got))
	}
	all, err := s.CatalogSources(context.Background())
	if err != nil || len(all) != 1 || all[0].Error == "" || all[0].Entities != 7 {
		t.Errorf("sources %+v, %v; want one that says why", all, err)
	}
	// A source that the configuration no longer names goes with what it brought.
	none := catalog.New(catalog.Options{Store: s})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- none.Run(ctx) }()
	waitFor(t, 5e9, func() bool { return len(src.list(catalog.Filter{})) == 0 })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A change of what a placeholder names is a change of the entity, although its
// own file is as it was.
func TestPlaceholdersAreFollowed(t *testing.T) {
	s := storetest.SQLite(t)
	src := newSource(t, s, false)
	src.write("api/info.yaml", "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: a}\nspec: {type: openapi, lifecycle: l, owner: o, definition: {$text: ./spec/openapi.txt}}\n")
	src.counts("+0 ~0 -0 !1") // the file is not there yet
	src.write("api/spec/openapi.txt", "one")
	src.counts("+1 ~0 -0 !0")
	src.counts("+0 ~0 -0 !0")
	src.write("api/spec/openapi.txt", "two")
	src.counts("+0 ~1 -0 !0")
	e, err := s.Entity(context.Background(), anyone, catalog.MustRef("api:default/a"))
	if err != nil || e.Text("definition") != "two" {
		t.Errorf("definition %q, %v; want two", e.Text("definition"), err)
	}
	src.write("api/info.yaml", "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: a}\nspec: {type: openapi, lifecycle: l, owner: o, definition: {$text: ../../outside.txt}}\n")
	src.counts("+0 ~0 -0 !1")
}
