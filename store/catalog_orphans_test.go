package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// farHost is a remote host whose files, and faults, a test decides.
type farHost struct {
	mu      sync.Mutex
	files   fstest.MapFS
	version int
	down    bool            // it does not answer
	breaks  map[string]bool // files and folders that cannot be read
}

func (h *farHost) Fetch(context.Context, string) (catalog.Snapshot, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return catalog.Snapshot{}, fault.New(fault.Unavailable, "The host does not answer.")
	}
	h.version++
	files, breaks := fstest.MapFS{}, map[string]bool{}
	for k, v := range h.files {
		files[k] = v
	}
	for k := range h.breaks {
		breaks[k] = true
	}
	return catalog.Snapshot{FS: partly{files, breaks}, Path: ".", Version: fmt.Sprint(h.version),
		Location: func(p string) string { return "url:https://git.test/o/r/blob/main/" + p }}, nil
}

func (h *farHost) put(name, text string) { h.files[name] = &fstest.MapFile{Data: []byte(text)} }

// partly is a file system of which a part is gone.
type partly struct {
	fs.FS
	breaks map[string]bool
}

var errGone = errors.New("input/output error")

func (p partly) Open(name string) (fs.File, error) {
	if p.breaks[name] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errGone}
	}
	return p.FS.Open(name)
}

const remoteID = "url:https://git.test/o/r"

func newRemote(s catalog.Store, grace time.Duration) (*catalog.Engine, *farHost) {
	h := &farHost{files: fstest.MapFS{}, breaks: map[string]bool{}}
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: remoteID, Trusted: true}}, OrphanGrace: grace})
	e.RegisterFetcher("git.test", h)
	return e, h
}

// A remote source goes in the middle of a reading, and then altogether: all
// that was there stays, and it is said what could not be read.
func TestSourceGoesInTheMiddle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		e, h := newRemote(s, time.Hour)
		for i := range 40 {
			h.put(fmt.Sprintf("%s/%d.yaml", []string{"a", "b"}[i%2], i), system(fmt.Sprint("s", i), "one"))
		}
		read := func() catalog.Report {
			t.Helper()
			r, err := e.ReadNow(ctx, remoteID)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := read(); r.Added != 40 {
			t.Fatalf("%d added, want 40", r.Added)
		}
		h.breaks["a/10.yaml"], h.breaks["b"] = true, true
		r := read()
		if r.Removed+r.Orphaned != 0 || len(r.Problems) != 2 || total(t, s, catalog.Filter{}) != 40 {
			t.Errorf("%d removed, %d orphaned, problems %v; want a file and a folder told, and all kept", r.Removed, r.Orphaned, r.Problems)
		}
		h.down = true
		if _, err := e.ReadNow(ctx, remoteID); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v, want Unavailable", err)
		}
		if st := sourceState(t, s, remoteID); !strings.Contains(st.Error, "does not answer") || st.Entities != 40 {
			t.Errorf("the source says %q and has %d entities; want why, and 40", st.Error, st.Entities)
		}
		h.down, h.breaks = false, map[string]bool{}
		if r := read(); r.Added+r.Changed+r.Removed+r.Orphaned+len(r.Problems) != 0 {
			t.Errorf("back again: %+v; want nothing to do", r)
		}
		if st := sourceState(t, s, remoteID); st.Error != "" {
			t.Errorf("the source still says %q", st.Error)
		}
	})
}

// What a remote source no longer leads to is an orphan for a while; when it
// comes back nothing tells of it, and at the end a tombstone is left.
func TestOrphans(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		e, h := newRemote(s, 300*time.Millisecond)
		ref := catalog.MustRef("system:default/one")
		h.put("one.yaml", system("one", "x"))
		h.put("ada.yaml", "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: ada}\nspec: {memberOf: []}\n")
		read := func() catalog.Report {
			t.Helper()
			r, err := e.ReadNow(ctx, remoteID)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		orphan := func(want bool) {
			t.Helper()
			if err := e.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			got, err := s.Entity(ctx, anyone, ref)
			if err != nil || got.Orphan != want {
				t.Errorf("orphan %v, %v; want %v", got.Orphan, err, want)
			}
			if n := total(t, s, catalog.Filter{State: catalog.Orphaned}); n != map[bool]int{true: 1}[want] {
				t.Errorf("%d orphans are listed", n)
			}
		}
		read()
		h.files = fstest.MapFS{}
		if r := read(); r.Orphaned != 1 || r.Removed != 1 { // a user goes at once
			t.Errorf("%d orphaned, %d removed; want the system kept, the user gone", r.Orphaned, r.Removed)
		}
		orphan(true)
		if r := read(); r.Orphaned != 0 {
			t.Error("it became an orphan a second time")
		}
		h.put("one.yaml", system("one", "x"))
		if r := read(); r.Added+r.Changed+r.Removed != 0 {
			t.Errorf("back again: %+v; want no trace", countsOf(r))
		}
		time.Sleep(350 * time.Millisecond)
		orphan(false)
		if hist, err := s.EntityChanges(ctx, anyone, ref, 10); err != nil || len(hist) != 1 {
			t.Errorf("history %v, %v; want only that it was added", hist, err)
		}
		h.files = fstest.MapFS{}
		read()
		time.Sleep(350 * time.Millisecond)
		if err := e.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Entity(ctx, anyone, ref); !fault.Is(err, fault.Gone) {
			t.Errorf("after its time: %v, want Gone", err)
		}
	})
}

