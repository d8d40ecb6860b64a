package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Journey 3: browse the catalog, narrow it, open an entity, see a change of a
// file within two seconds, and be told what is wrong with a broken one.
func TestJourneyBrowse(t *testing.T) {
	s := start(t, options{sample: true})
	b := open(t, s)
	b.signIn("ada")

	b.goTo("/catalog")
	b.waitText("#catalog-results", "Payment API", 5*time.Second)
	b.do("search for fraud", chromedp.SendKeys(chromedp.CSS("#catalog-q"), "fraud"))
	b.click(".catalog-find button")
	eventually(t, 5*time.Second, "the search is in the address", func() error {
		if at := eval[string](b, `location.search`); !strings.Contains(at, "q=fraud") {
			return errf("%s", at)
		}
		return nil
	})
	b.waitText("#catalog-results tbody", "Fraud scorer", 5*time.Second)
	if text := b.text("#catalog-results tbody"); strings.Contains(text, "Payment API") {
		t.Errorf("the search left others in: %s", text)
	}

	b.goTo("/catalog")
	b.click(`input[name="type"][value="website"]`)
	b.waitText("#catalog-results .pager, #catalog-results footer", "of 4", 5*time.Second)
	b.click(`.chip[href*="kind=api"]`)
	b.waitText("#catalog-results tbody", "Card tokens", 5*time.Second)
	b.click(`#catalog-results .lead a.name`)
	b.waitText(".tabs-line", "Definition", 5*time.Second)
	b.do("go back", chromedp.NavigateBack())
	b.waitText("#catalog-results tbody", "Card tokens", 5*time.Second)

	b.goTo("/catalog?kind=all&sort=-name")
	b.waitText("#catalog-results footer", "1–25 of", 5*time.Second)
	b.click(`#catalog-results .pager a[href*="after="]`)
	b.waitText("#catalog-results footer", "26–50 of", 5*time.Second)
	b.do("go back", chromedp.NavigateBack())
	b.waitText("#catalog-results footer", "1–25 of", 5*time.Second)

	b.goTo("/catalog/default/component/payment-api")
	for _, want := range []string{"Payments", "Checkout", "Dashboard", "Depends on and used by", "What happened"} {
		b.waitText("main", want, 5*time.Second)
	}
	b.click(`.graph a.node[href$="/resource/payments-db"]`)
	b.waitText("h1", "Payments database", 5*time.Second)
	b.clean()
}

// A file that changes shows within two seconds, a broken document hides
// nothing and shows with file, line and field.
func TestCatalogFollowsItsFiles(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded() // its bills and deliveries are written in large batches
	c := s.as("ada")
	eventually(t, 10*time.Second, "the sample's catalog is read", func() error { return has(c, "/catalog?kind=all&q=ledger", "Ledger") })
	file := filepath.Join(s.Data, "catalog", "ledger", "catalog-info.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(string(text), "Double-entry book of record", "The book that never lies", 1))
	eventually(t, 2*time.Second, "the change shows", func() error { return has(c, "/catalog/default/component/ledger", "The book that never lies") })

	write(string(text) + "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: half-written\nspec:\n  type: service\n  lifecycle: production\n")
	eventually(t, 2*time.Second, "the problem shows", func() error {
		return has(c, "/catalog/health", "ledger/catalog-info.yaml, document", "spec.owner is missing", "half-written")
	})
	if err := has(c, "/catalog/default/component/ledger", "Double-entry book of record"); err != nil {
		t.Errorf("the neighbour of a bad document: %v", err)
	}
	write(string(text))
	eventually(t, 2*time.Second, "the problem goes", func() error { return has(c, "/catalog/health", "No problems") })

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Second, "the removed entity is gone", func() error {
		res, body := c.get("/catalog/default/component/ledger")
		if res.StatusCode != 410 || !strings.Contains(body, "As it was last") {
			return errf("status %d", res.StatusCode)
		}
		return nil
	})
}

// Without a session there is no catalog; a viewer may look but not register.
func TestCatalogIsForWhoMaySeeIt(t *testing.T) {
	s := start(t, options{sample: true})
	c := s.as("ada")
	for _, target := range []string{"", "not an address", "https://elsewhere.example/a.yaml", "file:/etc/passwd", "https://waymark/../../etc", "<script>alert(1)</script>", "https://x/" + strings.Repeat("a", 3000)} {
		res, body := c.form("/catalog/register", url.Values{"target": {target}})
		if res.StatusCode != 422 || strings.Contains(body, "<script>alert") {
			t.Errorf("register %.40q: status %d, want 422 and nothing of it run", target, res.StatusCode)
		}
	}
	res, body := c.json("/api/v1/actions/register-location", `{"target": "https://elsewhere.example/a.yaml"}`)
	if res.StatusCode != 400 || !strings.Contains(body, `"target"`) {
		t.Errorf("register by API: %d %s, want 400 that names the field", res.StatusCode, body)
	}
}

// has reports whether a page holds all texts.
func has(c *client, path string, texts ...string) error {
	res, body := c.get(path)
	if res.StatusCode != 200 {
		return errf("%s: status %d", path, res.StatusCode)
	}
	for _, want := range texts {
		if !strings.Contains(body, want) {
			return errf("%s lacks %q", path, want)
		}
	}
	return nil
}
