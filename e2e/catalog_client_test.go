package e2e

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// viewerToken may look and change nothing.
const viewerToken = "e2e-viewer-0123456789abcdef0123456789"

// Backstage's own client calls every method of its against the server.
func TestBackstageCatalogClient(t *testing.T) {
	needNode(t, "@backstage/catalog-client")
	for _, database := range []string{"SQLite", "PostgreSQL"} {
		t.Run(database, func(t *testing.T) {
			data := t.TempDir()
			env := []string{"WAYMARK_BOOTSTRAP_TOKEN=" + adminToken, "WAYMARK_STATIC_TOKENS=watcher:viewer:" + hexSum(viewerToken)}
			if database == "PostgreSQL" {
				env = append(env, "WAYMARK_DATABASE="+postgres(t), "WAYMARK_DATA_SHARED=true")
			}
			files := clientCatalog(t)
			work := clientRepositories(t, filepath.Join(data, "git"))
			env = append(env, "WAYMARK_CATALOG_TRUSTED=file:"+files+"/org.yaml",
				"WAYMARK_CATALOG_LOCATIONS="+strings.Join([]string{"file:" + files + "/org.yaml", "file:" + files + "/shop.yaml", "file:" + files + "/all.yaml"}, ","))
			s := start(t, options{data: data, env: env})
			waitForEntities(t, s, 46)
			runNode(t, "catalog_client.cjs", "WAYMARK_URL="+s.URL, "WAYMARK_TOKEN="+adminToken, "WAYMARK_VIEWER="+viewerToken, "WAYMARK_WORK="+work)
		})
	}
}

// needNode skips a test without Node, or without a package of package.json.
func needNode(t testing.TB, pkg string) {
	t.Helper()
	_, err := exec.LookPath("node")
	need(t, "Node", err == nil)
	_, err = os.Stat(filepath.Join("node_modules", pkg))
	need(t, pkg+" (npm ci in e2e)", err == nil)
}

// runNode runs a script that prints a line of JSON for each check, and makes
// each a test.
func runNode(t *testing.T, script string, env ...string) {
	t.Helper()
	type check struct{ Name, Error string }
	for _, c := range nodeLines[check](t, script, env...) {
		t.Run(c.Name, func(t *testing.T) {
			if c.Error != "" {
				t.Error(c.Error)
			}
		})
	}
}

// nodeLines runs a script and returns its lines of JSON.
func nodeLines[T any](t *testing.T, script string, env ...string) []T {
	t.Helper()
	if _, err := os.Stat(script); err != nil { // tells go test, too, on what the result depends
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NODE_NO_WARNINGS=1"}, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v\n%s", script, err, stderr.String())
	}
	var list []T
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var line T
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v: %s", script, err, lines.Text())
		}
		list = append(list, line)
	}
	if len(list) == 0 {
		t.Errorf("%s said nothing", script)
	}
	return list
}

