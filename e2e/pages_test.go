package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// start pages of the crawl; what they link to below is found by itself.
var known = []string{"/", "/catalog", "/catalog/health", "/catalog/ownership", "/catalog/views", "/catalog/views/new?kind=api", "/catalog/default/component/payment-api", "/catalog/default/group/payments-team",
	"/catalog/default/user/ada", "/catalog/default/api/legacy-payments/definition", "/catalog/default/api/ledger/definition?view=text", "/catalog/default/component/ledger/ancestry",
	"/catalog/default/system/checkout", "/create", "/create/default/go-rest-api", "/blueprints", "/environments", "/environments/new?blueprint=sandbox", "/runs", "/docs",
	"/docs/default/component/waymark/", "/docs/default/component/payment-api/", "/search?q=payment", "/costs", "/dora", "/deployments", "/surveys", "/policies",
	"/audit", "/settings", "/settings/tokens", "/settings/sessions", "/no-such-page"}

// pages are the known pages and one link deeper: one page for each shape of
// address, so that a list of a hundred entities counts once.
func pages(t *testing.T, c *client) []string {
	t.Helper()
	seen, out := map[string]bool{}, []string{}
	add := func(path string) bool {
		if seen[shape(path)] {
			return false
		}
		seen[shape(path)] = true
		out = append(out, path)
		return true
	}
	link := regexp.MustCompile(`href="(/[^"#]*)"`)
	for _, path := range known {
		add(path)
		_, body := c.get(path)
		for _, m := range link.FindAllStringSubmatch(body, -1) {
			p := strings.ReplaceAll(m[1], "&amp;", "&")
			if !strings.HasPrefix(p, "/assets/") && !strings.Contains(p, ".csv") && !strings.Contains(p, "/export.") && !strings.Contains(p, "format=") && !strings.HasSuffix(p, ".md") && !strings.HasPrefix(p, "/api/") && !strings.HasPrefix(p, "/git/") && !strings.Contains(p, "/raw") {
				add(p)
			}
		}
	}
	return out
}

// Names in addresses: a catalog entity's, a docs page's beyond the known ones,
// an identifier, a rule's or blueprint's.
var (
	entityTab  = regexp.MustCompile(`^/catalog/[^/?]+/[^/?]+/[^/?]+/(history|yaml|ancestry)$`) // the same for all kinds
	entityName = regexp.MustCompile(`^/catalog/[^/?]+/([^/?]+)/[^/?]+`)
	docsPage   = regexp.MustCompile(`^/docs/.*`)
	someID     = regexp.MustCompile(`[a-z]+_[0-9a-z]{26}`)
	policyRule = regexp.MustCompile(`^/(policies|blueprints)/[^/?]+`)
)

// shape is an address without names, identifiers and queries.
func shape(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if !slices.Contains(known, path) {
		path = docsPage.ReplaceAllString(path, "/docs/*")
	}
	path = entityTab.ReplaceAllString(path, "/catalog/*/*/*/$1")
	path = entityName.ReplaceAllString(path, "/catalog/*/$1/*")
	return someID.ReplaceAllString(policyRule.ReplaceAllString(path, "/$1/*"), "*")
}

// Every page, in light and dark: axe finds nothing, the console is silent,
// nothing leaves the machine, and at 360 px nothing sticks out.
func TestEveryPageIsCleanAndAccessible(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	c := s.as("ines")
	b := open(t, s)
	b.signIn("ines")
	for _, path := range pages(t, c) {
		t.Run(path, func(t *testing.T) {
			b := b.in(t)
			b.size(1440, 1000)
			b.dark(false)
			b.goTo(path)
			b.axe("light")
			b.dark(true)
			b.axe("dark")
			b.dark(false)
			b.size(360, 780)
			eventually(t, 2*time.Second, "nothing sticks out at 360 px", func() error { // a chart draws itself anew
				if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					return errf("the page is %d px too wide", over)
				}
				return nil
			})
			if path == "/no-such-page" {
				b.forget()
			}
			b.clean()
		})
	}
}

// budgets of a page: bytes over the wire and requests, from a cold cache.
func TestPagesKeepTheirBudget(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	b := open(t, s)
	b.signIn("ada")
	for path, limit := range map[string]struct{ kb, requests int }{
		"/catalog": {80, 6}, "/catalog/default/component/ledger": {80, 6}, "/runs": {80, 6}, "/docs": {80, 6}, "/surveys": {80, 6}, "/costs": {500, 8}, "/dora": {500, 8},
	} {
		t.Run(path, func(t *testing.T) {
			b := b.in(t)
			b.coldCache()
			b.goTo(path)
			const sum = `(() => { const e = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]; return [e.length, e.reduce((n, x) => n + x.transferSize, 0)] })()`
			got := eval[[]int](b, sum)
			if got[0] > limit.requests || got[1] > limit.kb*1024 {
				t.Errorf("%d requests, %d KB; budget %d, %d KB", got[0], got[1]/1024, limit.requests, limit.kb)
			}
			if shift := eval[float64](b, `performance.getEntriesByType('layout-shift').reduce((n, e) => n + e.value, 0)`); shift > 0.05 {
				t.Errorf("layout shift %.3f", shift)
			}
		})
	}
}

// make shots writes a picture of every page in light, dark and at 360 px.
func TestShots(t *testing.T) {
	dir := os.Getenv("WAYMARK_SHOTS")
	if dir == "" {
		t.Skip("WAYMARK_SHOTS names no folder; make shots does")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := start(t, options{sample: true})
	s.loaded()
	user := "ada"
	if u := os.Getenv("WAYMARK_SHOTS_AS"); u != "" {
		user = u
	}
	c := s.as(user)
	b := open(t, s)
	b.signIn(user)
	list := strings.Fields(os.Getenv("WAYMARK_SHOTS_PAGES"))
	if len(list) == 0 {
		list = pages(t, c)
	}
	for _, path := range list {
		name := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(path), "-"), "-")
		if name == "" {
			name = "home"
		}
		for _, v := range []struct {
			suffix string
			dark   bool
			width  int64
		}{{"light", false, 1440}, {"dark", true, 1440}, {"360", false, 360}} {
			b.size(v.width, 1000)
			b.dark(v.dark)
			b.goTo(path)
			b.do("settle", chromedp.Sleep(shotPause))
			b.shot(filepath.Join(dir, name+"-"+v.suffix+".png"))
		}
	}
}
