package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	hostToken  = "tok-3a1f9c-never-shown"
	hookSecret = "hook-7b2e-0123456789abcdef01234567"
)

// gitHost is a host of repositories that wants a token.
type gitHost struct {
	*httptest.Server
	t    *testing.T
	root string
	down atomic.Bool
}

func newGitHost(t *testing.T) *gitHost {
	git, err := exec.LookPath("git")
	need(t, "git", err == nil)
	h := &gitHost{t: t, root: t.TempDir()}
	backend := &cgi.Handler{Path: git, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + h.root, "GIT_HTTP_EXPORT_ALL=1"}, InheritEnv: []string{"PATH", "HOME"}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pass, _ := r.BasicAuth()
		switch {
		case h.down.Load():
			w.WriteHeader(http.StatusBadGateway)
		case pass != hostToken:
			w.WriteHeader(http.StatusUnauthorized)
		default:
			backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// commit makes files the next commit of a repository.
func (h *gitHost) commit(repo string, files map[string]string) {
	h.t.Helper()
	bare, work := filepath.Join(h.root, repo+".git"), filepath.Join(h.root, "work", repo)
	if _, err := os.Stat(bare); err != nil {
		h.git(".", "init", "-q", "--bare", "-b", "main", bare)
		h.git(".", "init", "-q", "-b", "main", work)
		h.git(work, "remote", "add", "origin", bare)
	}
	for name, text := range files {
		at := filepath.Join(work, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			h.t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			h.t.Fatal(err)
		}
	}
	h.git(work, "add", "-A")
	h.git(work, "commit", "-q", "-m", "change")
	h.git(work, "push", "-q", "origin", "main")
}

func (h *gitHost) git(dir string, args ...string) {
	h.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// pushed tells the portal of a push, as GitHub does.
func (h *gitHost) pushed(s *server, repo, secret string) int {
	h.t.Helper()
	body := `{"ref":"refs/heads/main","repository":{"full_name":"` + repo + `","html_url":"` + h.URL + "/" + repo + `"},"commits":[]}`
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	req, err := http.NewRequest(http.MethodPost, s.URL+"/hooks/github", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", "push")
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(m.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func service(name, about string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + ", description: " + about + "}\nspec: {type: service, lifecycle: production, owner: payments-team}\n"
}

// Somebody registers a repository of another host: it is looked at, read,
// kept up to date by webhooks, kept when the host is down, and taken out
// again. The token that opens the host shows nowhere.
func TestSourcesOnAnotherHost(t *testing.T) {
	h := newGitHost(t)
	h.commit("acme/shop", map[string]string{"catalog-info.yaml": service("web-shop", "First") + "---\nkind: Group\napiVersion: backstage.io/v1alpha1\nmetadata: {name: intruders}\nspec: {type: team, children: []}\n"})
	h.commit("acme/bare", map[string]string{"README.md": "# Bare\n\nCounts the stock.\n", ".github/CODEOWNERS": "* @x/payments-team\n", "main.go": "package main\n"})
	name := strings.TrimPrefix(h.URL, "http://")
	config := filepath.Join(t.TempDir(), "waymark.yaml")
	text := "catalog:\n  hosts:\n    - {host: '" + name + "', kind: github, http: true, token_env: SOME_TOKEN}\n  allow_private: [127.0.0.0/8]\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, options{sample: true, env: []string{"WAYMARK_CONFIG=" + config, "SOME_TOKEN=" + hostToken, "WAYMARK_HOOK_GITHUB=" + hookSecret}})
	c := s.as("ada")
	var seen strings.Builder
	page := func(path string, texts ...string) {
		t.Helper()
		res, body := c.get(path)
		seen.WriteString(body)
		for _, want := range texts {
			if !strings.Contains(body, want) {
				t.Errorf("%s: status %d, lacks %q", path, res.StatusCode, want)
			}
		}
	}
	look := func(repo string) string {
		return "/catalog/register?step=look&target=" + url.QueryEscape(h.URL+"/"+repo)
	}
	page(look("acme/bare"), "There is no catalog file yet", "Counts the stock.", "owner: payments-team")
	page(look("acme/none"), "has no repository acme/none")
	page(look("acme/shop"), "component:default/web-shop", "accepted from trusted sources only", "Register 1 entity")
	res, _ := c.form("/catalog/register", url.Values{"target": {h.URL + "/acme/shop"}})
	source := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(source, "/catalog/source?id=") {
		t.Fatalf("register: %d to %q", res.StatusCode, source)
	}
	eventually(t, 5*time.Second, "the repository is read", func() error {
		return has(c, "/catalog/default/component/web-shop", "First")
	})
	// Problems are written at the end of a reading, after its entities.
	eventually(t, 5*time.Second, "the source shows its problem", func() error {
		return has(c, source, "accepted from trusted sources only", "catalog-info.yaml")
	})
	page(source, "acme/shop", "Unregister")
	page("/catalog/sources", "acme/shop")

	h.commit("acme/shop", map[string]string{"catalog-info.yaml": service("web-shop", "Second")})
	if status := h.pushed(s, "acme/shop", "a wrong secret"); status != http.StatusUnauthorized {
		t.Errorf("a push with a wrong secret: %d", status)
	}
	if status := h.pushed(s, "acme/shop", hookSecret); status != http.StatusAccepted {
		t.Errorf("a push: %d", status)
	}
	eventually(t, 2*time.Second, "a push shows", func() error { return has(c, "/catalog/default/component/web-shop", "Second") })

	h.down.Store(true)
	h.pushed(s, "acme/shop", hookSecret)
	eventually(t, 5*time.Second, "the source shows why it was not read", func() error { return has(c, source, "The last reading failed") })
	page("/catalog/default/component/web-shop", "Second")
	page("/catalog/sources", "What was there before is kept")
	h.down.Store(false)

	if res, _ := s.as("ben").form("/catalog/unregister", url.Values{"source": {"url:" + h.URL + "/acme/shop"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("ben took out what ada registered: %d", res.StatusCode)
	}
	if res, body := c.form("/catalog/unregister", url.Values{"source": {"url:" + h.URL + "/acme/shop"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("unregister: %d %.300s", res.StatusCode, body)
	}
	if res, _ := c.get("/catalog/default/component/web-shop"); res.StatusCode != http.StatusGone {
		t.Errorf("what it brought answers %d, want 410", res.StatusCode)
	}
	tokenStaysHidden(t, s, seen.String())
}

// tokenStaysHidden looks for the host's token on pages, in the log and in
// every file that the portal has written.
func tokenStaysHidden(t *testing.T, s *server, seen string) {
	t.Helper()
	ines := s.as("ines")
	for _, path := range []string{"/audit", "/catalog/health", "/runs"} {
		_, body := ines.get(path)
		seen += body
	}
	if strings.Contains(seen+s.log.String(), hostToken) {
		t.Error("the host's token shows on a page or in the log")
	}
	s.stop()
	for _, f := range filesWith(t, s.Data, hostToken) {
		t.Errorf("the host's token lies in %s", f)
	}
}

// filesWith are the files below a folder that hold a text.
func filesWith(t *testing.T, dir, text string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(p)
		if strings.Contains(string(b), text) {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A repository of the portal itself without a catalog file gets one: proposed,
// committed and registered.
func TestACatalogFileIsCommitted(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	c := s.as("ada")
	res, body := c.json("/api/v1/actions/create-from-template",
		`{"template":"template:default/go-rest-api","values":{"name":"stock-keeper","description":"Keeps stock","owner":"group:default/payments-team"}}`)
	if res.StatusCode != http.StatusAccepted {
		t.Fatalf("create: %d %s", res.StatusCode, body)
	}
	eventually(t, 30*time.Second, "the service is there", func() error { return has(c, "/catalog/default/component/stock-keeper", "Keeps stock") })
	const file = "https://waymark/payments-team/stock-keeper/blob/main/docs/catalog-info.yaml"
	look := "/catalog/register?step=look&target=" + url.QueryEscape("https://waymark/payments-team/stock-keeper/tree/main/docs")
	if err := has(c, look, "There is no catalog file yet", "Commit and register", file); err != nil {
		t.Error(err)
	}
	stock := strings.NewReplacer("Component", "Resource", "service,", "database,").Replace(service("stock-db", "Stock"))
	if res, _ := c.form("/catalog/register/commit", url.Values{"target": {file}, "text": {"kind: ["}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a broken file: %d, want 422", res.StatusCode)
	}
	if res, _ := s.as("vera").form("/catalog/register/commit", url.Values{"target": {file}, "text": {stock}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("somebody who may not push: %d, want 403", res.StatusCode)
	}
	if res, _ := c.form("/catalog/register/commit", url.Values{"target": {file}, "text": {stock}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("commit: %d", res.StatusCode)
	}
	eventually(t, 10*time.Second, "what the file describes is there", func() error { return has(c, "/catalog/default/resource/stock-db", "Stock") })
}
