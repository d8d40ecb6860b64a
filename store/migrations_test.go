package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io/fs"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/store/migrations"
)

var update = flag.Bool("update", false, "write the checksums of new migrations")

// A migration is never edited once it has been released: databases that have
// applied it would differ from new ones. New files are added with -update.
func TestMigrationsAreNeverEdited(t *testing.T) {
	const file = "testdata/migrations.sha256"
	sums := checksums(t)
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(sums, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(sums, ""); got != string(want) {
		t.Errorf("migrations differ from %s; add new files with go test ./store -run Never -update, and leave old ones as they are\ngot:\n%s", file, got)
	}
}

func checksums(t *testing.T) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".sql") {
			return err
		}
		b, err := migrations.FS.ReadFile(path)
		sum := sha256.Sum256(b)
		out = append(out, hex.EncodeToString(sum[:])+"  "+path+"\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Slice(out, func(i, j int) bool { return out[i][64:] < out[j][64:] })
	return out
}
