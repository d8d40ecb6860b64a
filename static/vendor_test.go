package static

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// vendorTable reads VENDOR.md: file to sha256.
func vendorTable(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("VENDOR.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sums := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		cells := strings.Split(lines.Text(), "|")
		if len(cells) < 9 {
			continue
		}
		sum := strings.TrimSpace(cells[7])
		if len(sum) == sha256.Size*2 {
			sums[strings.TrimSpace(cells[1])] = sum
		}
	}
	return sums
}

func sumOf(t *testing.T, name string) string {
	t.Helper()
	f, err := Files.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if path.Ext(name) == ".gz" {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestVendoredFilesAreAsPublished(t *testing.T) {
	sums := vendorTable(t)
	if len(sums) == 0 {
		t.Fatal("VENDOR.md has no table")
	}
	for name, want := range sums {
		if got := sumOf(t, "vendor/"+name); got != want {
			t.Errorf("%s: sha256 %s, VENDOR.md says %s", name, got, want)
		}
	}
}

func TestEveryVendoredFileHasARowAndALicence(t *testing.T) {
	sums := vendorTable(t)
	err := fs.WalkDir(Files, "vendor", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		base := path.Base(name)
		if base == "LICENSE" || base == "NOTICE" {
			return nil
		}
		if sums[strings.TrimPrefix(name, "vendor/")] == "" {
			t.Errorf("%s has no row in VENDOR.md", name)
		}
		if _, err := fs.Stat(Files, path.Dir(name)+"/LICENSE"); err != nil {
			t.Errorf("%s has no licence beside it", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
