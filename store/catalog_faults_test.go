package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// system is a document of a kind that every source may hold.
func system(name, owner string) string {
	return fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: %s}\nspec: {owner: %s}\n", name, owner)
}

func total(t *testing.T, s *store.Store, f catalog.Filter) int {
	t.Helper()
	p, err := s.Entities(context.Background(), anyone, f)
	if err != nil {
		t.Fatal(err)
	}
	return p.Total
}

func sourceState(t *testing.T, s *store.Store, id string) catalog.SourceState {
	t.Helper()
	all, err := s.CatalogSources(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range all {
		if st.ID == id {
			return st
		}
	}
	return catalog.SourceState{}
}

// Ten thousand files change at once: every one is taken in, and other writers
// get their turn in between.
func TestTenThousandFilesAtOnce(t *testing.T) {
	const n = 10_000
	s := storetest.SQLite(t)
	src := newSource(t, s, false)
	write := func(owner string) {
		for i := range n {
			src.write(fmt.Sprintf("%02d/%d.yaml", i%50, i), system(fmt.Sprint("s", i), owner))
		}
	}
	write("one")
	if r := src.read(); r.Added != n || len(r.Problems) != 0 {
		t.Fatalf("%d added, %d problems; want %d and none", r.Added, len(r.Problems), n)
	}
	write("two")
	stop := make(chan struct{})
	var slowest atomic.Int64
	var others sync.WaitGroup
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			began := time.Now()
			if err := s.Write(context.Background(), func(tx.Tx) error { return nil }); err != nil {
				t.Error(err)
			}
			slowest.Store(max(slowest.Load(), int64(time.Since(began))))
			time.Sleep(20 * time.Millisecond)
		}
	})
	r := src.read()
	close(stop)
	others.Wait()
	if r.Changed != n || r.Removed != 0 || total(t, s, catalog.Filter{Owners: []string{"group:default/two"}}) != n {
		t.Errorf("%d changed, %d removed; want all changed, none removed", r.Changed, r.Removed)
	}
	if wait := time.Duration(slowest.Load()); wait > 2*time.Second { // a tenth of a second on an idle machine
		t.Errorf("another writer waited %s", wait)
	}
	if r := src.read(); r.Changed+r.Added+r.Removed != 0 {
		t.Errorf("read again: %+v; want nothing to do", r)
	}
}

// Another program holds the database's lock for a while: the reading waits,
// and loses nothing.
func TestDatabaseLocked(t *testing.T) {
	t.Parallel() // it mostly waits
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "waymark.db")
	s, err := store.Open(ctx, store.Options{URL: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	src := newSource(t, s, false)
	for i := range 5 {
		src.write(fmt.Sprint(i, ".yaml"), system(fmt.Sprint("s", i), "x"))
	}
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	held, err := other.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(6*time.Second, func() { held.Rollback() }) // longer than one try waits
	if r := src.read(); r.Added != 5 {
		t.Errorf("%d added, want 5", r.Added)
	}
}

// The disk is full in the middle of a reading: what was written stays, the
// source says why the rest is missing, and it follows when there is room.
func TestDiskFullInTheMiddle(t *testing.T) {
	s := storetest.SQLite(t)
	ctx := t.Context()
	src := newSource(t, s, false)
	for f := range 20 {
		var docs []string
		for i := range 100 {
			docs = append(docs, system(fmt.Sprintf("s-%d-%d", f, i), "x"))
		}
		src.write(fmt.Sprintf("%02d.yaml", f), strings.Join(docs, "---\n"))
	}
	var pages int
	if err := s.WriteDB().QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		if _, err := s.WriteDB().ExecContext(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 300)
	r, err := src.engine.ReadNow(ctx, src.id)
	if !fault.Is(err, fault.Unavailable) || r.Added == 0 || r.Added == 2000 {
		t.Fatalf("%d added, %v; want a part, and that the disk is full", r.Added, err)
	}
	if st := sourceState(t, s, src.id); !strings.Contains(st.Error, "disk is full") {
		t.Errorf("the source says %q, want that the disk is full", st.Error)
	}
	limit(1 << 30)
	run, stop := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- src.engine.Run(run) }()
	waitUntil(t, func() bool { return total(t, s, catalog.Filter{}) == 2000 && sourceState(t, s, src.id).Error == "" })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := total(t, s, catalog.Filter{}); got != 2000 {
		t.Errorf("%d entities, want 2000", got)
	}
}

func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("it did not happen within 30 s")
}

// breaking is a store whose writing of entities ends after some batches.
type breaking struct {
	*store.Store
	left atomic.Int64
	end  func() error
}

func (b *breaking) PutEntities(ctx context.Context, t tx.Tx, list []catalog.Written) error {
	if err := b.Store.PutEntities(ctx, t, list); err != nil {
		return err
	}
	if b.left.Add(-1) < 0 {
		return b.end()
	}
	return nil
}

