package forge_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

// records is a forge.Store in memory.
type records struct {
	mu      sync.Mutex
	touched int
	dropped []string
	dir     string // of the forge
}

func (r *records) Write(_ context.Context, f func(tx.Tx) error) error { return f(nil) }

func (r *records) Repository(_ context.Context, owner, name string) (forge.Repository, error) {
	return forge.Repository{Owner: owner, Name: name, Team: "group:default/" + owner, State: forge.Ready}, nil
}

func (r *records) DropRepository(_ context.Context, _ tx.Tx, owner, name, _ string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropped = append(r.dropped, owner+"/"+name)
	return nil
}

func (r *records) TouchRepository(context.Context, tx.Tx, string, string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.touched++
	return nil
}

func newForge(t *testing.T, o forge.Options) (*forge.Embedded, *records) {
	t.Helper()
	rec := &records{}
	o.Dir, o.URL, o.Store = t.TempDir(), "http://127.0.0.1:1", rec
	rec.dir = o.Dir
	f, err := forge.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f, rec
}

func publication(mark string) forge.Publication {
	return forge.Publication{Owner: "payments-team", Name: "refund-api", Message: "Make refund-api", Mark: mark,
		Author: forge.Author{Name: "Ada", Email: "ada@localhost"}, When: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Files: []forge.File{{Path: "README.md", Data: []byte("# refund\n")}, {Path: "run.sh", Mode: forge.Executable, Data: []byte("#!/bin/sh\n")},
			{Path: "docs/index.md", Data: []byte("hello\n")}}}
}

func TestPublishTwiceMakesOneCommit(t *testing.T) {
	t.Parallel()
	f, _ := newForge(t, forge.Options{})
	ctx := context.Background()
	first, err := f.Publish(ctx, publication("run_1"))
	if err != nil {
		t.Fatal(err)
	}
	again := publication("run_1")
	again.When = again.When.Add(time.Hour)
	if second, err := f.Publish(ctx, again); err != nil || second != first {
		t.Errorf("again: %s, %v; want %s", second, err, first)
	}
	if _, err := f.Publish(ctx, publication("run_2")); !errors.Is(err, forge.ErrTaken) {
		t.Errorf("another run: %v, want taken", err)
	}
	commits, err := f.Commits(ctx, "payments-team", "refund-api", 10)
	if err != nil || len(commits) != 1 || commits[0].Message != "Make refund-api" || commits[0].Author != "Ada" {
		t.Errorf("commits %v, %v", commits, err)
	}
	files, err := f.FS(ctx, "payments-team", "refund-api", "")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := fs.ReadFile(files, "docs/index.md"); err != nil || string(b) != "hello\n" {
		t.Errorf("docs/index.md: %q, %v", b, err)
	}
	if info, err := fs.Stat(files, "run.sh"); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("run.sh: %v, %v; want executable", info, err)
	}
}

func TestFilesOfARepository(t *testing.T) {
	t.Parallel()
	f, _ := newForge(t, forge.Options{})
	ctx := context.Background()
	if _, err := f.Publish(ctx, publication("run_1")); err != nil {
		t.Fatal(err)
	}
	files, err := f.FS(ctx, "payments-team", "refund-api", "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(files, "README.md", "docs/index.md", "run.sh"); err != nil {
		t.Error(err)
	}
	if _, err := f.FS(ctx, "payments-team", "refund-api", "no-such-branch"); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown branch: %v, want not found", err)
	}
}

func TestPathsStayInside(t *testing.T) {
	t.Parallel()
	f, _ := newForge(t, forge.Options{})
	ctx := context.Background()
	for _, path := range []string{"../x", "/etc/x", "a/../../x", ".git/hooks/x", "a/.GIT/config", "a\\b", "", "git~1/x", "a//b", "a\x00"} {
		p := publication("run_1")
		p.Files = []forge.File{{Path: path}}
		if _, err := f.Publish(ctx, p); err == nil {
			t.Errorf("path %q was committed", path)
		}
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", "A", "x.git", "x.lock", "a..b", "-x", "con", "a\x00", strings.Repeat("a", 101)} {
		if forge.ValidName(name) {
			t.Errorf("%q is a valid name", name)
		}
		if _, err := f.FS(ctx, name, "refund-api", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("owner %q: %v, want not found", name, err)
		}
		p := publication("run_1")
		p.Name = name
		if _, err := f.Publish(ctx, p); !fault.Is(err, fault.NotFound) {
			t.Errorf("repository %q: %v, want not found", name, err)
		}
	}
}

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]forge.Target{
		"https://waymark/payments-team/refund-api/blob/main/docs/a.md": {Owner: "payments-team", Name: "refund-api", Ref: "main", Path: "docs/a.md"},
		"https://waymark/payments-team/refund-api/tree/main":           {Owner: "payments-team", Name: "refund-api", Ref: "main"},
		"https://waymark/payments-team/refund-api":                     {Owner: "payments-team", Name: "refund-api", Ref: "main", Whole: true},
		"https://waymark/payments-team/refund-api.git":                 {Owner: "payments-team", Name: "refund-api", Ref: "main", Whole: true},
	} {
		if got, err := forge.ParseTarget(address); err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", address, got, err, want)
		}
	}
	for _, bad := range []string{"https://github.com/a/b/blob/main/x", "https://waymark/a", "https://waymark/a/b/blob", "https://waymark/../b/blob/main/x", "https://waymark/../b", "nonsense"} {
		if _, err := forge.ParseTarget(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", bad, err)
		}
	}
}

