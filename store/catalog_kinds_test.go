package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

const robotKind = `kind: Robot
apiVersions: [acme.example/v1]
schema: {type: object, required: [hall], properties: {hall: {type: string}}}
relations:
  - {field: hall, relation: standsIn, inverse: houses, defaultKind: Hall}
`

func kindsIn(files map[string]string) *catalog.Kinds {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return catalog.LoadKinds(catalog.KindFolder{Name: "kinds", FS: folder})
}

// Entities of a custom kind are checked by its file, their relations are seen
// from both ends, and another file means that they are read again.
func TestCustomKindsInTheCatalog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, dir := context.Background(), t.TempDir()
		text := "apiVersion: acme.example/v1\nkind: Robot\nmetadata: {name: r2}\nspec: {hall: main}\n---\napiVersion: acme.example/v1\nkind: Hall\nmetadata: {name: main}\n---\n" +
			"apiVersion: acme.example/v1\nkind: Robot\nmetadata: {name: lost}\nspec: {}\n"
		if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		id := "file:" + dir
		read := func(k *catalog.Kinds) catalog.Report {
			t.Helper()
			r, err := catalog.New(catalog.Options{Store: s, Kinds: k, Locations: []catalog.Location{{ID: id}}}).ReadNow(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		r := read(kindsIn(map[string]string{"robot.yaml": robotKind}))
		if r.Entities != 2 || len(r.Problems) != 1 || r.Problems[0].Field != "spec.hall" || r.Problems[0].Line != 13 {
			t.Errorf("with the kind: %+v", r)
		}
		hall, err := s.Entity(ctx, anyone, catalog.MustRef("hall:default/main"))
		if err != nil || len(hall.Related("houses")) != 1 || hall.Related("houses")[0].String() != "robot:default/r2" {
			t.Errorf("the hall houses %v, %v", hall.Relations, err)
		}
		if r := read(kindsIn(nil)); r.Entities != 3 || len(r.Problems) != 0 {
			t.Errorf("without the kind: %+v", r)
		}
	})
}

// A kind file that cannot be used is a problem beside all others, until it is
// mended.
func TestBadKindFilesAreProblems(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		problems := func(k *catalog.Kinds, want int) {
			t.Helper()
			ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
			defer stop()
			done := make(chan error, 1)
			go func() { done <- catalog.New(catalog.Options{Store: s, Kinds: k}).Run(ctx) }()
			n := -1
			for n != want && ctx.Err() == nil {
				var err error
				if n, err = s.ProblemCount(ctx, anyone); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Millisecond)
			}
			if n != want {
				t.Errorf("%d problems, want %d", n, want)
			}
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		problems(kindsIn(map[string]string{"robot.yaml": "kind: no-kind\n", "other.yaml": robotKind}), 1)
		problems(kindsIn(map[string]string{"robot.yaml": robotKind}), 0)
	})
}