// The server is killed in the middle of a reading: the next start finishes
// it, and each entity came once.
func TestKilledInTheMiddle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, false)
		write := func(owner string) {
			for f := range 30 {
				var docs []string
				for i := range 50 {
					docs = append(docs, system(fmt.Sprintf("s-%d-%d", f, i), owner))
				}
				src.write(fmt.Sprintf("%02d.yaml", f), strings.Join(docs, "---\n"))
			}
		}
		write("one")
		src.read()
		write("two")
		src.write("00.yaml", system("late", "two")) // fifty are gone
		killed, kill := context.WithCancel(ctx)
		b := &breaking{Store: s, end: func() error { kill(); return killed.Err() }}
		b.left.Store(2)
		e := catalog.New(catalog.Options{Store: b, Locations: []catalog.Location{{ID: src.id}}})
		if _, err := e.ReadNow(killed, src.id); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want it to be cancelled", err)
		}
		if n := total(t, s, catalog.Filter{}); n < 1500 {
			t.Errorf("%d entities in the middle; nothing may vanish before all is read", n)
		}
		r := src.read()
		if r.Removed != 50 || len(r.Problems) != 0 || total(t, s, catalog.Filter{Owners: []string{"group:default/two"}}) != 1451 {
			t.Errorf("%d removed, %d problems; want 50 and none", r.Removed, len(r.Problems))
		}
		for _, name := range []string{"s-1-1", "s-29-49"} {
			h, err := s.EntityChanges(ctx, anyone, catalog.MustRef("system:default/"+name), 10)
			if err != nil || len(h) != 2 {
				t.Errorf("history of %s has %d rows, %v; want added and changed", name, len(h), err)
			}
		}
	})
}

// Locations fifty deep, and one that names a thousand files.
func TestDeepAndWideLocations(t *testing.T) {
	s := storetest.SQLite(t)
	src := newSource(t, s, false)
	location := func(name string, targets []string) string {
		return fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: %s}\nspec: {targets: [%s]}\n", name, strings.Join(targets, ", "))
	}
	for i := range 50 {
		next := fmt.Sprintf("./%d.yml.txt", i+1)
		if i == 49 {
			next = "./wide.txt"
		}
		name := fmt.Sprintf("%d.yml.txt", i)
		if i == 0 {
			name = "root.yaml"
		}
		src.write(name, location(fmt.Sprint("deep-", i), []string{next}))
	}
	var targets []string
	for i := range 1000 {
		src.write(fmt.Sprintf("wide/%d.txt", i), system(fmt.Sprint("leaf-", i), "x"))
		targets = append(targets, fmt.Sprintf("./wide/%d.txt", i))
	}
	src.write("wide.txt", location("wide", targets))
	if r := src.read(); r.Added != 1051 || len(r.Problems) != 0 {
		t.Fatalf("%d added, problems %v; want 1051 and none", r.Added, r.Problems)
	}
	if r := src.read(); r.Added+r.Changed+r.Removed != 0 || r.Files != 1051 {
		t.Errorf("read again: %+v; want nothing to do", countsOf(r))
	}
	// A broken Location hides nothing that it led to before.
	src.write("25.yml.txt", "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: deep-25}\nspec: {targets: no list}\n")
	if r := src.read(); r.Removed != 0 || len(r.Problems) == 0 || total(t, s, catalog.Filter{}) != 1051 {
		t.Errorf("%d removed, problems %v; want none removed, and it said", r.Removed, r.Problems)
	}
	src.write("25.yml.txt", location("deep-25", []string{"./26.yml.txt"}))
	src.counts("+0 ~0 -0 !0")
	src.write("25.yml.txt", location("deep-25", nil))
	if r := src.read(); r.Removed != 1025 {
		t.Errorf("%d removed, want all that it no longer leads to", r.Removed)
	}
}

// A document at the top moves five hundred others down, which is no change of
// theirs; a source that is no longer configured goes with all of them.
func TestManyMovesAndAnEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		src := newSource(t, s, false)
		var docs []string
		for i := range 500 {
			docs = append(docs, system(fmt.Sprint("s", i), "x"))
		}
		src.write("all.yaml", strings.Join(docs, "---\n"))
		src.read()
		src.write("all.yaml", system("first", "x")+"---\n"+strings.Join(docs, "---\n"))
		if r := src.read(); r.Added != 1 || r.Changed+r.Removed != 0 {
			t.Errorf("%d added, %d changed, %d removed; want one added", r.Added, r.Changed, r.Removed)
		}
		e, err := s.Entity(ctx, anyone, catalog.MustRef("system:default/s499"))
		if err != nil || e.Source.Document != 501 || e.Source.Line != 2501 || e.Source.File != "all.yaml" {
			t.Errorf("stands in %+v, %v; want document 501 at line 2501", e.Source, err)
		}
		other := catalog.New(catalog.Options{Store: s})
		if err := other.ReadAll(ctx); err != nil {
			t.Fatal(err)
		}
		if n := total(t, s, catalog.Filter{}); n != 0 || sourceState(t, s, src.id).ID != "" {
			t.Errorf("%d entities are left", n)
		}
	})
}
