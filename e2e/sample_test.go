package e2e

import (
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// answeredSurveys is how many answered which survey, oldest period last.
func answeredSurveys(t *testing.T, c *client) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, s := range apiGet[surveyList](t, c, "/surveys").Items {
		out[s.Survey+" "+s.State] += s.Answered
	}
	return out
}

// A crash while the sample is loaded loses nothing and doubles nothing.
func TestSampleGoesOnAfterACrash(t *testing.T) {
	s := start(t, options{sample: true})
	for range 4 {
		time.Sleep(time.Duration(100+rand.IntN(1500)) * time.Millisecond)
		s.kill()
		s.restart()
	}
	s.loaded()
	ada := s.as("ada")
	got := answeredSurveys(t, ada)
	for survey, want := range map[string]int{"platform-quarterly closed": 26 + 28, "platform-quarterly open": 12, "ledger-on-call closed": 3} {
		if got[survey] != want {
			t.Errorf("%s: %d answers; want %d", survey, got[survey], want)
		}
	}
	costs := apiGet[struct{ Items []struct{ Key string } }](t, ada, "/costs?group=team&from="+time.Now().AddDate(-2, 0, 0).Format(time.DateOnly)+"&to="+time.Now().AddDate(0, 0, 1).Format(time.DateOnly))
	if len(costs.Items) < 6 {
		t.Errorf("costs of %d teams; want those of six", len(costs.Items))
	}
	before := lineCount(s, "path=/hooks/")
	s.stop()
	s.restart()
	s.loaded()
	time.Sleep(300 * time.Millisecond)
	if n := lineCount(s, "path=/hooks/"); n != before {
		t.Errorf("a restart posted %d more deliveries; want none", n-before)
	}
}

func lineCount(s *server, what string) int { return strings.Count(s.log.String(), what) }

// The sample can be removed and made new, but never under a server that uses
// it, and real data beside it stays.
func TestSampleCommands(t *testing.T) {
	s := start(t, options{sample: true})
	data := filepath.Dir(s.Data)
	if err := os.WriteFile(filepath.Join(data, "real.txt"), []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"WAYMARK_DATA=" + data}
	for _, command := range []string{"reset", "remove"} {
		if out, err := tool(t, env, "sample", command); err == nil || !strings.Contains(out, "stop it first") {
			t.Errorf("sample %s under a running server: %v\n%s", command, err, out)
		}
	}
	if res, err := http.Get(s.URL + "/readyz"); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("the server after refused commands: %v", err)
	}
	s.stop()
	if out, err := tool(t, env, "sample", "reset"); err != nil || !strings.Contains(out, "anew") {
		t.Fatalf("sample reset: %v\n%s", err, out)
	}
	if _, err := os.Stat(s.Data); !os.IsNotExist(err) {
		t.Error("the sample's folder is still there")
	}
	s.restart()
	s.as("ada")
	s.stop()
	if out, err := tool(t, env, "sample", "remove"); err != nil {
		t.Fatalf("sample remove: %v\n%s", err, out)
	}
	if out, err := tool(t, env, "sample", "remove"); err != nil || !strings.Contains(out, "no sample organisation") {
		t.Errorf("a second sample remove: %v\n%s", err, out)
	}
	if b, err := os.ReadFile(filepath.Join(data, "real.txt")); err != nil || string(b) != "keep" {
		t.Errorf("real data beside the sample: %q, %v", b, err)
	}
}
