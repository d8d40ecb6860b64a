package voice

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const good = `apiVersion: platform.example.com/v1
kind: Survey
metadata: {name: pulse, title: Pulse}
spec:
  owner: group:default/platform-team
  schedule: monthly
  questions:
    - {id: a, type: nps, text: Recommend}
`

func TestParse(t *testing.T) {
	d, err := Parse("pulse.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if !d.Anonymous || d.Minimum != 5 || len(d.Audience) != 1 || d.Audience[0] != Everyone || d.Schedule != Monthly {
		t.Errorf("defaults: %+v", d)
	}
	changed := d
	changed.Title = "Other"
	if d.Version() == changed.Version() || d.Version() == "" {
		t.Error("the version must follow what the file says")
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, from, to, want string }{
		{"unknown key", "schedule: monthly", "shedule: monthly", "shedule"},
		{"not yaml", "spec:", "spec: [", "pulse.yaml"},
		{"kind", "kind: Survey", "kind: Poll", "Survey"},
		{"name", "name: pulse", "name: Pulse!", "metadata.name"},
		{"title", "title: Pulse", "title: ''", "metadata.title"},
		{"owner", "owner: group:default/platform-team", "owner: ada", "spec.owner"},
		{"schedule", "schedule: monthly", "schedule: daily", "spec.schedule"},
		{"small group", "schedule: monthly", "minimumGroup: 2", "minimumGroup"},
		{"zero group", "schedule: monthly", "minimumGroup: 0", "minimumGroup"},
		{"audience", "schedule: monthly", "audience: [ada]", "spec.audience"},
		{"question type", "type: nps", "type: stars", "questions[0].type"},
		{"question text", "text: Recommend", "text: ''", "questions[0].text"},
		{"options missing", "type: nps", "type: multiple_choice", "questions[0].options"},
		{"options too many", "type: nps", "type: nps, options: [a, b]", "questions[0].options"},
		{"no questions", "    - {id: a, type: nps, text: Recommend}\n", "", "spec.questions"},
		{"twice", "    - {id: a, type: nps, text: Recommend}\n", "    - {id: a, type: nps, text: x}\n    - {id: a, type: nps, text: y}\n", "twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(good, tt.from, tt.to, 1)
			if changed == good {
				t.Fatal("the test changes nothing")
			}
			if _, err := Parse("pulse.yaml", []byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v; want a fault that names %q", err, tt.want)
			}
		})
	}
}

func TestLoadKeepsGoodBesideBad(t *testing.T) {
	defs, problems := Load(
		fstest.MapFS{"a.yaml": {Data: []byte(good)}, "b.yaml": {Data: []byte("kind: [")}},
		fstest.MapFS{"own.yaml": {Data: []byte(strings.Replace(good, "title: Pulse", "title: Ours", 1))}})
	if len(defs) != 1 || defs[0].Title != "Ours" || len(problems) != 1 {
		t.Errorf("got %+v, %v; want the later file and one problem", defs, problems)
	}
}

func TestShippedSurveysAreGood(t *testing.T) {
	for _, dir := range []string{"surveys", "sample/surveys"} {
		if defs, problems := Load(os.DirFS("../../templates/" + dir)); len(defs) == 0 || len(problems) > 0 {
			t.Errorf("%s: %d surveys, problems %v", dir, len(defs), problems)
		}
	}
}

func TestPeriods(t *testing.T) {
	day := func(s string) time.Time { x, _ := time.Parse(time.DateOnly, s); return x }
	tests := []struct {
		s                  Schedule
		at                 time.Time
		label, from, until string
	}{
		{Quarterly, day("2026-11-20"), "2026-Q4", "2026-10-01", "2027-01-01"},
		{Quarterly, day("2026-01-01"), "2026-Q1", "2026-01-01", "2026-04-01"},
		{Monthly, day("2026-12-31"), "2026-12", "2026-12-01", "2027-01-01"},
		{Yearly, day("2026-11-20"), "2026", "2026-01-01", "2027-01-01"},
		{Once, day("2026-11-20"), "2026-11-20", "2026-11-20", "2026-12-20"},
	}
	for _, tt := range tests {
		p := tt.s.At(tt.at)
		if p.Label != tt.label || !p.From.Equal(day(tt.from)) || !p.Until.Equal(day(tt.until)) {
			t.Errorf("%s at %s: %+v", tt.s, tt.at, p)
		}
	}
	if p := Quarterly.Before(Quarterly.At(day("2026-01-15"))); p.Label != "2025-Q4" {
		t.Errorf("the quarter before the first of 2026 is %s", p.Label)
	}
}
