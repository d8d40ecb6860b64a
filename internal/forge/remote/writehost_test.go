package remote

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/nacl/box"

	"github.com/waymark-portal/waymark/internal/fetch"
)

// writeHost is a host as its documentation describes it, in front of Git's own
// http-backend: repositories can be made, pushed to and proposed to.
type writeHost struct {
	t       *testing.T
	kind    fetch.Kind
	root    string // of the bare repositories
	name    string
	roots   *x509.CertPool
	git     http.Handler
	mu      sync.Mutex
	repos   map[string]map[string]any // by slug
	pulls   map[string][]map[string]any
	called  []string                  // method and path of what changes something
	bodies  map[string]map[string]any // the last one, by method and path
	public  *[32]byte                 // key for secrets
	private *[32]byte
	slow    map[string]int     // how often it was asked for what it does not show yet
	refuses map[string]refusal // by method and path
}

type refusal struct {
	status int
	body   string
}

func newWriteHost(t *testing.T, kind fetch.Kind) *writeHost {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: publishing is not tested")
	}
	public, private, err := box.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h := &writeHost{t: t, kind: kind, public: public, private: private, root: t.TempDir(), repos: map[string]map[string]any{}, pulls: map[string][]map[string]any{}, bodies: map[string]map[string]any{}, slow: map[string]int{}, refuses: map[string]refusal{}}
	h.git = &cgi.Handler{Path: git, Args: []string{"http-backend"}, InheritEnv: []string{"PATH", "HOME"},
		Env: []string{"GIT_PROJECT_ROOT=" + h.root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=waymark", "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=uploadpack.allowFilter", "GIT_CONFIG_VALUE_0=true", "GIT_CONFIG_KEY_1=http.receivepack", "GIT_CONFIG_VALUE_1=true"}}
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	h.name = srv.Listener.Addr().String()
	h.roots = x509.NewCertPool()
	h.roots.AddCert(srv.Certificate())
	return h
}

// ServeHTTP answers API and Git.
func (h *writeHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if strings.Contains(r.URL.Path, ".git/") {
		if _, pass, _ := r.BasicAuth(); pass != token {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.ContentLength < 0 { // CGI takes no chunked bodies
			r = buffered(h.t, r)
		}
		h.git.ServeHTTP(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+token {
		answer(w, http.StatusUnauthorized, m{"message": "Bad credentials"})
		return
	}
	key := r.Method + " " + r.URL.EscapedPath()
	if r.Method != http.MethodGet {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body) // an empty body stays nil
		h.called, h.bodies[key] = append(h.called, key), body
	}
	if no, ok := h.refuses[key]; ok {
		w.WriteHeader(no.status)
		fmt.Fprint(w, no.body)
		return
	}
	status, out := h.api(key, r)
	answer(w, status, out)
}

func buffered(t *testing.T, r *http.Request) *http.Request {
	b, err := os.CreateTemp(t.TempDir(), "body")
	if err != nil {
		t.Error(err)
		return r
	}
	n, err := b.ReadFrom(r.Body)
	if err != nil {
		t.Error(err)
	}
	if _, err := b.Seek(0, 0); err != nil {
		t.Error(err)
	}
	out := r.Clone(r.Context())
	out.Body, out.ContentLength, out.TransferEncoding = b, n, nil
	return out
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if v != nil {
		_ = json.NewEncoder(w).Encode(v) // the client sees what was cut off
	}
}

// api answers what hosts of the kind answer.
func (h *writeHost) api(key string, r *http.Request) (int, any) {
	var body map[string]any
	if r.Method != http.MethodGet {
		body = h.bodies[key]
	}
	switch h.kind {
	case fetch.GitHub:
		return h.gitHub(strings.Replace(key, "/api/v3", "", 1), body)
	case fetch.GitLab:
		return h.gitLab(strings.Replace(key, "/api/v4", "", 1), body)
	}
	return h.gitea(strings.Replace(key, "/api/v1", "", 1), body)
}

func (h *writeHost) make(slug string, about m) {
	dir := filepath.Join(h.root, slug+".git")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		h.t.Error(err)
	}
	if out, err := exec.Command("git", "init", "-q", "--bare", "-b", "main", dir).CombinedOutput(); err != nil {
		h.t.Errorf("git init: %v %s", err, out)
	}
	about["created_at"] = time.Now().UTC().Format(time.RFC3339)
	h.repos[slug] = about
}

func (h *writeHost) gitHub(key string, body map[string]any) (int, any) {
	switch key {
	case "GET /users/acme":
		return 200, m{"login": "acme", "type": "Organization"}
	case "GET /users/ada", "GET /user":
		return 200, m{"login": "ada", "type": "User"}
	case "POST /orgs/acme/repos", "POST /user/repos":
		slug := "acme/" + body["name"].(string)
		if key == "POST /user/repos" {
			slug = "ada/" + body["name"].(string)
		}
		if h.repos[slug] != nil {
			return 422, m{"message": "Repository creation failed.", "errors": []m{{"resource": "Repository", "code": "custom", "field": "name", "message": "name already exists on this account"}}}
		}
		h.make(slug, m{"id": 7, "full_name": slug, "default_branch": "main"})
		return 201, h.repos[slug]
	case "GET /repos/acme/refunds/pulls":
		return 200, h.pulls["acme/refunds"]
	case "POST /repos/acme/refunds/pulls":
		pr := m{"number": 12, "html_url": "https://github.example/acme/refunds/pull/12", "head": m{"ref": body["head"]}, "base": m{"ref": body["base"]}}
		h.pulls["acme/refunds"] = append(h.pulls["acme/refunds"], pr)
		return 201, pr
	case "POST /repos/acme/refunds/issues":
		return 201, m{"number": 3, "html_url": "https://github.example/acme/refunds/issues/3"}
	case "GET /repos/acme/refunds/actions/secrets/public-key":
		return 200, m{"key_id": "k1", "key": base64.StdEncoding.EncodeToString(h.public[:])}
	case "GET /repos/acme/refunds/hooks", "POST /repos/acme/refunds/issues/12/labels":
		return 200, []m{}
	}
	if slug, ok := strings.CutPrefix(key, "GET /repos/"); ok && strings.Count(slug, "/") == 1 {
		if h.repos[slug] == nil {
			return 404, m{"message": "Not Found"}
		}
		return 200, h.repos[slug]
	}
	if strings.HasPrefix(key, "PUT /repos/acme/refunds/collaborators/") || strings.HasPrefix(key, "PUT /orgs/acme/teams/") || strings.HasSuffix(key, "/dispatches") {
		return 204, nil
	}
	return 200, m{}
}

func (h *writeHost) gitLab(key string, body map[string]any) (int, any) {
	switch key {
	case "GET /namespaces/acme%2Fpay":
		return 200, m{"id": 5, "full_path": "acme/pay"}
	case "POST /projects":
		slug := "acme/pay/" + body["path"].(string)
		if h.repos[slug] != nil {
			return 400, m{"message": m{"path": []string{"has already been taken"}}}
		}
		h.make(slug, m{"id": 7, "path_with_namespace": slug, "default_branch": "main"})
		return 201, h.repos[slug]
	case "GET /projects/acme%2Fpay%2Frefunds":
		if h.repos["acme/pay/refunds"] == nil {
			return 404, m{"message": "404 Project Not Found"}
		}
		return 200, h.repos["acme/pay/refunds"]
	case "GET /projects/7/merge_requests":
		return 200, h.pulls["7"]
	case "POST /projects/7/merge_requests":
		mr := m{"iid": 4, "web_url": "https://gitlab.example/acme/pay/refunds/-/merge_requests/4"}
		h.pulls["7"] = append(h.pulls["7"], mr)
		return 201, mr
	case "GET /users":
		return 200, []m{{"id": 99, "username": "ada"}}
	case "GET /groups/acme":
		return 200, m{"id": 5}
	case "GET /groups/acme%2Fnew":
		return 404, m{"message": "404 Group Not Found"}
	case "POST /groups":
		return 201, m{"id": 6}
	case "POST /projects/7/issues":
		return 201, m{"id": 1000, "iid": 3, "web_url": "https://gitlab.example/issues/3"}
	}
	return 200, m{}
}

func (h *writeHost) gitea(key string, body map[string]any) (int, any) {
	switch key {
	case "GET /orgs/acme":
		return 200, m{"id": 1, "username": "acme"}
	case "GET /user":
		return 200, m{"login": "ada"}
	case "POST /orgs/acme/repos":
		slug := "acme/" + body["name"].(string)
		if h.repos[slug] != nil {
			return 409, m{"message": "The repository with the same name already exists."}
		}
		h.make(slug, m{"id": 7, "full_name": slug, "default_branch": "main", "empty": true})
		return 201, h.repos[slug]
	case "GET /repos/acme/refunds":
		if r := h.repos["acme/refunds"]; r != nil && r["empty"] == true {
			if h.slow["repo"]++; h.slow["repo"] > 2 {
				r["empty"] = false
			}
		}
	case "GET /repos/acme/refunds/pulls":
		return 200, h.pulls["acme/refunds"]
	case "POST /repos/acme/refunds/pulls":
		pr := m{"number": 2, "html_url": "https://gitea.example/acme/refunds/pulls/2", "head": m{"ref": body["head"]}, "base": m{"ref": body["base"]}}
		h.pulls["acme/refunds"] = append(h.pulls["acme/refunds"], pr)
		return 201, pr
	}
	if slug, ok := strings.CutPrefix(key, "GET /repos/"); ok && strings.Count(slug, "/") == 1 {
		if h.repos[slug] == nil {
			return 404, m{"message": "not found"}
		}
		return 200, h.repos[slug]
	}
	if branch, ok := strings.CutPrefix(key, "GET /repos/acme/refunds/branches/"); ok { // Gitea is slow to see what was pushed
		h.repos["acme/refunds"]["empty"] = false
		if h.slow[branch]++; h.slow[branch] > 2 {
			return 200, m{"name": branch}
		}
		return 404, m{"message": "not found"}
	}
	return 201, m{}
}

// log is what git says of a branch.
func (h *writeHost) log(slug, branch string, args ...string) string {
	h.t.Helper()
	out, err := exec.Command("git", append([]string{"--git-dir", filepath.Join(h.root, slug+".git")}, append(args, branch)...)...).CombinedOutput()
	if err != nil {
		h.t.Fatalf("git %v: %v %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}
