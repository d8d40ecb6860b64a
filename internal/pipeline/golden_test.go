package pipeline

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files anew")

// Every definition of testdata gives the files that stand beside it. That
// they keep to the schemas of their hosts is tested in e2e.
func TestGolden(t *testing.T) {
	t.Parallel()
	list, err := filepath.Glob("testdata/*/pipeline.yaml")
	if err != nil || len(list) == 0 {
		t.Fatal("no definitions", err)
	}
	for _, file := range list {
		d := load(t, file)
		for _, target := range Targets {
			t.Run(filepath.Base(filepath.Dir(file))+" "+string(target), func(t *testing.T) {
				files, err := Render(d, target)
				if target == Tekton && d.Image != nil && d.Image.Name == "" {
					if err == nil {
						t.Fatal("an image without a name was taken")
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				dir := filepath.Join(filepath.Dir(file), string(target))
				compare(t, dir, files)
			})
		}
	}
}

func load(t *testing.T, file string) Definition {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseFile(file, b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func compare(t *testing.T, dir string, files []File) {
	t.Helper()
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if *update {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(f.Data, want) {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(string(want), string(f.Data)))
		}
	}
}
