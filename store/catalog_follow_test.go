package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// world is a set of repositories at https://HOST/REPO/PATH. One may be down,
// or slow.
type world struct {
	mu      sync.Mutex
	repos   map[string]fstest.MapFS
	version map[string]string
	down    map[string]error
	opened  int
	slow    chan struct{} // when set, every fetch waits for it
}

func (w *world) Reads(string) bool { return true }

func (w *world) Organisation(ctx context.Context, target string) (catalog.Snapshot, error) {
	return w.Fetch(ctx, target)
}

func (w *world) Fetch(_ context.Context, target string) (catalog.Snapshot, error) {
	if w.slow != nil {
		<-w.slow
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := strings.TrimPrefix(target, "https://")
	host, rest, _ := strings.Cut(rest, "/")
	repo, file, _ := strings.Cut(rest, "/")
	name := host + "/" + repo
	if err := w.down[name]; err != nil {
		return catalog.Snapshot{}, err
	}
	return catalog.Snapshot{FS: counted{w, w.repos[name]}, Path: file, Version: w.version[name],
		Location: func(p string) string { return "url:https://" + name + "/" + p }}, nil
}

// counted counts what is opened.
type counted struct {
	*world
	fs.FS
}

func (c counted) Open(name string) (fs.File, error) {
	c.mu.Lock()
	c.opened++
	c.mu.Unlock()
	return c.FS.Open(name)
}

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func locationOf(name string, targets ...string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: " + name + "}\nspec: {type: url, targets: ['" + strings.Join(targets, "', '") + "']}\n"
}

func following(t *testing.T, w *world, o catalog.Options) (*catalog.Engine, *store.Store) {
	t.Helper()
	s := storetest.SQLite(t)
	o.Store, o.OrphanGrace = s, 0
	e := catalog.New(o)
	e.UseRemote(w)
	return e, s
}

func TestATargetThatFailsKeepsWhatItBrought(t *testing.T) {
	w := &world{repos: map[string]fstest.MapFS{
		"git.example/all": {"all.yaml": text(locationOf("all", "https://git.example/a/a.yaml", "https://git.example/b/*.yaml"))},
		"git.example/a":   {"a.yaml": text(system("a", "x"))},
		"git.example/b":   {"b1.yaml": text(system("b1", "x")), "b2.yaml": text(system("b2", "x"))},
	}, version: map[string]string{"git.example/all": "7"}, down: map[string]error{}}
	const id = "url:https://git.example/all/all.yaml"
	e, s := following(t, w, catalog.Options{Locations: []catalog.Location{{ID: id}}})
	ctx := context.Background()
	read := func() catalog.Report {
		t.Helper()
		r, err := e.ReadNow(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if read(); total(t, s, catalog.Filter{}) != 4 {
		t.Fatalf("%d entities, want 4", total(t, s, catalog.Filter{}))
	}
	w.down["git.example/b"] = fault.New(fault.Unavailable, "git.example did not answer in time")
	r := read()
	if total(t, s, catalog.Filter{}) != 4 || r.Removed != 0 {
		t.Errorf("%d entities while a host is down, want all 4", total(t, s, catalog.Filter{}))
	}
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, "did not answer in time") || !strings.Contains(r.Problems[0].Message, "kept") {
		t.Errorf("problems %+v, want one that says why and that it is kept", r.Problems)
	}
	delete(w.down, "git.example/b")
	delete(w.repos["git.example/b"], "b2.yaml")
	if r := read(); r.Removed != 1 || len(r.Problems) != 0 {
		t.Errorf("after the host came back without a file: %+v, want one removed and no problem", r)
	}
	w.down["git.example/all"] = fault.New(fault.Unavailable, "git.example is on fire")
	if _, err := e.ReadNow(ctx, id); err == nil {
		t.Error("a source that is down was read")
	}
	if st := sourceState(t, s, id); st.Entities != 3 || st.Error != "git.example is on fire" || st.Version != "7" {
		t.Errorf("the source shows %d entities of %q and %q, want 3 of its last commit, and why", st.Entities, st.Version, st.Error)
	}
}

func TestAnUnchangedRepositoryIsNotLookedInto(t *testing.T) {
	w := &world{repos: map[string]fstest.MapFS{"git.example/a": {"a.yaml": text(system("a", "x")), "b.yaml": text(system("b", "x"))}},
		version: map[string]string{"git.example/a": "1"}}
	const id = "url:https://git.example/a/*.yaml"
	e, s := following(t, w, catalog.Options{Locations: []catalog.Location{{ID: id}}})
	for i, want := range []bool{true, false, false} {
		w.opened = 0
		if _, err := e.ReadNow(context.Background(), id); err != nil {
			t.Fatal(err)
		}
		if (w.opened > 0) != want {
			t.Errorf("reading %d opened %d files, want any: %v", i, w.opened, want)
		}
	}
	w.version["git.example/a"] = "2"
	w.repos["git.example/a"]["a.yaml"] = text(system("c", "x"))
	if r, err := e.ReadNow(context.Background(), id); err != nil || r.Added != 1 || total(t, s, catalog.Filter{}) != 2 {
		t.Errorf("a new commit: %+v %v, %d entities", r, err, total(t, s, catalog.Filter{}))
	}
}

func TestLocationsInACircleAreTold(t *testing.T) {
	w := &world{repos: map[string]fstest.MapFS{
		"git.example/a": {"a.yaml": text(system("a", "x") + "---\n" + locationOf("la", "./b.yaml", "https://git.example/c/c.yaml")), "b.yaml": text(locationOf("lb", "./a.yaml"))},
		"git.example/c": {"c.yaml": text(locationOf("lc", "https://git.example/a/a.yaml", "./c.yaml"))},
	}}
	const id = "url:https://git.example/a/a.yaml"
	e, s := following(t, w, catalog.Options{Locations: []catalog.Location{{ID: id}}})
	r, err := e.ReadNow(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	circles := 0
	for _, p := range r.Problems {
		if strings.Contains(p.Message, "circle") && strings.Contains(p.Message, " → ") {
			circles++
		}
	}
	if circles < 2 || total(t, s, catalog.Filter{}) != 4 {
		t.Errorf("%d circles told and %d entities, want at least 2 and 4: %+v", circles, total(t, s, catalog.Filter{}), r.Problems)
	}
}

// An endless chain of addresses ends, with a problem.
func TestEndlessLocationsEnd(t *testing.T) {
	w := &world{repos: map[string]fstest.MapFS{}}
	for i := range 200 {
		w.repos[fmt.Sprintf("git.example/r%d", i)] = fstest.MapFS{"a.yaml": text(locationOf(fmt.Sprintf("l%d", i), fmt.Sprintf("https://git.example/r%d/a.yaml", i+1)))}
	}
	const id = "url:https://git.example/r0/a.yaml"
	e, _ := following(t, w, catalog.Options{Locations: []catalog.Location{{ID: id}}})
	r, err := e.ReadNow(context.Background(), id)
	if err != nil || !slices.ContainsFunc(r.Problems, func(p catalog.Problem) bool { return p.Code == "limit" }) {
		t.Errorf("%+v %v, want a problem that names the limit", r.Problems, err)
	}
}

func TestLinksThatLoopAreTold(t *testing.T) {
	dir := t.TempDir()
	for name, to := range map[string]string{"a.yaml": "b.yaml", "b.yaml": "a.yaml", "sub/up": "..", "outside.yaml": "/etc/hostname"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "good.yaml"), []byte(system("good", "x")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"file:" + dir, "file:" + dir + "/**/*.yaml"} {
		s := storetest.SQLite(t)
		e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id}}})
		r, err := e.ReadNow(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, p := range r.Problems {
			told = append(told, p.File)
		}
		slices.Sort(told)
		if strings.Join(told, " ") != "a.yaml b.yaml outside.yaml" || total(t, s, catalog.Filter{}) != 1 {
			t.Errorf("%s: problems of %v and %d entities, want those of the three links and one entity", id, told, total(t, s, catalog.Filter{}))
		}
	}
}

