package handlers

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

const oldRepo = "/git/payments-team/old-api.git"

func TestGitRoutes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, who    string
		token        bool
		method, path string
		status       int
		has          string
	}{
		{"clone", "ada", true, http.MethodGet, oldRepo + "/info/refs?service=git-upload-pack", 200, "refs for git-upload-pack"},
		{"clone by another team", "zoe", true, http.MethodGet, oldRepo + "/info/refs?service=git-upload-pack", 200, "refs"},
		{"clone by nobody", "", true, http.MethodGet, oldRepo + "/info/refs?service=git-upload-pack", 401, "API token as the password"},
		{"push", "ada", true, http.MethodPost, oldRepo + "/git-receive-pack", 200, "done"},
		{"push by another team", "zoe", true, http.MethodPost, oldRepo + "/git-receive-pack", 403, "You may not"},
		{"push from a browser", "ada", false, http.MethodPost, oldRepo + "/git-receive-pack", 403, "needs an API token of yours"},
		{"begin a push by another team", "zoe", true, http.MethodGet, oldRepo + "/info/refs?service=git-receive-pack", 403, "You may not"},
		{"dumb protocol", "ada", true, http.MethodGet, oldRepo + "/info/refs", 403, "smart protocol"},
		{"unknown service", "ada", true, http.MethodGet, oldRepo + "/info/refs?service=git-shell", 403, "smart protocol"},
		{"unknown repository", "ada", true, http.MethodGet, "/git/payments-team/none.git/info/refs?service=git-upload-pack", 404, "no such repository"},
		{"without .git", "ada", true, http.MethodGet, "/git/payments-team/old-api/info/refs?service=git-upload-pack", 404, "no such repository"},
		{"climbing", "ada", true, http.MethodGet, "/git/payments-team/..%2f..%2fold-api.git/info/refs?service=git-upload-pack", 404, "no such repository"},
		{"page", "zoe", false, http.MethodGet, "/git/payments-team/old-api", 200, "First &lt;b&gt;commit&lt;/b&gt;"},
		{"page of none", "zoe", false, http.MethodGet, "/git/payments-team/none", 418, "not_found"},
		{"page by clone address", "zoe", false, http.MethodGet, oldRepo, 302, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := createCall(createServer(t, &createFake{}, tt.who, tt.token), tt.method, tt.path, strings.NewReader("pack"))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) {
				t.Errorf("%d %s; want %d %q", w.Code, w.Body, tt.status, tt.has)
			}
			if asks := w.Header().Get("WWW-Authenticate") != ""; asks != (tt.status == 401) {
				t.Errorf("asks for a password: %v", asks)
			}
		})
	}
}

func TestGitBodies(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, "a pack")
	z.Close()
	f := &createFake{}
	e := createServer(t, f, "ada", true)
	if w := createCall(e, http.MethodPost, oldRepo+"/git-receive-pack", &packed, "Content-Encoding", "gzip"); w.Code != 200 || string(f.pushed) != "a pack" {
		t.Errorf("gzip: %d, got %q", w.Code, f.pushed)
	}
	if ct := createCall(e, http.MethodPost, oldRepo+"/git-upload-pack", strings.NewReader("x")).Header().Get("Content-Type"); ct != "application/x-git-upload-pack-result" {
		t.Errorf("content type %q", ct)
	}
	for encoding, body := range map[string]string{"gzip": "not gzip", "br": "x"} {
		if w := createCall(e, http.MethodPost, oldRepo+"/git-receive-pack", strings.NewReader(body), "Content-Encoding", encoding); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", encoding, w.Code)
		}
	}
	if w := createCall(e, http.MethodPost, oldRepo+"/git-receive-pack", strings.NewReader("x"), "Git-Protocol", "fail"); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d, want 413", w.Code)
	}
}

func TestRepoPanel(t *testing.T) {
	t.Parallel()
	h := &Git{Forge: &createFake{}}
	e := catalog.Entity{Source: catalog.Source{Location: "url:https://waymark/payments-team/refund-api/blob/main/catalog-info.yaml"}}
	c, err := h.RepoPanel(t.Context(), access.Viewer{}, e)
	if err != nil || c == nil {
		t.Fatalf("%v, %v; want a panel", c, err)
	}
	e.Source.Location = "file:/srv/catalog/a.yaml"
	if c, err := h.RepoPanel(t.Context(), access.Viewer{}, e); c != nil || err != nil {
		t.Errorf("elsewhere: %v, %v; want none", c, err)
	}
}
