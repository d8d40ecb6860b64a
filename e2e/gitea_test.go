package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gitea is a real Gitea on this machine: its API and Git, without its pages.
type gitea struct {
	t     *testing.T
	dir   string
	bin   string
	url   string
	token string
}

// giteaFolder is where scripts/gitea.sh builds it.
func giteaFolder() string {
	cache := os.Getenv("WAYMARK_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		cache = filepath.Join(home, ".cache", "waymark")
	}
	return filepath.Join(cache, "gitea-v1.25.1")
}

// startGitea skips the test aloud where no Gitea was built: it is an extra
// part, which no machine needs.
func startGitea(t *testing.T) *gitea {
	t.Helper()
	built := giteaFolder()
	g := &gitea{t: t, dir: t.TempDir(), bin: filepath.Join(built, "gitea")}
	if _, err := os.Stat(g.bin); err != nil {
		t.Skip("SKIP gitea: not built; scripts/gitea.sh builds it once")
	}
	port := freePort(t)
	g.url = "http://127.0.0.1:" + port
	conf := fmt.Sprintf("RUN_MODE = prod\nI_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true\nRUN_USER = %s\nWORK_PATH = %s\n"+
		"[server]\nHTTP_ADDR = 127.0.0.1\nHTTP_PORT = %s\nROOT_URL = %s/\nSTATIC_ROOT_PATH = %s\nDISABLE_SSH = true\nOFFLINE_MODE = true\n"+
		"[database]\nDB_TYPE = sqlite3\nPATH = %s\n[security]\nINSTALL_LOCK = true\nSECRET_KEY = 0123456789\n[log]\nMODE = console\nLEVEL = Warn\n"+
		"[webhook]\nALLOWED_HOST_LIST = loopback\n[cron]\nENABLED = false\n[indexer]\nISSUE_INDEXER_TYPE = db\n",
		userName(), g.dir, port, g.url, built, filepath.Join(g.dir, "gitea.db"))
	if err := os.WriteFile(filepath.Join(g.dir, "app.ini"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	g.run("migrate")
	g.run("admin", "user", "create", "--admin", "--username", "root-of-it", "--password", "Gitea-test-1", "--email", "root@example.com", "--must-change-password=false")
	words := strings.Fields(g.run("admin", "user", "generate-access-token", "--username", "root-of-it", "--raw", "--scopes", "all"))
	if len(words) == 0 {
		t.Fatal("Gitea made no token")
	}
	g.token = words[len(words)-1] // its log stands before it
	cmd := g.command("web")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	eventually(t, 30*time.Second, "Gitea answers", func() error {
		res, err := http.Get(g.url + "/api/v1/version")
		if err == nil {
			res.Body.Close()
		}
		return err
	})
	return g
}

func userName() string {
	if out, err := exec.Command("id", "-un").Output(); err == nil {
		return strings.TrimSpace(string(out))
	}
	return "git"
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (g *gitea) command(args ...string) *exec.Cmd {
	cmd := exec.Command(g.bin, append([]string{"--config", filepath.Join(g.dir, "app.ini"), "--work-path", g.dir}, args...)...)
	cmd.Env = append(os.Environ(), "GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT=true", "HOME="+g.dir)
	return cmd
}

func (g *gitea) run(args ...string) string {
	g.t.Helper()
	var errs bytes.Buffer
	cmd := g.command(args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		g.t.Fatalf("gitea %s: %v\n%s%s", args[0], err, out, errs.String())
	}
	return string(out)
}

// call asks Gitea's API as its administrator.
func (g *gitea) call(method, path string, body any) {
	g.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		g.t.Fatal(err)
	}
	req, err := http.NewRequest(method, g.url+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+g.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		text, _ := io.ReadAll(res.Body) // for the message only
		g.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
}

// commit adds one file to a repository, which makes it if need be.
func (g *gitea) commit(repo, file, text string) {
	g.t.Helper()
	g.call(http.MethodPost, "/repos/acme/"+repo+"/contents/"+file, map[string]any{
		"branch": "main", "message": "add " + file, "content": base64.StdEncoding.EncodeToString([]byte(text))})
}

// An organisation of a real Gitea is read with its private repositories, and a
// repository that is added is found.
func TestOrganisationOfARealGitea(t *testing.T) {
	g := startGitea(t)
	g.call(http.MethodPost, "/orgs", map[string]any{"username": "acme", "visibility": "private"})
	for _, repo := range []string{"shop", "stock", "empty"} {
		g.call(http.MethodPost, "/orgs/acme/repos", map[string]any{"name": repo, "private": true, "auto_init": repo != "empty", "default_branch": "main"})
	}
	g.commit("shop", "catalog-info.yaml", service("web-shop", "Sells"))
	g.commit("stock", "catalog-info.yaml", service("stock-keeper", "Counts"))
	config := filepath.Join(t.TempDir(), "waymark.yaml")
	host := strings.TrimPrefix(g.url, "http://")
	text := "catalog:\n  hosts:\n    - {host: '" + host + "', kind: gitea, http: true, token_env: SOME_TOKEN}\n  allow_private: [127.0.0.0/8]\n  poll: 2s\n  orgs:\n    - url: " + g.url + "/acme\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, options{sample: true, env: []string{"WAYMARK_CONFIG=" + config, "SOME_TOKEN=" + g.token}})
	c := s.as("ada")
	for name, about := range map[string]string{"web-shop": "Sells", "stock-keeper": "Counts"} {
		eventually(t, 30*time.Second, name+" is there", func() error { return has(c, "/catalog/default/component/"+name, about) })
	}
	g.call(http.MethodPost, "/orgs/acme/repos", map[string]any{"name": "late", "private": true, "auto_init": true, "default_branch": "main"})
	g.commit("late", "catalog-info.yaml", service("late-comer", "Arrives"))
	eventually(t, 30*time.Second, "a repository that was added is found", func() error {
		return has(c, "/catalog/default/component/late-comer", "Arrives")
	})
	if strings.Contains(s.log.String(), g.token) {
		t.Error("the token of the host is in the log")
	}
}
