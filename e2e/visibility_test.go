package e2e

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const zebraRules = `
catalog:
  visibility:
    - name: hr
      reason: Pay is nobody else's business.
      match: {owner: "group:default/hr"}
      visible_to: {groups: ["group:default/hr"]}
`

// zebraCatalog writes a catalog in which everything hidden has zebra in its
// name, and nothing else names it.
func zebraCatalog(t *testing.T) string {
	t.Helper()
	const v = "apiVersion: backstage.io/v1alpha1\n"
	org := v + "kind: Group\nmetadata: {name: company}\nspec: {type: organization, children: [payments, hr]}\n"
	for _, g := range []string{"payments", "hr"} {
		org += "---\n" + v + "kind: Group\nmetadata: {name: " + g + "}\nspec: {type: team, parent: company, children: []}\n"
	}
	org += "---\n" + v + "kind: User\nmetadata: {name: ada}\nspec: {memberOf: [payments], profile: {displayName: Ada}}\n"
	shop := v + "kind: System\nmetadata: {name: shop}\nspec: {owner: payments}\n"
	shop += "---\n" + v + "kind: Component\nmetadata: {name: till, tags: [go]}\nspec: {type: service, lifecycle: production, owner: payments, system: shop, dependsOn: ['resource:till-db'], providesApis: [till-api]}\n"
	shop += "---\n" + v + "kind: API\nmetadata: {name: till-api}\nspec: {type: grpc, lifecycle: production, owner: payments, definition: 'syntax = \"proto3\";'}\n"
	shop += "---\n" + v + "kind: Resource\nmetadata: {name: till-db}\nspec: {type: database, owner: payments}\n"
	zebra := v + "kind: Component\nmetadata: {name: zebra-pay, title: Zebra Payroll, description: Pays zebras., tags: [zebratag], labels: {zebra.example/label: zebra}," +
		" annotations: {backstage.io/techdocs-ref: 'dir:.'}, links: [{url: 'https://zebra.example', title: Zebra board}]}\n" +
		"spec: {type: zebraservice, lifecycle: zebracycle, owner: hr, system: shop, dependsOn: ['component:till', 'component:zebra-lost'], providesApis: [zebra-api], consumesApis: [till-api]}\n"
	zebra += "---\n" + v + "kind: API\nmetadata: {name: zebra-api}\nspec: {type: grpc, lifecycle: production, owner: hr, system: shop, definition: 'message Zebra {}'}\n"
	zebra += "---\n" + v + "kind: Resource\nmetadata: {name: zebra-db}\nspec: {type: zebrabase, owner: hr, system: shop}\n"
	zebra += "---\n" + v + "kind: User\nmetadata: {name: zebra-hal, namespace: zebras}\nspec: {owner: 'group:default/hr', memberOf: [payments], profile: {displayName: Hal Zebra}}\n"
	zebra += "---\n" + v + "kind: Component\nmetadata: {name: zebra-broken}\nspec: {type: [zebra], lifecycle: production, owner: hr}\n"
	zebra += "---\n" + v + "kind: Beast\nmetadata: {name: zebra-beast}\nspec: {owner: hr}\n"
	gone := v + "kind: Component\nmetadata: {name: zebra-gone}\nspec: {type: service, lifecycle: production, owner: hr}\n"
	return writeFiles(t, t.TempDir(), map[string]string{"org.yaml": org, "shop.yaml": shop, "hr/catalog.yaml": zebra, "hr/gone.yaml": gone,
		"hr/docs/index.md": "# Zebra runbook\n\nFeed the zebra.\n", "hr/mkdocs.yml": "site_name: Zebra\n", "waymark.yaml": zebraRules})
}

// asToken answers a request with a bearer token; redirects are not followed.
func asToken(t *testing.T, s *server, token, method, path, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	c := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(res.Body, 8<<20)) // a stream ends with the client's patience
	return res, string(b)
}

