package e2e

import (
	"strings"
	"testing"
	"time"
)

// Home greets by name and shows what is the reader's: services with their last
// deployment and cost, delivery, cost by day, docs, the portal's own status.
func TestJourney3Home(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	for _, who := range []struct {
		user string
		has  []string
	}{
		{"ada", []string{"Ada", "A survey waits for your opinion.", "Create a service", "6 owned by payments-team", "Payment API", "Deployment frequency",
			"Cost, last 30 days", "forecast for the month", "Recent activity", "SQLite answers", "How likely are you to recommend"}},
		{"ben", []string{"Ben", "My team's services", "My team's cost, last 30 days", "Change fail rate"}},
		{"grace", []string{"Grace", "Cost of all teams, last 30 days", "Platform status", "Environments of all teams", "Catalog health"}},
	} {
		t.Run(who.user, func(t *testing.T) {
			b := open(t, s)
			b.signIn(who.user)
			b.goTo("/")
			for _, text := range who.has {
				b.waitText("main", text, 5*time.Second)
			}
			for _, bad := range []string{"cannot be", "being loaded"} {
				if text := b.text("main"); strings.Contains(text, bad) {
					t.Errorf("home of %s says %q:\n%s", who.user, bad, text)
				}
			}
			if bars := eval[int](b, `document.querySelectorAll('.cost-bars rect').length`); bars != 30 {
				t.Errorf("%d bars of cost; want one for each of 30 days", bars)
			}
			if wide := eval[bool](b, `document.documentElement.scrollWidth > innerWidth`); wide {
				t.Error("home is wider than the window")
			}
			b.axe("home of " + who.user)
			b.size(360, 800)
			if wide := eval[bool](b, `document.documentElement.scrollWidth > innerWidth`); wide {
				t.Error("home is wider than a phone")
			}
			b.dark(true)
			b.axe("home of " + who.user + " on a phone, dark")
			b.clean()
		})
	}
}

// The links of home lead somewhere.
func TestHomeLinksLeadSomewhere(t *testing.T) {
	s := start(t, options{sample: true})
	s.loaded()
	ada := s.as("ada")
	_, body := ada.get("/")
	seen := map[string]bool{}
	for _, part := range strings.Split(body, `href="`)[1:] {
		to, _, _ := strings.Cut(part, `"`)
		to, _, _ = strings.Cut(strings.ReplaceAll(to, "&amp;", "&"), "#")
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "/assets/") || seen[to] {
			continue
		}
		seen[to] = true
		if res, _ := ada.get(to); res.StatusCode != 200 {
			t.Errorf("%s: %d", to, res.StatusCode)
		}
	}
	if len(seen) < 20 {
		t.Errorf("home has %d links; that cannot be all", len(seen))
	}
}