// serve is the forge over HTTP without any authentication.
func serve(t *testing.T, f *forge.Embedded) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := strings.SplitN(strings.Trim(r.URL.Path, "/"), "/", 3)
		c := forge.Call{Owner: p[0], Name: strings.TrimSuffix(p[1], ".git"), Protocol: r.Header.Get("Git-Protocol")}
		var err error
		if p[2] == "info/refs" {
			c.Service = forge.Service(r.URL.Query().Get("service"))
			w.Header().Set("Content-Type", "application/x-"+string(c.Service)+"-advertisement")
			err = f.Advertise(r.Context(), c, w)
		} else {
			c.Service = forge.Service(p[2])
			body := io.Reader(r.Body)
			if r.Header.Get("Content-Encoding") == "gzip" {
				if body, err = gzip.NewReader(r.Body); err != nil {
					t.Error(err)
					return
				}
			}
			w.Header().Set("Content-Type", "application/x-"+string(c.Service)+"-result")
			err = f.Exchange(r.Context(), c, f.Limit(body), w)
		}
		if err != nil {
			t.Log(err)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func git(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@localhost", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@localhost")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func needGit(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git on PATH: clone and push are not tested")
	}
}

func TestCloneAndPush(t *testing.T) {
	t.Parallel()
	needGit(t)
	var pushed []string
	f, rec := newForge(t, forge.Options{Pushed: func(_ context.Context, r forge.Repository) { pushed = append(pushed, r.Slug()) }})
	if _, err := f.Publish(context.Background(), publication("run_1")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := git(t, dir, "clone", "-q", serve(t, f)+"/payments-team/refund-api.git", "w"); err != nil {
		t.Fatal(out, err)
	}
	work := filepath.Join(dir, "w")
	if out, err := git(t, work, "for-each-ref"); err != nil || strings.Contains(out, "waymark") {
		t.Errorf("refs of the clone: %s, %v; want none of ours", out, err)
	}
	big := make([]byte, 20<<20) // above the size at which Git sends chunks
	rand.Read(big)
	if err := os.WriteFile(filepath.Join(work, "big.bin"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"add", "."}, {"commit", "-qm", "Add 20 MB"}, {"push", "-q", "origin", "HEAD"}} {
		if out, err := git(t, work, args...); err != nil {
			t.Fatal(args, out, err)
		}
	}
	commits, err := f.Commits(context.Background(), "payments-team", "refund-api", 5)
	if err != nil || len(commits) != 2 || commits[0].Message != "Add 20 MB" {
		t.Errorf("after the push: %v, %v", commits, err)
	}
	if len(pushed) != 2 || rec.touched != 1 {
		t.Errorf("told on %d times and touched %d times; want 2 and 1", len(pushed), rec.touched)
	}
	if out, err := git(t, dir, "clone", "-q", serve(t, f)+"/payments-team/refund-api.git", "again"); err != nil {
		t.Fatal(out, err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "again", "big.bin"))
	if err != nil || !bytes.Equal(got, big) {
		t.Errorf("the file came back different: %v", err)
	}
}

func TestPushTooLarge(t *testing.T) {
	t.Parallel()
	needGit(t)
	f, rec := newForge(t, forge.Options{MaxPush: 1 << 20})
	if _, err := f.Publish(context.Background(), publication("run_1")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := git(t, dir, "clone", "-q", serve(t, f)+"/payments-team/refund-api.git", "w"); err != nil {
		t.Fatal(out, err)
	}
	big := make([]byte, 3<<20)
	rand.Read(big)
	if err := os.WriteFile(filepath.Join(dir, "w", "big.bin"), big, 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, filepath.Join(dir, "w"), "add", ".")
	git(t, filepath.Join(dir, "w"), "commit", "-qm", "Too much")
	if out, err := git(t, filepath.Join(dir, "w"), "push", "-q", "origin", "HEAD"); err == nil {
		t.Errorf("a push beyond the limit went through: %s", out)
	}
	if rec.touched != 0 {
		t.Error("the refused push was recorded")
	}
}

func TestWithoutGit(t *testing.T) {
	t.Parallel()
	f, _ := newForge(t, forge.Options{Git: ""})
	if _, err := f.Publish(context.Background(), publication("run_1")); err != nil {
		t.Fatal(err)
	}
	off, _ := newForge(t, forge.Options{Off: true})
	if _, err := off.Publish(context.Background(), publication("run_1")); !errors.Is(err, forge.ErrOff) {
		t.Errorf("switched off: %v, want ErrOff", err)
	}
	if err := f.Advertise(context.Background(), forge.Call{Owner: "payments-team", Name: "none", Service: forge.UploadPack}, io.Discard); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown repository: %v, want not found", err)
	}
}
