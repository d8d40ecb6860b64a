package forge_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// published makes a repository with one commit.
func published(t *testing.T, files ...forge.File) (*forge.Embedded, string) {
	t.Helper()
	f, _ := newForge(t, forge.Options{})
	hash, err := f.Publish(t.Context(), forge.Publication{Owner: "team", Name: "api", Files: files, Message: "First\n", Author: forge.Author{Name: "Ada", Email: "ada@example.com"}, When: time.Now(), Mark: "run_1"})
	if err != nil {
		t.Fatal(err)
	}
	return f, hash
}

func text(path, s string) forge.File { return forge.File{Path: path, Data: []byte(s)} }

func branch(parent, mark string, changes ...forge.Change) forge.Branched {
	return forge.Branched{Owner: "team", Name: "api", Branch: "waymark/upgrade", Parent: parent, Changes: changes, Message: "Upgrade\n",
		Author: forge.Author{Name: "Ada", Email: "ada@example.com"}, When: time.Now(), Mark: mark}
}

func read(t *testing.T, f *forge.Embedded, ref, path string) string {
	t.Helper()
	files, err := f.FS(t.Context(), "team", "api", ref)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fs.ReadFile(files, path)
	if errors.Is(err, fs.ErrNotExist) {
		return "(none)"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCommitBranch(t *testing.T) {
	t.Parallel()
	f, first := published(t, text("a/b/one", "1\n"), text("a/two", "2\n"), text("keep", "k\n"))
	b := branch(first, "run_2", forge.Change{File: text("a/b/one", ""), Delete: true}, forge.Change{File: text("a/two", "2!\n")},
		forge.Change{File: forge.File{Path: "bin/run", Mode: forge.Executable, Data: []byte("x\n")}, New: true})
	hash, err := f.CommitBranch(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a/b/one": "(none)", "a/two": "2!\n", "keep": "k\n", "bin/run": "x\n"} {
		if got := read(t, f, b.Branch, path); got != want {
			t.Errorf("%s on the branch: %q, want %q", path, got, want)
		}
	}
	if got := read(t, f, "", "a/two"); got != "2\n" {
		t.Errorf("main was touched: %q", got)
	}
	again, err := f.CommitBranch(t.Context(), b)
	if err != nil || again != hash {
		t.Errorf("again: %s, %v, want %s", again, err, hash)
	}
	b.Mark, b.Message = "run_3", "Another upgrade\n"
	if _, err := f.CommitBranch(t.Context(), b); !errors.Is(err, forge.ErrTaken) {
		t.Errorf("another run on the same branch: %v", err)
	}
	list, err := f.List(t.Context(), "team", "api", b.Branch)
	if err != nil || len(list.Entries) != 3 || list.Commit != hash {
		t.Fatalf("listing %+v, %v", list, err)
	}
	for _, e := range list.Entries {
		if e.Path == "bin/run" && (e.Mode != forge.Executable || e.Hash != forge.BlobHash([]byte("x\n"))) {
			t.Errorf("entry %+v", e)
		}
	}
	d, err := f.Diff(t.Context(), "team", "api", hash)
	if err != nil || len(d) != 3 {
		t.Fatalf("diff %+v, %v", d, err)
	}
	for _, x := range d {
		if x.Path == "a/two" && (x.Add != 1 || x.Del != 1 || !strings.HasPrefix(x.Text, "@@ ") || !strings.Contains(x.Text, "+2!")) {
			t.Errorf("diff of a/two: %+v", x)
		}
	}
}

func TestCommitBranchRefuses(t *testing.T) {
	t.Parallel()
	f, first := published(t, text("a", "1\n"))
	for name, change := range map[string]func(*forge.Branched){
		"main":        func(b *forge.Branched) { b.Branch = "main" },
		"a bad name":  func(b *forge.Branched) { b.Branch = "a..b" },
		"a bad path":  func(b *forge.Branched) { b.Changes = []forge.Change{{File: text("../x", "")}} },
		"git's files": func(b *forge.Branched) { b.Changes = []forge.Change{{File: text(".git/config", "")}} },
	} {
		b := branch(first, "run_2")
		change(&b)
		if _, err := f.CommitBranch(t.Context(), b); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMergeBranch(t *testing.T) {
	t.Parallel()
	who := forge.Author{Name: "Ada", Email: "ada@example.com"}
	f, first := published(t, text("a", "1\n2\n3\n4\n5\n"))
	b := branch(first, "run_2", forge.Change{File: text("a", "1!\n2\n3\n4\n5\n")})
	hash, err := f.CommitBranch(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if held, err := f.Holds(t.Context(), "team", "api", hash); err != nil || held {
		t.Errorf("main holds the branch before it was merged: %v, %v", held, err)
	}
	if got, err := f.MergeBranch(t.Context(), "team", "api", b.Branch, who, time.Now()); err != nil || got != hash {
		t.Fatalf("merged to %s, %v, want %s", got, err, hash)
	}
	if held, err := f.Holds(t.Context(), "team", "api", hash); err != nil || !held {
		t.Errorf("main does not hold the branch: %v", err)
	}
	// From the first commit again, in another place: a merge commit.
	c := branch(first, "run_3", forge.Change{File: text("a", "1\n2\n3\n4\n5!\n")})
	c.Branch = "waymark/other"
	if _, err := f.CommitBranch(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, err := f.MergeBranch(t.Context(), "team", "api", c.Branch, who, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := read(t, f, "", "a"); got != "1!\n2\n3\n4\n5!\n" {
		t.Errorf("merged: %q", got)
	}
	d := branch(first, "run_4", forge.Change{File: text("a", "other\n2\n3\n4\n5\n")})
	d.Branch = "waymark/third"
	if _, err := f.CommitBranch(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := f.MergeBranch(t.Context(), "team", "api", d.Branch, who, time.Now()); !errors.Is(err, forge.ErrDiverged) {
		t.Errorf("the same line on both sides: %v", err)
	}
}