func TestRulesSayWhatIsWelcome(t *testing.T) {
	w := &world{repos: map[string]fstest.MapFS{"git.example/a": {"a.yaml": text(system("a", "x") + "---\n" + strings.Replace(system("b", "x"), "System", "Domain", 1))}}}
	const id = "url:https://git.example/a/a.yaml"
	e, s := following(t, w, catalog.Options{Locations: []catalog.Location{{ID: id}}})
	if _, err := e.ReadNow(context.Background(), id); err != nil || total(t, s, catalog.Filter{}) != 2 {
		t.Fatalf("without rules: %v, %d entities, want 2", err, total(t, s, catalog.Filter{}))
	}
	strict := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id}},
		Rules: catalog.Rules{General: []catalog.Rule{{Allow: []catalog.Allow{{Kind: "domain"}}}}}})
	strict.UseRemote(w)
	r, err := strict.ReadNow(context.Background(), id)
	if err != nil || len(r.Problems) != 1 || r.Problems[0].Code != "rule" || r.Problems[0].Entity != "system:default/a" || total(t, s, catalog.Filter{}) != 1 {
		t.Errorf("with a rule: %+v %v, %d entities, want the system refused", r.Problems, err, total(t, s, catalog.Filter{}))
	}
}

// A host that does not answer holds up nobody: files on this machine are read
// meanwhile.
func TestASlowHostHoldsUpNobody(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(system("here", "x")), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &world{slow: make(chan struct{}), repos: map[string]fstest.MapFS{}}
	var locations []catalog.Location
	for _, n := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		locations = append(locations, catalog.Location{ID: "url:https://git.example/" + n + "/x.yaml"})
	}
	e, s := following(t, w, catalog.Options{Locations: append(locations, catalog.Location{ID: "file:" + dir})})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	began := time.Now()
	for total(t, s, catalog.Filter{}) == 0 && time.Since(began) < 10*time.Second {
		time.Sleep(20 * time.Millisecond)
	}
	if total(t, s, catalog.Filter{}) != 1 {
		t.Error("the file was not read while eight hosts did not answer")
	}
	close(w.slow)
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
