package scaffold_test

import (
	"context"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/scaffold"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"PT4H": 4 * time.Hour, "P1D": 8 * time.Hour, "P1DT2H30M": 10*time.Hour + 30*time.Minute, "P2W": 80 * time.Hour, "PT1.5H": 90 * time.Minute, "PT45S": 45 * time.Second,
		"": 0, "4 hours": 0, "PT": 0, "P": 0, "PTH": 0, "P1H": 0, "PT4": 0, "P1Y": 0, "P-1D": 0, "PT1.H": time.Hour, "PT99999999999999H": 0, "PT4H extra": 0,
	} {
		if got := scaffold.Duration(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	tmpl := &scaffold.Template{TimeSaved: "PT4H"}
	if got := (scaffold.Usage{Made: 3}).Saved(tmpl); got != 12*time.Hour {
		t.Errorf("saved %s, want 12 hours", got)
	}
}

// Cases run once for each state of a template's files.
func TestCasesAreRemembered(t *testing.T) {
	t.Parallel()
	e := scaffold.New(scaffold.Options{})
	tmpl, err := small(map[string]string{"tests/one.txt": "values: {name: x}\nfails: owner\n"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := e.Cases(context.Background(), tmpl)
	if err != nil || len(first) != 1 || !first[0].Passed() {
		t.Fatalf("got %v, %v", first, err)
	}
	again, err := e.Cases(context.Background(), tmpl)
	if err != nil || &again[0] != &first[0] {
		t.Errorf("the same files were tried again: %v", err)
	}
	none, err := small(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.Cases(context.Background(), none); err != nil || got != nil {
		t.Errorf("a template without cases: %v, %v", got, err)
	}
}