// Within a source a name passes to the document that wanted it in the same
// reading; the first that had it keeps it, wherever the files stand.
func TestNamePassesOnWithinASource(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		src := newSource(t, s, false)
		for i := range 40 {
			src.write(fmt.Sprintf("f%02d.yaml", i), system(fmt.Sprint("s", i), "x"))
		}
		src.write("z.yaml", system("name", "first"))
		src.read()
		src.write("a.yaml", system("name", "second")) // read long before z.yaml
		r := src.read()
		if len(r.Problems) != 1 || r.Problems[0].File != "a.yaml" || r.Problems[0].Code != "conflict" {
			t.Errorf("problems %v; want that a.yaml came second", r.Problems)
		}
		src.write("z.yaml", system("name", "first")+"---\n"+system("other", "x")) // it changes, and still holds it
		src.write("a.yaml", "# again\n"+system("name", "second"))
		if r := src.read(); len(r.Problems) != 1 || r.Problems[0].File != "a.yaml" {
			t.Errorf("problems %v; want a.yaml still second", r.Problems)
		}
		src.remove("z.yaml")
		if r := src.read(); r.Changed != 1 || r.Removed != 1 || len(r.Problems) != 0 {
			t.Errorf("%d changed, %d removed, %v; want it passed on, and the other removed", r.Changed, r.Removed, r.Problems)
		}
		e, err := s.Entity(context.Background(), anyone, catalog.MustRef("system:default/name"))
		if err != nil || e.Owner().Name != "second" {
			t.Errorf("owner %v, %v; want second", e.Owner(), err)
		}
		if _, n, err := s.Problems(context.Background(), anyone, src.id); n != 0 || err != nil {
			t.Errorf("%d problems left, %v", n, err)
		}
	})
}

// counting notes how many write entities of the source at once.
type counting struct {
	*store.Store
	now, most atomic.Int64
}

func (c *counting) PutEntities(ctx context.Context, t tx.Tx, list []catalog.Written) error {
	c.most.Store(max(c.most.Load(), c.now.Add(1)))
	defer c.now.Add(-1)
	time.Sleep(20 * time.Millisecond)
	return c.Store.PutEntities(ctx, t, list)
}

// Two copies of the server read a source in turn; one that has lost its turn
// writes nothing.
func TestTwoCopiesReadInTurn(t *testing.T) {
	s := storetest.Postgres(t)
	ctx := context.Background()
	src := newSource(t, s, false)
	for i := range 2000 {
		src.write(fmt.Sprint(i, ".yaml"), system(fmt.Sprint("s", i), "x"))
	}
	c := &counting{Store: s}
	var copies sync.WaitGroup
	var added atomic.Int64
	for range 2 {
		e := catalog.New(catalog.Options{Store: c, Locations: []catalog.Location{{ID: src.id}}})
		copies.Go(func() {
			r, err := e.ReadNow(ctx, src.id)
			if err != nil {
				t.Error(err)
			}
			added.Add(int64(r.Added))
		})
	}
	copies.Wait()
	if added.Load() != 2000 || c.most.Load() != 1 {
		t.Errorf("%d added, up to %d at once; want 2000 by one", added.Load(), c.most.Load())
	}

	for i := range 2000 {
		src.write(fmt.Sprint(i, ".yaml"), system(fmt.Sprint("s", i), "y"))
	}
	b := &breaking{Store: s, end: func() error { return nil }}
	e := catalog.New(catalog.Options{Store: b, Locations: []catalog.Location{{ID: src.id}}})
	b.end = sync.OnceValue(func() error { // the copy sleeps, its lease runs out, another takes it
		_, err := s.WriteDB().ExecContext(ctx, `UPDATE leases SET holder = 'another' WHERE name = $1`, "catalog "+src.id)
		return err
	})
	r, err := e.ReadNow(ctx, src.id)
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "Another copy") || r.Changed == 0 || r.Changed > 500 {
		t.Errorf("%d changed, %v; want it to end when the turn is lost", r.Changed, err)
	}
}
