package forge_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

func addition(path, text, mark string) forge.Addition {
	return forge.Addition{Owner: "payments-team", Name: "refund-api", Path: path, Data: []byte(text), Message: "Describe it", Mark: mark,
		Author: forge.Author{Name: "ada", Email: "ada@localhost"}, When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func TestAddKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	f, _ := newForge(t, forge.Options{})
	ctx := context.Background()
	if _, err := f.Add(ctx, addition("catalog-info.yaml", "a: 1\n", "run_0")); !fault.Is(err, fault.NotFound) {
		t.Errorf("no repository: %v, want NotFound", err)
	}
	if _, err := f.Publish(ctx, publication("run_1")); err != nil {
		t.Fatal(err)
	}
	first, err := f.Add(ctx, addition("catalog-info.yaml", "a: 1\n", "run_2"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := f.Add(ctx, addition("catalog-info.yaml", "a: 1\n", "run_2")); err != nil || again != first {
		t.Errorf("the same run again: %s %v, want %s", again, err, first)
	}
	if _, err := f.Add(ctx, addition("docs/deep/catalog-info.yaml", "b: 2\n", "run_3")); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{"catalog-info.yaml": "other", "docs": "a folder", "README.md/x": "below a file"} {
		if _, err := f.Add(ctx, addition(path, text, "run_"+path)); !errors.Is(err, forge.ErrExists) {
			t.Errorf("%s: %v, want ErrExists", path, err)
		}
	}
	if _, err := f.Add(ctx, addition(".git/config", "x", "run_9")); err == nil {
		t.Error("a file of Git's own was committed")
	}
	files, err := f.FS(ctx, "payments-team", "refund-api", "")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"catalog-info.yaml": "a: 1\n", "docs/deep/catalog-info.yaml": "b: 2\n", "docs/index.md": "hello\n", "README.md": "# refund\n"} {
		if b, err := fs.ReadFile(files, path); err != nil || string(b) != want {
			t.Errorf("%s: %q %v, want %q", path, b, err, want)
		}
	}
	if log, err := f.Commits(ctx, "payments-team", "refund-api", 10); err != nil || len(log) != 3 || log[0].Author != "ada" {
		t.Errorf("history: %+v %v, want three commits", log, err)
	}
}
