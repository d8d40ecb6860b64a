package remote

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/fetch"
)

const token = "tok-s3cr3t-value"

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// gitServer is a host of repositories: Git's own http-backend behind TLS. It
// asks for the token where one is set.
type gitServer struct {
	t      *testing.T
	root   string
	name   string // host:port
	roots  *x509.CertPool
	token  string
	mu     sync.Mutex
	asked  []string
	broken bool
}

func newGitServer(t *testing.T) *gitServer {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: reading repositories is not tested")
	}
	s := &gitServer{t: t, root: t.TempDir()}
	backend := &cgi.Handler{Path: git, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + s.root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=uploadpack.allowFilter", "GIT_CONFIG_VALUE_0=true"}, InheritEnv: []string{"PATH", "HOME"}}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.Path)
		broken := s.broken
		s.mu.Unlock()
		if broken {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if _, pass, _ := r.BasicAuth(); s.token != "" && pass != s.token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	s.name = srv.Listener.Addr().String()
	s.roots = x509.NewCertPool()
	s.roots.AddCert(srv.Certificate())
	return s
}

// requests returns and forgets what was asked.
func (s *gitServer) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	return out
}

// git runs git in a folder and returns what it says.
func (s *gitServer) git(dir string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// repo makes a repository, or adds a commit to it, and returns its hash.
func (s *gitServer) repo(name string, files map[string]string) string {
	s.t.Helper()
	bare, work := filepath.Join(s.root, name+".git"), filepath.Join(s.root, "work", name)
	if _, err := os.Stat(bare); err != nil {
		for _, d := range []string{bare, work} {
			if err := os.MkdirAll(d, 0o755); err != nil {
				s.t.Fatal(err)
			}
		}
		s.git(bare, "init", "-q", "--bare")
		s.git(work, "init", "-q")
		s.git(work, "remote", "add", "origin", bare)
	}
	for p, text := range files {
		at := filepath.Join(work, p)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	s.git(work, "add", "-A")
	s.git(work, "commit", "-q", "--allow-empty", "-m", "change")
	s.git(work, "push", "-q", "origin", "HEAD")
	return s.git(work, "rev-parse", "HEAD")
}

// reader reads the server as a host of a kind.
func (s *gitServer) reader(kind fetch.Kind, token string) *Reader {
	s.t.Helper()
	return newReader(s.t, s.roots, fetch.Host{Name: s.name, Kind: kind, Token: token})
}

func newReader(t *testing.T, roots *x509.CertPool, hosts ...fetch.Host) *Reader {
	t.Helper()
	c, err := fetch.New(fetch.Options{Hosts: hosts, AllowPrivate: loopback, Roots: roots, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Client: c, Dir: t.TempDir()})
}

func component(name string) string {
	return fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: %s}\nspec: {type: service, lifecycle: production, owner: payments}\n", name)
}
