package remote

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

func TestReadsARepositoryByCommit(t *testing.T) {
	s := newGitServer(t)
	first := s.repo("acme/ledger", map[string]string{"catalog-info.yaml": component("ledger"), "services/a/catalog-info.yaml": component("a"), "README.md": "# Ledger"})
	r := s.reader(fetch.GitHub, "")
	now := time.Now()
	r.o.Now = func() time.Time { return now }
	base := "https://" + s.name + "/acme/ledger"
	for target, path := range map[string]string{
		base:                                       CatalogFiles,
		base + ".git":                              CatalogFiles,
		base + "/blob/main/catalog-info.yaml":      "catalog-info.yaml",
		base + "/tree/main/services":               "services",
		base + "/blob/main/**/catalog-info.yaml":   "**/catalog-info.yaml",
		base + "/blob/HEAD/catalog-info.yaml":      "catalog-info.yaml",
		base + "/blob/" + first + "/services/a":    "services/a",
		base + "/raw/main/services/a/catalog.yaml": "services/a/catalog.yaml",
	} {
		snap, err := r.Fetch(context.Background(), target)
		if err != nil || snap.Path != path || snap.Version != first {
			t.Errorf("%s: path %q at %q, %v; want %q at %q", target, snap.Path, snap.Version, err, path, first)
			continue
		}
		b, err := fs.ReadFile(snap.FS, "services/a/catalog-info.yaml")
		if err != nil || string(b) != component("a") {
			t.Errorf("%s: read %q %v", target, b, err)
		}
		if at := snap.Location("x.yaml"); !strings.HasPrefix(at, "url:"+base+"/blob/") || !strings.HasSuffix(at, "/x.yaml") {
			t.Errorf("%s: location %q", target, at)
		}
	}
	s.requests()
	now = now.Add(time.Minute)
	if _, err := r.Fetch(context.Background(), base); err != nil {
		t.Fatal(err)
	}
	if asked := s.requests(); len(asked) != 1 {
		t.Errorf("an unchanged commit cost %d requests: %v", len(asked), asked)
	}
	second := s.repo("acme/ledger", map[string]string{"catalog-info.yaml": component("ledger2")})
	now = now.Add(time.Minute)
	snap, err := r.Fetch(context.Background(), base+"/blob/main/catalog-info.yaml")
	if err != nil || snap.Version != second {
		t.Fatalf("after a push: %q %v, want %q", snap.Version, err, second)
	}
	if b, err := fs.ReadFile(snap.FS, "catalog-info.yaml"); err != nil || string(b) != component("ledger2") {
		t.Errorf("after a push: %q %v", b, err)
	}
	if folders, err := filepath.Glob(filepath.Join(r.o.Dir, "*", "*")); err != nil || len(folders) != 2 {
		t.Errorf("mirrors: %v %v", folders, err)
	}
	now = now.Add(time.Hour)
	s.repo("acme/ledger", map[string]string{"catalog-info.yaml": component("ledger3")})
	if snap, err = r.Fetch(context.Background(), base); err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(snap.FS, "README.md"); err != nil {
		t.Error(err)
	}
	if folders, err := filepath.Glob(filepath.Join(r.o.Dir, "*", "*")); err != nil || len(folders) != 1 {
		t.Errorf("old mirrors stay: %v %v", folders, err)
	}
	left := func() int {
		t.Helper()
		if err := r.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		folders, err := filepath.Glob(filepath.Join(r.o.Dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(folders)
	}
	if n := left(); n != 1 {
		t.Errorf("%d mirrors after a sweep, want the one in use", n)
	}
	now = now.Add(unread + time.Hour)
	if n := left(); n != 0 {
		t.Errorf("%d mirrors that nobody read for a week stay", n)
	}
}

func TestReadsBranchesWithSlashesAndTags(t *testing.T) {
	s := newGitServer(t)
	s.repo("acme/ledger", map[string]string{"catalog-info.yaml": component("main")})
	work := filepath.Join(s.root, "work", "acme/ledger")
	s.git(work, "checkout", "-q", "-b", "feature/new/thing")
	branch := s.repo("acme/ledger", map[string]string{"catalog-info.yaml": component("branch")})
	s.git(work, "tag", "-a", "-m", "one", "v1.0")
	s.git(work, "push", "-q", "origin", "v1.0")
	for kind, views := range map[fetch.Kind][]string{
		fetch.GitHub: {"/blob/feature/new/thing/catalog-info.yaml", "/blob/v1.0/catalog-info.yaml"},
		fetch.GitLab: {"/-/blob/feature/new/thing/catalog-info.yaml", "/-/tree/v1.0/catalog-info.yaml"},
		fetch.Gitea:  {"/src/branch/feature/new/thing/catalog-info.yaml", "/src/tag/v1.0/catalog-info.yaml", "/src/commit/" + branch + "/catalog-info.yaml"},
		fetch.Git:    {".git/blob/v1.0/catalog-info.yaml"},
	} {
		r := s.reader(kind, "")
		for _, v := range views {
			snap, err := r.Fetch(context.Background(), "https://"+s.name+"/acme/ledger"+v)
			if err != nil || snap.Path != "catalog-info.yaml" || snap.Version != branch {
				t.Errorf("%s %s: %q at %q %v", kind, v, snap.Path, snap.Version, err)
				continue
			}
			if b, err := fs.ReadFile(snap.FS, snap.Path); err != nil || string(b) != component("branch") {
				t.Errorf("%s %s: %q %v", kind, v, b, err)
			}
		}
	}
}

func TestSaysWhyARepositoryIsNotRead(t *testing.T) {
	s := newGitServer(t)
	s.repo("acme/ledger", map[string]string{"catalog-info.yaml": component("ledger")})
	if err := os.MkdirAll(filepath.Join(s.root, "acme/empty.git"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.git(filepath.Join(s.root, "acme/empty.git"), "init", "-q", "--bare")
	s.token = token
	base := "https://" + s.name
	for what, c := range map[string]struct {
		token, target string
		kind          fault.Kind
		says          string
	}{
		"no token":      {"", "/acme/ledger", fault.Unavailable, "check its token"},
		"wrong token":   {"wrong-token-value", "/acme/ledger", fault.Unavailable, "check its token"},
		"no repository": {token, "/acme/nothing", fault.NotFound, "no repository acme/nothing"},
		"no branch":     {token, "/acme/ledger/blob/gone/a.yaml", fault.NotFound, `no branch or tag "gone"`},
		"empty":         {token, "/acme/empty", fault.NotFound, "is empty"},
	} {
		_, err := s.reader(fetch.GitHub, c.token).Fetch(context.Background(), base+c.target)
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s: %s", what, err, c.kind, c.says)
		}
		if err != nil && (strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "wrong-token-value")) {
			t.Errorf("%s: the error shows the token: %v", what, err)
		}
	}
	r := s.reader(fetch.GitHub, token)
	if _, err := r.Fetch(context.Background(), base+"/acme/ledger"); err != nil {
		t.Errorf("with its token: %v", err)
	}
	s.mu.Lock()
	s.broken = true
	s.mu.Unlock()
	if _, err := s.reader(fetch.GitHub, token).Fetch(context.Background(), base+"/acme/ledger"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a broken host: %v, want Unavailable", err)
	}
	if _, err := r.Fetch(context.Background(), "https://elsewhere.example/acme/ledger"); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "not among catalog.hosts") {
		t.Errorf("a host not listed: %v", err)
	}
}

func TestLeavesLargeFilesOut(t *testing.T) {
	s := newGitServer(t)
	s.repo("acme/big", map[string]string{"catalog-info.yaml": component("big"), "dump.yaml": strings.Repeat("0123456789abcdef\n", 700_000)})
	snap, err := s.reader(fetch.Gitea, "").Fetch(context.Background(), "https://"+s.name+"/acme/big")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(snap.FS, "catalog-info.yaml"); err != nil {
		t.Error(err)
	}
	if _, err := fs.ReadFile(snap.FS, "dump.yaml"); !fault.Is(err, fault.TooLarge) {
		t.Errorf("12 MB file: %v, want TooLarge", err)
	}
}

func TestBoundsARepository(t *testing.T) {
	s := newGitServer(t)
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(i * i >> 3 * (i % 251))
	}
	s.repo("acme/big", map[string]string{"a.bin": string(noise)})
	c, err := fetch.New(fetch.Options{Hosts: []fetch.Host{{Name: s.name, Kind: fetch.GitHub}}, AllowPrivate: loopback, Roots: s.roots, MaxBytes: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	r := New(Options{Client: c, Dir: t.TempDir()})
	snap, err := r.Fetch(context.Background(), "https://"+s.name+"/acme/big")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(snap.FS, "a.bin"); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a repository over the limit: %v, want TooLarge", err)
	}
	if left, err := filepath.Glob(filepath.Join(r.o.Dir, "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("half a mirror stays: %v %v", left, err)
	}
}