func startZebra(t *testing.T) *server {
	t.Helper()
	dir := zebraCatalog(t)
	s := start(t, options{env: []string{"WAYMARK_CONFIG=" + filepath.Join(dir, "waymark.yaml"), "WAYMARK_CATALOG_TRUSTED=file:" + dir,
		"WAYMARK_CATALOG_LOCATIONS=file:" + dir, "WAYMARK_BOOTSTRAP_TOKEN=" + adminToken,
		"WAYMARK_STATIC_TOKENS=watcher:viewer:" + hexSum(viewerToken) + ",checker:auditor:" + hexSum(auditorToken)}})
	waitForEntities(t, s, 18)
	if err := os.Remove(filepath.Join(dir, "hr", "gone.yaml")); err != nil {
		t.Fatal(err)
	}
	act := func(name, in string) {
		t.Helper()
		if res, body := asToken(t, s, adminToken, "POST", "/api/v1/actions/"+name, in); res.StatusCode >= 300 {
			t.Fatalf("%s: %d %s", name, res.StatusCode, body)
		}
	}
	act("record-deployment", `{"id":"zebra-1","service":"zebra-pay","environment":"production","finishedAt":"`+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+`","title":"Zebra release"}`)
	act("record-deployment", `{"id":"till-1","service":"till","environment":"production","finishedAt":"`+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+`"}`)
	act("record-incident", `{"id":"zebra-i","service":"zebra-pay","environment":"production","title":"Zebra down","startedAt":"`+time.Now().Add(-30*time.Minute).UTC().Format(time.RFC3339)+`"}`)
	for _, path := range []string{"/catalog/default/component/zebra-gone", "/docs/default/component/zebra-pay/"} {
		want := map[bool]int{true: http.StatusGone, false: http.StatusOK}[strings.HasSuffix(path, "gone")]
		eventually(t, 20*time.Second, path, func() error {
			if res, _ := asToken(t, s, adminToken, "GET", path, ""); res.StatusCode != want {
				return errf("status %d, want %d", res.StatusCode, want)
			}
			return nil
		})
	}
	eventually(t, 20*time.Second, "docs in the search", func() error {
		if _, body := asToken(t, s, adminToken, "GET", "/api/v1/search?q=runbook", ""); !strings.Contains(body, "Zebra runbook") {
			return errf("not found: %s", body)
		}
		return nil
	})
	return s
}

const auditorToken = "auditor-token-0123456789abcdef-0123456789"

// address finds what a page leads to, and what its scripts fetch.
var address = regexp.MustCompile(`(?:href|src|action|hx-get|hx-sse:connect|data-(?:url|src|href))="(/[^"]*)"`)

// crawl asks for every page and every read of both APIs that a token leads
// to, and returns the answers by path.
func crawl(t *testing.T, s *server, token string) map[string]string {
	t.Helper()
	todo := []string{"/", "/catalog", "/catalog?kind=", "/catalog/health", "/catalog/new", "/docs", "/create", "/environments", "/runs", "/costs", "/dora", "/deployments",
		"/policies", "/blueprints", "/surveys", "/settings", "/settings/visibility", "/audit", "/status", "/search?q=zebra", "/search?q=zebar", "/search?q=runbook", "/search?q=hal", "/llms.txt",
		"/catalog?q=zebra", "/catalog?owner=group:default/hr", "/catalog?tag=zebratag", "/catalog/export.csv", "/catalog/export.json", "/catalog?group=system", "/catalog/ownership", "/catalog/sources",
		"/catalog/default/system/shop", "/catalog/default/component/till", "/catalog/default/api/till-api", "/catalog/default/group/hr", "/catalog/default/group/payments",
		"/api/catalog/entities", "/api/catalog/entities/by-query", "/api/catalog/entity-facets?facet=kind&facet=metadata.tags&facet=spec.type&facet=spec.system&facet=relations.haspart",
		"/api/catalog/locations", "/metrics", "/openapi.json"}
	todo = append(todo, reads(t, s, token, "/api/v1/openapi.json", "/api/v1")...)
	todo = append(todo, reads(t, s, token, "/api/catalog/openapi.json", "/api/catalog")...)
	seen, answers := map[string]bool{}, map[string]string{}
	for len(todo) > 0 && len(seen) < 1500 {
		path, _, _ := strings.Cut(todo[0], "#")
		todo = todo[1:]
		if seen[path] || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/sign-out") {
			continue
		}
		seen[path] = true
		res, body := asToken(t, s, token, "GET", path, "")
		answers[path] = fmt.Sprint(res.StatusCode, " ", res.Header, " ", body)
		if res.StatusCode >= 500 {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
		if loc := res.Header.Get("Location"); strings.HasPrefix(loc, "/") {
			todo = append(todo, loc)
		}
		for _, m := range address.FindAllStringSubmatch(body, -1) {
			todo = append(todo, html.UnescapeString(m[1]))
		}
	}
	return answers
}

