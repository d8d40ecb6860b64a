package e2e

import (
	"encoding/csv"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// trouble is a file with one problem of each of three sorts: a document that
// is not stored, an owner that does not exist and a dependency that does not.
const trouble = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: stray-worker, title: Stray worker, description: "=1+1"}
spec: {type: worker, lifecycle: production, owner: left-team, system: checkout, dependsOn: ["resource:gone-db"]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: half-written}
spec: {type: service, lifecycle: production}
`

// Find things again: star, save, group, export; see who owns what and what is
// wrong.
func TestCatalogPages(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	if err := os.WriteFile(filepath.Join(s.Data, "catalog", "trouble.yaml"), []byte(trouble), 0o644); err != nil {
		t.Fatal(err)
	}
	c := s.as("ada")
	eventually(t, 10*time.Second, "the problems show", func() error {
		return has(c, "/catalog/health", "spec.owner is missing", "resource:default/gone-db, which is not in the catalog", "group:default/left-team, which")
	})
	b := open(t, s)
	b.signIn("ada")
	t.Run("stars", func(t *testing.T) { starring(t, b.in(t), c) })
	t.Run("views", func(t *testing.T) { saving(t, b.in(t), s) })
	t.Run("groups", func(t *testing.T) { grouping(t, b.in(t)) })
	t.Run("health", func(t *testing.T) { ailing(t, b.in(t), c) })
	t.Run("export", func(t *testing.T) { exporting(t, c) })
}

func starring(t *testing.T, b *browser, c *client) {
	b.goTo("/catalog?q=ledger")
	b.waitText("#catalog-results tbody", "Ledger", 5*time.Second)
	const star = `button.star[value="component:default/ledger"]`
	b.click(star + `[aria-pressed="false"]`)
	b.do("see the star", chromedp.WaitVisible(chromedp.CSS(star+`[aria-pressed="true"]`)))
	if at := eval[string](b, `location.pathname + location.search`); at != "/catalog?q=ledger" {
		t.Errorf("a star leads to %s", at)
	}
	b.click(`.filters a.chip[href*="starred=true"]`)
	b.waitText("#catalog-results footer", "1–1 of 1", 5*time.Second)
	res, _ := c.form("/catalog/star", url.Values{"star": {"component:default/payment-api"}, "return_to": {"/catalog?starred=true"}})
	if res.StatusCode != 200 && res.StatusCode != 303 {
		t.Errorf("a star without scripts: %d", res.StatusCode)
	}
	if err := has(c, "/catalog?starred=true", "Payment API", "Ledger", "1–2 of 2"); err != nil {
		t.Error(err)
	}
	b.clean()
}

func saving(t *testing.T, b *browser, s *server) {
	b.goTo("/catalog?kind=api&lifecycle=production")
	b.click(`.filters a[href^="/catalog/views/new"]`)
	b.waitText("h1", "Save this view", 5*time.Second)
	b.do("name it", chromedp.SendKeys(chromedp.CSS("#f-name"), "Our live APIs"))
	b.do("share it", chromedp.SendKeys(chromedp.CSS("#f-group"), "Pay"))
	b.axe("the form of a view")
	b.click(`form.narrow button[type="submit"]`)
	b.waitText(".filters [aria-current]", "APIs", 5*time.Second)
	b.waitText("#catalog-results", "Our live APIs", 5*time.Second)
	if at := eval[string](b, `location.search`); at != "?kind=api&lifecycle=production" {
		t.Errorf("a saved view leads to %s", at)
	}
	for who, want := range map[string]bool{"ben": true, "grace": false} { // ben is of the same team
		if got := has(s.as(who), "/catalog/views", "Our live APIs") == nil; got != want {
			t.Errorf("%s sees the team's view: %v, want %v", who, got, want)
		}
	}
	b.goTo("/catalog/views")
	b.axe("the page of views")
	b.click(`form[action="/catalog/views/delete"] button`)
	b.waitText("main", "No view yet", 5*time.Second)
	b.clean()
}

func grouping(t *testing.T, b *browser) {
	b.goTo("/catalog?group=system")
	b.waitText("table.groups", "Checkout", 5*time.Second)
	const head = `a[id="group-system:default/checkout"]`
	if open := eval[string](b, `document.querySelector('`+head+`').getAttribute('aria-expanded')`); open != "false" {
		t.Errorf("a group begins with aria-expanded %s", open)
	}
	b.do("open it by key", chromedp.Focus(chromedp.CSS(head)), chromedp.KeyEvent("\r"))
	b.waitText("table.groups", "Payment API", 5*time.Second)
	b.waitText("table.groups", "2 problems", 5*time.Second)
	if focused := eval[string](b, `document.activeElement.id`); focused != "group-system:default/checkout" {
		t.Errorf("the focus is on %q after opening", focused)
	}
	b.axe("the list by system")
	b.goTo("/catalog/ownership")
	b.waitText("main", "owner is gone", 5*time.Second)
	b.axe("ownership")
	b.click(`.stat a[href*="state=owner-gone"]`)
	b.waitText("#catalog-results tbody", "Stray worker", 5*time.Second)
	b.clean()
}

func ailing(t *testing.T, b *browser, c *client) {
	b.goTo("/catalog/health")
	b.waitText("#problems-found footer", "3 of 3 problems", 5*time.Second)
	b.axe("catalog health")
	b.click(`input[name="code"][value="dangling"]`)
	b.waitText("#problems-found footer", "2 of 2 problems", 5*time.Second)
	if text := b.text("#problems-found tbody"); !strings.Contains(text, "Stray worker") && !strings.Contains(text, "stray-worker") {
		t.Errorf("no entity stands beside the problem: %s", text)
	}
	res, body := c.get("/api/v1/catalog/problems?owner=left-team&code=dangling")
	var got struct {
		Total int
		Items []struct{ Entity, Target, Field, File string }
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || res.StatusCode != 200 || got.Total != 2 || !slices.ContainsFunc(got.Items, func(i struct{ Entity, Target, Field, File string }) bool {
		return i.Target == "resource:default/gone-db" && i.Field == "spec.dependsOn" && i.File == "trouble.yaml"
	}) {
		t.Errorf("the API answers %d %s", res.StatusCode, body)
	}
	if res, _ := c.get("/api/v1/catalog/problems?colour=red"); res.StatusCode != 400 {
		t.Errorf("an unknown parameter: %d", res.StatusCode)
	}
	b.clean()
}

func exporting(t *testing.T, c *client) {
	res, body := c.get("/catalog/export.csv?kind=component&q=stray")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || res.StatusCode != 200 || len(rows) != 2 || rows[1][0] != "component:default/stray-worker" || rows[1][10] != "'=1+1" {
		t.Errorf("CSV: %d %v %v", res.StatusCode, rows, err)
	}
	res, body = c.get("/catalog/export.json?kind=all")
	var all []map[string]any
	if err := json.Unmarshal([]byte(body), &all); err != nil || res.StatusCode != 200 || len(all) < 90 {
		t.Errorf("JSON: %d, %d rows, %v", res.StatusCode, len(all), err)
	}
	if res, _ := c.get("/catalog/export.csv?colour=red"); res.StatusCode != 422 {
		t.Errorf("an export with an unknown parameter: %d, want 422", res.StatusCode)
	}
}
