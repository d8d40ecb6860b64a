package ui

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	ctx := WithClock(context.Background(), Clock{Now: noon, Zone: time.FixedZone("CET", 3600)})
	ctx = templ.WithChildren(ctx, templ.Raw("<p>children</p>"))
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// plainRows is a table of strings.
type plainRows struct{}

func (plainRows) Header() templ.Component { return templ.Raw(`<tr><th scope="col">Name</th></tr>`) }
func (plainRows) Row(s string) templ.Component {
	return templ.Raw("<tr><td>" + templ.EscapeString(s) + "</td></tr>")
}

const evil = `"><script>alert(1)</script>`

func goldens() map[string]templ.Component {
	return map[string]templ.Component{
		"header":    PageHeader(PageHeaderProps{Crumbs: []Link{{"Catalog", "/catalog"}, {"payments", ""}}, Icon: "box", Title: "payment-api", Badges: []BadgeProps{{"live", Good}}, Sub: "Takes <b>cards</b>.", Actions: Button(ButtonProps{Label: "Deploy"})}),
		"panel":     Panel(PanelProps{ID: "p", Title: "Services", Note: "6 owned", NoteURL: "/catalog", Span: 8, Flush: true, Live: "polite", Foot: Pager(PagerProps{Summary: "1–2 of 2", Next: "/n", CSV: "/x.csv"})}),
		"empty":     Empty(EmptyProps{Icon: "layers", Title: "No environments yet", Text: "Nothing was launched.", ActionLabel: "Launch one", ActionURL: "/create"}),
		"callout":   Callout(CalloutProps{Tone: Bad, Title: "Stopped", Text: evil, Role: "alert"}),
		"table":     Table("Services", plainRows{}, []string{"ledger", evil}),
		"grid":      DataTable(GridProps{Caption: "Cost", Head: []Cell{{Text: "Day"}, {Text: "Cost", Num: true}}, Rows: [][]Cell{{{Text: "1 Nov", URL: "/d"}, {Text: "$2", Num: true, Sub: "net"}}}, Foot: []Cell{{Text: "Total"}, {Text: "$2", Num: true}}}),
		"stats":     Stats([]StatProps{{Label: "Lead time", Value: "5.2", Unit: "h", Delta: "8%", Trend: Good, Note: "30 days", URL: "/dora", Badge: &BadgeProps{"High", Info}}, {Label: "Recovery", Missing: "no failure"}}),
		"kv":        KV([]Pair{{Key: "Owner", Value: "payments", URL: "/x"}, {Key: "Id", Value: "env_1", Mono: true}, {Key: "State", Body: Status(Good, "Healthy")}}),
		"tabs":      Tabs("Entity", []Tab{{"Overview", "/a", "", true}, {"Docs", "/b", "3", false}}),
		"chips":     Chips("Kinds", []Chip{{"APIs", "/a", "48", true}}, []Chip{{"Mine", "/m", "", false}}),
		"facets":    Facets(FacetsProps{Action: "/catalog", Target: "results", Keep: []Link{{"q", evil}}, Facets: []Facet{{Name: "type", Label: "Type", Options: []FacetOption{{"service", "service", "84", true}}, More: []FacetOption{{"x", "x", "1", false}}}}}),
		"stepper":   Stepper(StepperProps{ID: "s", Label: "Run", Steps: []Step{{"Plan", "2 s", StepDone, "/p"}, {"Apply", "", StepNow, ""}, {"Ready", "", StepTodo, ""}}}),
		"log":       Log(LogProps{ID: "log", Label: "Log", Stream: "/s?after=1", Lines: []LogLine{{"l1", noon, "a < b", Warn}}}),
		"log-ended": Log(LogProps{ID: "log", Label: "Log", Empty: "Nothing was written."}),
		"timeline":  Timeline([]Moment{{noon.Add(-time.Hour), Good, "Deployed", "v2", "/d", "by Ada"}}),
		"chart":     Chart(ChartProps{ID: "c", Label: "Cost", Unit: "USD", Option: map[string]any{"a": evil}, CSV: "/c.csv", Data: GridProps{Caption: "Cost"}}),
		"meter":     Meter(MeterProps{Share: 1.4, Label: "Quota", Text: "14 of 10", Tone: Bad}),
		"spark":     Sparkline([]float64{1, 2, 3}, "rising"),
		"confirm":   Confirm(ConfirmProps{ID: "d", Title: "Destroy x?", Text: "It is gone then.", Action: "/x/destroy", Verb: "Destroy", Danger: true}),
		"dropdown":  Dropdown("m", ButtonProps{Label: "More", Icon: "ellipsis", Variant: "outline", IconOnly: true}),
		"toast":     Toast(ToastProps{Category: "error", Title: evil}),
		"palette":   PaletteResults("pay", []PaletteGroup{{"Catalog", []PaletteItem{{"payment-api", "/c", "box", "component"}}}}),
		"summary":   ErrorSummary("Nothing was changed.", []FieldFault{{"f-name", "Name", "is taken"}, {"", "", "Quota is used up."}}),
		"time":      RelTime(noon.Add(-26 * time.Hour)),
		"snippet":   Snippet("clone", "Clone address", "git clone http://waymark/x.git"),
		"sort":      SortHead("Name", "/catalog?sort=-name", "asc", false),
		"avatar":    Avatar("AM"),
		"fan":       Fan(FanProps{Center: FanNode{Label: "payment-api", URL: "/c", Icon: "box"}, Left: []FanNode{{Label: "checkout-ui", URL: "/l"}}, Right: []FanNode{{Label: "ledger", URL: "/r"}, {Label: "fraud-scorer", URL: "/f", Tone: Warn}}, LeftLabel: "Used by", RightLabel: "Depends on"}),
		"unsafe":    Text(Link{Label: "x", URL: "javascript:alert(1)"}),
	}
}

func TestGolden(t *testing.T) {
	for name, c := range goldens() {
		t.Run(name, func(t *testing.T) {
			got := render(t, c) + "\n"
			file := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s (-want +got); refresh with -update when it is meant:\n%s", file, d)
			}
		})
	}
}

// forbidden is what the content security policy refuses.
var forbidden = regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)=|<script(?:\s[^>]*)?>[^<{\["]|<style|javascript:`)

func TestNothingThatThePolicyForbids(t *testing.T) {
	for name, c := range goldens() {
		if found := forbidden.FindString(render(t, c)); found != "" {
			t.Errorf("%s renders %q", name, found)
		}
	}
}
