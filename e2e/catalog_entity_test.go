package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// From a component to what stands around it, by the keyboard alone; what
// depends on it; an API's definition; and a change with its values.
func TestEntityPages(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	b := open(t, s)
	b.signIn("ada")
	t.Run("graph", func(t *testing.T) { entityGraph(b.in(t)) })
	t.Run("impact", func(t *testing.T) { entityImpact(b.in(t), s) })
	t.Run("definition", func(t *testing.T) { entityDefinition(b.in(t), s) })
	t.Run("history", func(t *testing.T) { entityHistory(b.in(t), s) })
}

// pressTo presses Tab until the element with the focus fits the selector.
func pressTo(b *browser, selector string) {
	for range 120 {
		if eval[bool](b, `document.activeElement?.matches(`+quote(selector)+`) ?? false`) {
			return
		}
		b.do("press Tab", chromedp.KeyEvent(kb.Tab))
	}
	b.t.Fatalf("Tab never came to %s", selector)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }

func entityGraph(b *browser) {
	b.goTo("/catalog/default/component/ledger/graph?depth=3")
	pressTo(b, ".network a.node")
	first := eval[string](b, `document.activeElement.querySelector('title').textContent`)
	b.do("press Tab", chromedp.KeyEvent(kb.Tab))
	if second := eval[string](b, `document.activeElement.querySelector('title')?.textContent ?? ''`); second == "" || second == first {
		b.t.Errorf("after %q the keyboard goes to %q, want the next box", first, second)
	}
	pressTo(b, `.network a.node[href*="/resource/ledger-db/"]`)
	b.do("press Enter", chromedp.KeyEvent(kb.Enter))
	b.waitText("h1", "Ledger database", 5*time.Second)
	b.waitAt("/resource/ledger-db/graph?depth=3", 5*time.Second)
	b.waitText("#graph-table", "depends on Ledger database", 5*time.Second)

	b.click(`input[name="relation"][value="owners"]`)
	b.waitText("#graph-table", "is owned by", 5*time.Second)
	b.click(`.graph-zoom a[href*="zoom=150"]`)
	b.waitAt("zoom=150", 5*time.Second)
	if wide := eval[bool](b, `document.querySelector('.network').scrollWidth > document.querySelector('.network').clientWidth`); !wide {
		b.t.Error("at 150 % the drawing fits its frame")
	}
	pressTo(b, ".network")
	b.do("press -", chromedp.KeyEvent("-"))
	b.waitAt("zoom=100", 5*time.Second)
	b.axe("light")
	b.dark(true)
	b.axe("dark")
	b.dark(false)
	b.clean()
}

func entityImpact(b *browser, s *server) {
	b.goTo("/catalog/default/component/ledger")
	b.click(`.tabs-line a[href$="/impact"]`)
	for _, want := range []string{"1 hop: directly", "2 hops", "By team", "Payout worker"} {
		b.waitText("main", want, 5*time.Second)
	}
	b.axe("light")
	b.dark(true)
	b.axe("dark")
	b.dark(false)
	res, body := s.as("ada").get("/catalog/default/component/ledger/impact.csv")
	if res.StatusCode != 200 || !strings.Contains(body, "2,component:default/payout-worker,Payout worker,Component,worker,production,group:default/payments-team,api:default/ledger") {
		b.t.Errorf("impact.csv: %d\n%s", res.StatusCode, body)
	}
	b.clean()
}

func entityDefinition(b *browser, s *server) {
	b.goTo("/catalog/default/api/legacy-payments/definition")
	b.waitText(".apidef", "OpenAPI 2.0 (Swagger), version 1.4.2", 5*time.Second)
	b.do("search for refund", chromedp.SendKeys(chromedp.CSS("#def-q"), "refund"))
	b.click(`.apidef-list form button`)
	b.waitText(".apidef-list", "1 match", 5*time.Second)
	b.click(`.apidef-list a[href*="at=refundCharge"]`)
	b.waitText(".apidef-item", "Give back a charge", 5*time.Second)
	b.waitText(".apidef-item", "It was given back already", 5*time.Second)
	b.click(`.apidef-item header a[href*="view=text"]`)
	b.waitText(".code-lines .marked", `"post": {`, 5*time.Second)
	for _, path := range []string{"merchant-graph/definition?at=mutation%3Arefund", "ledger-stream/definition?at=type%3AEntry", "payment-events/definition", "support-tools/definition"} {
		b.goTo("/catalog/default/api/" + path)
		b.axe("light")
	}
	b.dark(true)
	b.goTo("/catalog/default/api/payout-events/definition?at=onPayout")
	b.axe("dark")
	b.dark(false)
	res, body := s.as("ada").get("/catalog/default/api/ledger-stream/definition/raw")
	if res.StatusCode != 200 || !strings.HasPrefix(body, `syntax = "proto3";`) || !strings.Contains(res.Header.Get("Content-Disposition"), "ledger-stream.proto") {
		b.t.Errorf("raw definition: %d %v", res.StatusCode, res.Header)
	}
	b.clean()
}

// A change of a file shows with what the field was and why the entity is here.
func entityHistory(b *browser, s *server) {
	file := filepath.Join(s.Data, "catalog", "fraud.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	changed := strings.Replace(string(text), "lifecycle: production", "lifecycle: deprecated", 1)
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		b.t.Fatal(err)
	}
	c := s.as("ada")
	eventually(b.t, 5*time.Second, "the change shows", func() error {
		return has(c, "/catalog/default/component/fraud-scorer/history", "spec.lifecycle", "before and after")
	})
	b.goTo("/catalog/default/component/fraud-scorer/history")
	b.click(".history-diff summary")
	b.waitText(".history-diff", "deprecated", 5*time.Second)
	b.click(`a[href$="/ancestry"]`)
	b.waitText(".ancestry", "fraud.yaml", 5*time.Second)
	b.axe("light")
	b.clean()
}
