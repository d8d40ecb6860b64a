package layout

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/views/ui"
)

var update = flag.Bool("update", false, "write the golden files anew")

var assets = Assets{CSS: "/assets/app.1.css", JS: "/assets/app.1.js", ECharts: "/assets/echarts.1.js", Favicon: "/assets/favicon.1.svg"}

func page() PageProps {
	return PageProps{
		Title: "Catalog", Assets: assets, Theme: "dark", Sample: true, Charts: true, Timezone: "Europe/Berlin", Path: "/catalog", Version: "0.1.0",
		Nav: []NavGroup{
			{"Build", []NavItem{{Label: "Catalog", URL: "/catalog", Icon: "box", Count: "248", Current: true, Key: "c"}, {Label: "Create", URL: "/create", Icon: "circle-plus"}}},
			{"Operate", []NavItem{{Label: "Approvals", URL: "/approvals", Icon: "badge-check", Count: "2", Waits: true}}},
		},
		Menu:  []NavItem{{Label: "Settings", URL: "/settings", Icon: "settings"}},
		User:  &User{Name: "Ada Moreno", Initials: "AM", Team: "payments-team", TeamURL: "/t", Email: "ada@acme.example", URL: "/ada"},
		Flash: &Flash{ui.Good, "Extended", "It lives until tomorrow."},
	}
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(templ.WithChildren(context.Background(), templ.Raw("<h1>Catalog</h1>")), &b); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n"
}

func TestGolden(t *testing.T) {
	goldens := map[string]templ.Component{
		"page":       Page(page()),
		"signed-out": Page(PageProps{Assets: assets}),
		"bare":       Bare(BareProps{Title: "Sign in", Assets: assets, Wide: true}),
		"error":      ErrorPage(ErrorProps{Status: 404, Title: "There is no such page", Text: "It may be hidden.", NotChanged: "Nothing was changed.", Todo: []ui.Link{{Label: "Search", URL: "/catalog"}, {Label: "Ask its owner."}}, RequestID: "req_1"}),
		"frame":      MermaidFrame("/assets/mermaid.1.js", "/assets/mermaid-frame.1.js"),
	}
	for name, c := range goldens {
		t.Run(name, func(t *testing.T) {
			got := render(t, c)
			if found := forbidden.FindString(got); found != "" {
				t.Errorf("the policy forbids %q", found)
			}
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
var forbidden = regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)=|<script>|<style|javascript:`)

func TestPageWorksWithoutScripts(t *testing.T) {
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, Page(page()))))
	if err != nil {
		t.Fatal(err)
	}
	for _, sel := range []string{
		"a.skip[href='#main']", "main#main h1", "form[action='/search'][method=get] input[name=q]", "form[action='/sign-out'][method=post] button",
		"form[action='/settings/theme'] button[name=theme][value=dark][aria-pressed=true]", "form[action='/settings/theme'] input[name=back][value='/catalog']",
		"nav a[aria-current=page][href='/catalog']", "button[popovertarget=nav]", "button[popovertarget=user-menu]", "html.dark",
		"[data-zone='Europe/Berlin']", "meta[name=waymark-echarts][content='/assets/echarts.1.js']", "link[rel=preload][href='/assets/echarts.1.js']",
	} {
		if doc.Find(sel).Length() == 0 {
			t.Errorf("no %s", sel)
		}
	}
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1, want the page's own alone", n)
	}
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if ids[id] {
			t.Errorf("id %q twice", id)
		}
		ids[id] = true
	})
}

func TestThemeClass(t *testing.T) {
	for theme, want := range map[string]string{"dark": "dark", "light": "light", "system": "", "": "", `x" onload="`: ""} {
		if got := themeClass(theme); got != want {
			t.Errorf("themeClass(%q) = %q, want %q", theme, got, want)
		}
	}
}
