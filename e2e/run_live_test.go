package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// firstRun is the newest run that c sees.
func (c *client) firstRun() string {
	c.s.t.Helper()
	var out struct{ Items []struct{ ID string } }
	res, body := c.get("/api/v1/runs?limit=1")
	if err := json.Unmarshal([]byte(body), &out); err != nil || res.StatusCode != http.StatusOK || len(out.Items) == 0 {
		c.s.t.Fatalf("runs: %d %s", res.StatusCode, body)
	}
	return out.Items[0].ID
}

// The page of a run stays open while the server is stopped or crashes and
// comes back: its log goes on where it was, no line is lost or doubled, and
// head and facts say how the run ended, without a reload.
func TestARunsPageSurvivesTheServer(t *testing.T) {
	engine := engines(t)[0]
	s := start(t, options{sample: true, env: []string{"WAYMARK_ENGINE=" + engine}})
	s.loaded()
	b := open(t, s)
	b.signIn("ada")
	for name, down := range map[string]func(){"stop": s.stop, "crash": s.kill} {
		t.Run(name, func(t *testing.T) {
			b := b.in(t)
			c := s.as("ada")
			env := c.launch("live-"+name, `{"slowness": 3}`)
			id := c.firstRun()
			b.goTo("/runs/" + id)
			b.waitText("#log", "Creating...", 20*time.Second)
			before := eval[int](b, `document.querySelectorAll('#log li').length`)
			down()
			time.Sleep(500 * time.Millisecond)
			s.restart()
			b.waitText("h1", "succeeded", 40*time.Second)
			b.waitText("[data-live-for=log]", "ended", 5*time.Second)
			b.waitText("#run-facts", "Took", 5*time.Second)
			order := eval[string](b, `[...document.querySelectorAll('#log li')].map((l, i) => l.id === 'l' + (i + 1) ? '' : l.id).join('')`)
			if after := eval[int](b, `document.querySelectorAll('#log li').length`); after <= before || order != "" {
				t.Errorf("%d lines before, %d after; out of order: %q", before, after, order)
			}
			_, text := c.get("/runs/" + id + "/log")
			if lines := strings.Count(text, "\n"); lines != eval[int](b, `document.querySelectorAll('#log li').length`) {
				t.Errorf("the page does not show the %d lines of the log", lines)
			}
			b.forget() // while the server is away the page says so in the console
			c.destroy(env)
		})
	}
}