// reads lists the GET operations of an API with names for their parameters.
func reads(t *testing.T, s *server, token, spec, prefix string) []string {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	_, body := asToken(t, s, token, "GET", spec, "")
	if err := json.Unmarshal([]byte(body), &doc); err != nil || len(doc.Paths) == 0 {
		t.Fatalf("%s: %d paths, %v", spec, len(doc.Paths), err)
	}
	named := strings.NewReplacer("{namespace}", "default", "{kind}", "component", "{name}", "till", "{scope}", "all", "{type}", "component")
	var out []string
	for path, methods := range doc.Paths {
		if methods["get"] == nil {
			continue
		}
		path = named.Replace(path)
		if !strings.HasPrefix(path, prefix) {
			path = prefix + path
		}
		out = append(out, path)
	}
	slices.Sort(out)
	return out
}

// Two who may not see what a rule hides ask for everything that pages and
// APIs lead to: a viewer, and an auditor who reads what is kept for teams.
func TestNothingTellsOfWhatIsHidden(t *testing.T) {
	s := startZebra(t)
	told := 0
	for _, body := range crawl(t, s, adminToken) {
		if strings.Contains(strings.ToLower(body), "zebra") {
			told++
		}
	}
	if told < 20 {
		t.Errorf("an administrator is told on %d pages only: the crawl sees too little", told)
	}
	for name, token := range map[string]string{"viewer": viewerToken, "auditor": auditorToken} {
		answers := crawl(t, s, token)
		if len(answers) < 60 {
			t.Errorf("%s: only %d answers", name, len(answers))
		}
		for path, body := range answers {
			if leaked(path, body) {
				t.Errorf("%s is told at %s: %s", name, path, around(body))
			}
		}
	}
}

// leaked reports whether an answer tells more than the question itself did:
// a search for zebra says that it found nothing for zebra.
func leaked(path, body string) bool {
	body = strings.ToLower(body)
	q, _ := url.ParseQuery(path[strings.Index(path+"?", "?")+min(1, strings.Count(path, "?")):])
	if asked := strings.ToLower(q.Get("q") + q.Get("tag")); strings.Contains(asked, "zeb") {
		for _, quoted := range []string{asked, url.QueryEscape(asked)} {
			body = strings.ReplaceAll(body, quoted, "")
		}
	}
	return strings.Contains(body, "zebra")
}

func around(body string) string {
	at := strings.Index(strings.ToLower(body), "zebra")
	return body[max(0, at-150):min(len(body), at+150)]
}

