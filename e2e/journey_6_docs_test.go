package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A developer opens the portal's docs and a service's docs, finds a section by
// search, follows links, looks at a picture, a diagram and coloured code, and
// copies an example.
func TestJourney6ReadDocs(t *testing.T) {
	s := start(t, options{sample: true})
	b := open(t, s)
	b.signIn("ada")

	b.goTo("/docs")
	b.waitText("main", "Payment API", 10*time.Second)
	b.axe("docs list")
	b.click(`main a[href="/docs/default/component/payment-api/"]`)
	b.waitText(".docs-nav", "Runbook", 5*time.Second)
	b.click(`.docs-nav a[href$="/runbook/"]`)
	b.waitText("h1", "Runbook", 5*time.Second)
	b.waitText(".admonition.tip", "First, look", 5*time.Second)
	b.waitText(".docs-turn .prev", "Architecture", 5*time.Second)
	if got := eval[int](b, `document.querySelectorAll('pre.chroma span[class]').length`); got == 0 {
		t.Error("the code of the runbook has no colours")
	}
	b.click(`.prose a[href="#the-card-vault-is-slow"]`)
	b.waitText(":target", "The card vault is slow", 5*time.Second)
	b.axe("docs page")
	b.dark(true)
	b.axe("docs page, dark")
	b.dark(false)

	t.Run("picture", func(t *testing.T) {
		b := b.in(t)
		b.goTo("/docs/default/component/payment-api/architecture/")
		eventually(t, 10*time.Second, "the page's pictures are drawn", func() error {
			if eval[bool](b, `[...document.querySelectorAll('.prose img:not([src^="data:"])')].every(i => { i.scrollIntoView(); return i.complete && i.naturalWidth > 0 })`) {
				return nil
			}
			return errf("a picture is missing")
		})
	})
	t.Run("diagram", func(t *testing.T) {
		b := b.in(t)
		b.goTo("/docs/default/component/waymark/")
		b.do("scroll to the diagram", chromedp.ScrollIntoView(chromedp.CSS("figure[data-mermaid]")))
		eventually(t, 30*time.Second, "the diagram is drawn", func() error {
			if eval[bool](b, `(i => !!i && i.naturalWidth > 100 && i.src.startsWith('data:image/svg+xml'))(document.querySelector('figure[data-mermaid] img'))`) {
				return nil
			}
			return errf("no picture in the figure yet")
		})
		b.axe("page with a diagram")
	})
	t.Run("search", func(t *testing.T) {
		b := b.in(t)
		b.goTo("/search")
		b.do("type the question", chromedp.SendKeys(chromedp.CSS(`main input[name="q"]`), "card vault slow"))
		b.click(`main button[type="submit"]`)
		b.waitText("#search-results", "The card vault is slow", 10*time.Second)
		b.axe("search results")
		b.click(`#search-results a[href$="/runbook/#the-card-vault-is-slow"]`)
		b.waitText("h1", "Runbook", 5*time.Second)
		if got := eval[string](b, `location.hash`); got != "#the-card-vault-is-slow" {
			t.Errorf("the hit leads to %q, not to its heading", got)
		}
	})
	t.Run("palette", func(t *testing.T) {
		b := b.in(t)
		b.goTo("/")
		b.do("open the palette", chromedp.KeyEvent("/"), chromedp.WaitVisible(chromedp.CSS("#palette input")))
		b.do("type with a slip", chromedp.SendKeys(chromedp.CSS("#palette input"), "runbok"))
		b.waitText("#palette-found", "Runbook", 10*time.Second)
	})
	b.clean()
}

// The docs answer programs, say where to go when a page is missing, and their
// files cannot run anything.
func TestDocsAddresses(t *testing.T) {
	s := start(t, options{sample: true})
	c := s.as("ada")
	tests := []struct {
		path   string
		status int
		has    string
		header map[string]string
	}{
		{"/docs/default/component/payment-api/runbook/", 200, "<h1", map[string]string{"Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; frame-src 'self'"}},
		{"/docs/DEFAULT/Component/payment-API/Runbook", 302, "", map[string]string{"Location": "/docs/default/component/payment-api/runbook/"}},
		{"/docs/default/component/payment-api/runbook.md", 200, "# Runbook", map[string]string{"Content-Type": "text/markdown; charset=utf-8"}},
		{"/docs/default/component/payment-api/img/payment.svg", 200, "<svg", map[string]string{"Content-Security-Policy": "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"}},
		{"/docs/default/component/payment-api/runbok/", 404, "There is no such page", nil},
		{"/docs/default/component/payment-api/..%2f..%2fcatalog-info.yaml", 404, "", nil},
		{"/docs/default/component/payment-api/%2e%2e/mkdocs.yml", 404, "", nil},
		{"/docs/default/component/nobody/", 404, "", nil},
		{"/docs/check?site=component:default/waymark", 200, "Nothing to mend", nil},
		{"/llms.txt", 200, "/docs/default/component/waymark/index.md", map[string]string{"Content-Type": "text/plain; charset=utf-8"}},
		{"/api/v1/docs/check?site=", 400, "site", nil},
		{"/api/v1/docs/check?site=component:default/payment-api", 200, `"broken":0`, nil},
		{"/api/v1/search?q=refund&limit=x", 400, "", nil},
		{"/docs/diagram", 200, "mermaid", map[string]string{"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-scripts"}},
	}
	eventually(t, 20*time.Second, "the sample's docs are read", func() error {
		if res, _ := c.get("/docs/default/component/payment-api/"); res.StatusCode != http.StatusOK {
			return errf("not there yet")
		}
		return nil
	})
	for _, tt := range tests {
		res, body := c.get(tt.path)
		if res.StatusCode != tt.status || !strings.Contains(body, tt.has) {
			t.Errorf("%s: status %d, want %d with %q in\n%s", tt.path, res.StatusCode, tt.status, tt.has, tail(body, 400))
		}
		for k, want := range tt.header {
			if got := res.Header.Get(k); got != want {
				t.Errorf("%s: %s is %q, want %q", tt.path, k, got, want)
			}
		}
	}
}
