package goldenpath_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// alerts are the rules that a making brings.
type alerts struct {
	Groups []struct {
		Rules []struct {
			Alert, Record, Expr, For string
			Labels, Annotations      map[string]string
		}
	}
}

// Every service brings the three default alerts, each with service, team and
// a section of the runbook.
func TestAlerts(t *testing.T) {
	t.Parallel()
	up := map[string]string{"go-rest-api": `up{job="refund-api"} == 0`, "go-event-processor": `up{job="refund-api"} == 0`}
	for _, m := range makings {
		files := map[string]string{}
		for _, f := range trial(t, m).Files {
			files[f.Path] = f.Text
		}
		if files["observability/alerts.yaml"] == "" {
			continue
		}
		var a alerts
		if err := yaml.Unmarshal([]byte(files["observability/alerts.yaml"]), &a); err != nil {
			t.Fatal(err)
		}
		want := map[string][3]string{
			"High Error Rate": {`error_rate{service="refund-api"} > 0.01`, "5m", "warning"},
			"Service Down":    {up[m.path], "1m", "critical"},
			"High Latency":    {`latency_p99_ms{service="refund-api"} > 1000`, "10m", "warning"},
		}
		for _, r := range a.Groups[0].Rules {
			if r.Labels["service"] != service || r.Labels["team"] != "payments-team" {
				t.Errorf("%s: rule %s%s has the labels %v", m.name(), r.Alert, r.Record, r.Labels)
			}
			if r.Alert == "" {
				continue
			}
			if want[r.Alert][0] == "" { // a job is not up between its runs
				r.Expr = ""
			}
			if got := [3]string{r.Expr, r.For, r.Labels["severity"]}; got != want[r.Alert] {
				t.Errorf("%s: %s is %q, want %q", m.name(), r.Alert, got, want[r.Alert])
			}
			page, anchor, _ := strings.Cut(r.Annotations["runbook"], "#")
			if !slices.Contains(strings.Split(files[page], "\n"), "## "+r.Alert) || anchor != strings.ToLower(strings.ReplaceAll(r.Alert, " ", "-")) {
				t.Errorf("%s: %s leads to %s, which is not there", m.name(), r.Alert, r.Annotations["runbook"])
			}
			delete(want, r.Alert)
		}
		if len(want) > 0 {
			t.Errorf("%s lacks %v", m.name(), want)
		}
	}
}

// Prometheus takes the rules, and their tests pass.
func TestRulesWithPromtool(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		lacking(t, "promtool", "not on PATH; Debian's package prometheus has it")
	}
	for _, m := range makings {
		dir := m.make(t)
		if _, err := os.Stat(filepath.Join(dir, "observability")); err != nil {
			continue
		}
		in(t, dir, promtool, "check", "rules", "observability/alerts.yaml")
		in(t, dir, promtool, "test", "rules", "observability/alerts_test.yaml")
	}
}

// Dashboards show metrics that the program has.
func TestDashboards(t *testing.T) {
	t.Parallel()
	for _, m := range makings {
		var code strings.Builder
		dashboard := ""
		for _, f := range trial(t, m).Files {
			switch {
			case f.Path == "observability/dashboard.json":
				dashboard = f.Text
			case strings.HasSuffix(f.Path, "metrics.go"):
				code.WriteString(f.Text)
			}
		}
		if dashboard == "" {
			continue
		}
		var d struct {
			UID, Title, Description string
			Panels                  []struct {
				ID      int
				Title   string
				GridPos struct{ H, W, X, Y int }
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal([]byte(dashboard), &d); err != nil {
			t.Fatal(err)
		}
		if d.UID != service || len(d.Panels) < 6 {
			t.Errorf("%s: %s has %d panels", m.name(), d.UID, len(d.Panels))
		}
		for i, p := range d.Panels {
			if p.ID != i+1 || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 || len(p.Targets) == 0 {
				t.Errorf("%s: panel %d is %+v", m.name(), i, p)
			}
			for _, target := range p.Targets {
				for _, name := range regexp.MustCompile(`([a-z_]+)\{`).FindAllStringSubmatch(target.Expr, -1) {
					base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name[1], "_bucket"), "_count"), "_sum")
					if !strings.Contains(code.String(), `"`+base+`"`) && !strings.HasPrefix(base, "go_") && !strings.HasPrefix(base, "process_") && base != "up" {
						t.Errorf("%s: %s shows %s, which the program does not have", m.name(), p.Title, name[1])
					}
				}
			}
		}
	}
}