// What is asked for by name is answered for a hidden entity as for one that
// never was, word for word.
func TestHiddenIsAnsweredAsUnknown(t *testing.T) {
	s := startZebra(t)
	asks := []struct{ method, path, body string }{
		{"GET", "/catalog/default/component/NAME", ""},
		{"GET", "/catalog/default/component/NAME/yaml", ""},
		{"GET", "/catalog/default/component/NAME/graph", ""},
		{"GET", "/catalog/default/component/NAME?tab=graph", ""},
		{"GET", "/catalog/default/component/NAME?tab=history", ""},
		{"GET", "/docs/default/component/NAME/", ""},
		{"GET", "/docs/default/component/NAME/index.md", ""},
		{"GET", "/catalog?q=NAME", ""},
		{"GET", "/search?q=NAME", ""},
		{"GET", "/dora?scope=component:default/NAME", ""},
		{"GET", "/costs?service=component:default/NAME", ""},
		{"GET", "/environments?service=component:default/NAME", ""},
		{"GET", "/environments/new?service=component:default/NAME", ""},
		{"GET", "/runs?subject=component:default/NAME", ""},
		{"GET", "/api/v1/search?q=NAME", ""},
		{"GET", "/api/v1/environments?service=component:default/NAME", ""},
		{"GET", "/api/v1/runs?subject=component:default/NAME", ""},
		{"GET", "/api/v1/dora?scope=component:default/NAME", ""},
		{"GET", "/api/v1/costs?service=component:default/NAME", ""},
		{"GET", "/api/v1/docs/default/component/NAME", ""},
		{"GET", "/api/catalog/entities/by-name/component/default/NAME", ""},
		{"GET", "/api/catalog/entities/by-name/component/default/NAME/ancestry", ""},
		{"GET", "/api/catalog/locations/by-entity/component/default/NAME", ""},
		{"POST", "/api/catalog/entities/by-refs", `{"entityRefs":["component:default/NAME"]}`},
		{"GET", "/api/catalog/entities?filter=metadata.name=NAME", ""},
		{"POST", "/api/catalog/refresh", `{"entityRef":"component:default/NAME"}`},
		{"POST", "/api/v1/actions/record-deployment", `{"service":"NAME","environment":"production","finishedAt":"2026-10-01T00:00:00Z"}`},
		{"POST", "/api/v1/actions/record-incident", `{"service":"NAME","environment":"production","startedAt":"2026-10-01T00:00:00Z"}`},
		{"POST", "/api/v1/actions/launch-environment", `{"name":"x","kind":"dev","blueprint":"sandbox","owner":"payments","service":"NAME","parameters":{}}`},
		{"POST", "/api/v1/actions/refresh-source", `{"source":"component:default/NAME"}`},
	}
	for _, ask := range asks {
		t.Run(ask.method+" "+ask.path, func(t *testing.T) {
			for _, hidden := range []string{"zebra-pay", "zebra-gone"} {
				absent := strings.ReplaceAll(hidden, "zebra", "qwyjk")
				if got, want := answered(t, s, ask.method, ask.path, ask.body, hidden), answered(t, s, ask.method, ask.path, ask.body, absent); got != want {
					t.Errorf("hidden %s\nabsent %s", differ(got, want), differ(want, got))
				}
			}
		})
	}
}

// volatile is what differs from answer to answer.
var volatile = regexp.MustCompile(`(?i)(req|dep|inc|run)_[0-9a-z]{26}|"(requestId|request)":\s*"[^"]*"|nonce-[^"' ]+|value="[A-Za-z0-9_-]{32,}"|name="csrf[^>]*>|\d+(\.\d+)? ?(µs|ms)|"took[A-Za-z_]*":\s*[\d.]+`)

func answered(t *testing.T, s *server, method, path, body, name string) string {
	t.Helper()
	named := strings.NewReplacer("NAME", name)
	res, answer := asToken(t, s, viewerToken, method, named.Replace(path), named.Replace(body))
	answer = strings.ReplaceAll(answer, name, "NAME")
	return fmt.Sprint(res.StatusCode, " ", res.Header.Get("Location"), " ", volatile.ReplaceAllString(answer, "~"))
}

// differ shows the part of a that is not as in b.
func differ(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return a[:min(len(a), 4)] + "… " + a[max(0, i-80):min(len(a), i+200)]
}