// waitForEntities waits until the catalog has so many entities.
func waitForEntities(t *testing.T, s *server, n int) {
	t.Helper()
	eventually(t, 20*time.Second, fmt.Sprintf("%d entities", n), func() error {
		var list []any
		status, body := catalogCall(t, s, adminToken, http.MethodGet, "/entities?fields=kind", "")
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			return errf("status %d: %v", status, err)
		}
		if len(list) < n {
			return errf("%d entities", len(list))
		}
		return nil
	})
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// clientCatalog writes the files that catalog_client.cjs knows: 42 entities.
func clientCatalog(t *testing.T) string {
	t.Helper()
	const v = "apiVersion: backstage.io/v1alpha1\n"
	org := v + "kind: Group\nmetadata: {name: company}\nspec: {type: organization, children: [payments, data]}\n"
	for _, g := range []string{"payments", "data"} {
		org += "---\n" + v + "kind: Group\nmetadata: {name: " + g + "}\nspec: {type: team, parent: company, children: []}\n"
	}
	org += "---\n" + v + "kind: User\nmetadata: {name: ada}\nspec: {memberOf: [payments]}\n"
	org += "---\n" + v + "kind: User\nmetadata: {name: ben}\nspec: {memberOf: [data]}\n"
	shop := v + "kind: Domain\nmetadata: {name: commerce}\nspec: {owner: payments}\n"
	shop += "---\n" + v + "kind: System\nmetadata: {name: shop}\nspec: {owner: payments, domain: commerce}\n"
	shop += "---\n" + v + "kind: Resource\nmetadata: {name: orders-db}\nspec: {type: database, owner: payments}\n"
	shop += "---\n" + v + "kind: API\nmetadata: {name: payments-api}\nspec: {type: openapi, lifecycle: production, owner: payments, definition: {$text: ./openapi.yaml}}\n"
	shop += "---\n" + v + "kind: API\nmetadata: {name: ledger-events}\nspec: {type: asyncapi, lifecycle: experimental, owner: data, definition: 'asyncapi: 3.0.0'}\n"
	for i := range 30 {
		shop += "---\n" + v + clientComponent(i)
	}
	part := v + "kind: Component\nmetadata: {name: part-a}\nspec: {type: library, lifecycle: production, owner: payments}\n"
	all := v + "kind: Location\nmetadata: {name: all-parts}\nspec: {targets: [./parts/a.yaml]}\n"
	return writeFiles(t, t.TempDir(), map[string]string{"org.yaml": org, "shop.yaml": shop, "all.yaml": all, "parts/a.yaml": part,
		"openapi.yaml": "openapi: 3.1.0\ninfo: {title: Payments, version: 1.0.0}\npaths: {}\n"})
}

func clientComponent(i int) string {
	pick := func(n int, yes, no string) string {
		if i%n == 0 {
			return yes
		}
		return no
	}
	more := map[int]string{0: ", providesApis: [payments-api]", 1: ", dependsOn: ['resource:orders-db', 'component:svc-00']", 2: ", dependsOn: ['resource:orders-db']"}[i]
	meta := map[int]string{3: ", annotations: {github.com/project-slug: acme/svc}", 7: ", description: The book of record"}[i]
	return fmt.Sprintf("kind: Component\nmetadata: {name: svc-%02d, tags: [%s]%s}\nspec: {type: %s, lifecycle: %s, owner: %s, system: shop%s}\n",
		i, pick(3, "java", "go"), meta, pick(2, "service", "website"), pick(5, "experimental", "production"), pick(2, "payments", "data"), more)
}

// clientRepositories makes the repositories acme/shop and acme/bare of the
// embedded forge below dir, and returns a clone of the first.
func clientRepositories(t *testing.T, dir string) string {
	t.Helper()
	_, err := exec.LookPath("git")
	need(t, "git", err == nil)
	doc := func(name, title string) string {
		return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + ", title: " + title + "}\nspec: {type: service, lifecycle: production, owner: payments}\n"
	}
	work := filepath.Join(t.TempDir(), "shop")
	push(t, work, filepath.Join(dir, "acme", "shop.git"), map[string]string{
		"catalog-info.yaml": doc("shop-ui", "Shop UI") + "---\n" + doc("shop-worker", "Worker"), "moved.yaml": doc("shop-ui", "Shop front"),
		"other.yaml": doc("other", "Other"), "broken.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: -}\nspec: {}\n"})
	push(t, filepath.Join(t.TempDir(), "bare"), filepath.Join(dir, "acme", "bare.git"), map[string]string{"README.md": "# Bare\n\nNothing here yet.\n", "go.mod": "module example.com/bare\n"})
	return work
}

// push makes a repository with one commit at bare, through a clone at work.
func push(t *testing.T, work, bare string, files map[string]string) {
	t.Helper()
	writeFiles(t, work, files)
	for _, args := range [][]string{{"init", "-q", "--bare", "-b", "main", bare}, {"-C", work, "init", "-q", "-b", "main"}, {"-C", work, "config", "user.name", "Ada"},
		{"-C", work, "config", "user.email", "ada@example.com"}, {"-C", work, "add", "."}, {"-C", work, "commit", "-qm", "start"},
		{"-C", work, "remote", "add", "origin", bare}, {"-C", work, "push", "-q", "origin", "main"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// writeFiles writes files below dir and returns it.
func writeFiles(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
