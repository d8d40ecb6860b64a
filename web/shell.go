package web

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/asset"
	"github.com/waymark-portal/waymark/views/layout"
	"github.com/waymark-portal/waymark/views/ui"
)

// ThemeCookie remembers light or dark; without it the system's is used.
const ThemeCookie = "theme"

// NavEntry is one page of the navigation.
type NavEntry struct {
	Group      string // Build, Operate, Understand, Improve or Govern
	Label      string
	URL        string
	Icon       string
	Key        string // the letter after g
	Permission string // needed to see it; empty: everybody
	// Count says how many there are or wait; nil or an empty text: no number.
	Count func(ctx context.Context, v access.Viewer) (count string, waits bool, err error)
}

// navGroups is the order in which people meet the portal.
var navGroups = []string{"Build", "Operate", "Understand", "Improve", "Govern"}

// Frame makes the shell of pages.
type Frame struct {
	Entries []NavEntry
	Assets  *asset.Set
	Allow   interface {
		Anywhere(v access.Viewer, permission string) bool
	}
	Sample bool
	// Loading says what of the sample is still on its way; nil or empty: nothing.
	Loading  func() string
	Timezone string
	Version  string
	mu       sync.Mutex
	counts   map[string]counted
}

// countLife is how long a number in the navigation may be old.
const countLife = 3 * time.Second

type counted struct {
	text  string
	waits bool
	until time.Time
}

// Shell implements respond.Shell.
func (f *Frame) Shell(c echo.Context, m respond.Meta) (layout.PageProps, error) {
	v := respond.Viewer(c)
	p := layout.PageProps{Title: m.Title, Assets: assetsOf(f.Assets), Nav: f.nav(c.Request().Context(), v, m.Nav),
		Menu: menu(m.Nav), User: userOf(v), Sample: f.Sample, Timezone: v.Zone, Theme: theme(c), Charts: m.Charts,
		Path: c.Request().URL.Path, Query: m.Query, Version: f.Version}
	if p.Timezone == "" {
		p.Timezone = f.Timezone
	}
	if f.Loading != nil {
		p.Loading = f.Loading()
	}
	if fl := respond.TakeFlash(c); fl != nil {
		p.Flash = &layout.Flash{Tone: ui.Tone(fl.Tone), Title: fl.Title, Text: fl.Text}
	}
	return p, nil
}

func (f *Frame) nav(ctx context.Context, v access.Viewer, current string) []layout.NavGroup {
	var out []layout.NavGroup
	for _, name := range navGroups {
		g := layout.NavGroup{Label: name}
		for _, e := range f.Entries {
			if e.Group != name || (e.Permission != "" && !f.Allow.Anywhere(v, e.Permission)) {
				continue
			}
			n := f.count(ctx, v, e)
			g.Items = append(g.Items, layout.NavItem{Label: e.Label, URL: e.URL, Icon: e.Icon, Key: e.Key,
				Count: n.text, Waits: n.waits, Current: e.URL == current})
		}
		if len(g.Items) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// count asks for a number at most once per countLife and person. One that
// cannot be had is left out: the page matters more.
func (f *Frame) count(ctx context.Context, v access.Viewer, e NavEntry) counted {
	if e.Count == nil {
		return counted{}
	}
	key := v.ID + " " + e.URL
	f.mu.Lock()
	n, ok := f.counts[key]
	f.mu.Unlock()
	if ok && time.Now().Before(n.until) {
		return n
	}
	text, waits, err := e.Count(ctx, v)
	if err != nil {
		slog.Warn("navigation count", "url", e.URL, "error", err)
	}
	n = counted{text, waits, time.Now().Add(countLife)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil || len(f.counts) > 10_000 {
		f.counts = map[string]counted{}
	}
	f.counts[key] = n
	return n
}

func assetsOf(s *asset.Set) layout.Assets {
	return layout.Assets{CSS: s.URL(asset.CSS), JS: s.URL(asset.JS), ECharts: s.URL(asset.ECharts), Favicon: s.URL(asset.Favicon)}
}

func menu(current string) []layout.NavItem {
	items := []layout.NavItem{
		{Label: "Settings", URL: "/settings", Icon: "settings"},
		{Label: "API tokens", URL: "/settings/tokens", Icon: "key-round"},
		{Label: "Sessions", URL: "/settings/sessions", Icon: "monitor"},
	}
	for i := range items {
		items[i].Current = items[i].URL == current
	}
	return items
}

func userOf(v access.Viewer) *layout.User {
	if !v.SignedIn() {
		return nil
	}
	u := &layout.User{Name: v.Name, Initials: Initials(v.Name), Email: v.Email}
	if _, name, ok := strings.Cut(v.Team, "/"); ok {
		u.Team, u.TeamURL = name, entityURL(v.Team)
	}
	if strings.HasPrefix(v.ID, "user:") {
		u.URL = entityURL(v.ID)
	}
	return u
}

// entityURL is the page of a canonical reference, kind:namespace/name.
func entityURL(ref string) string {
	kind, rest, _ := strings.Cut(ref, ":")
	namespace, name, _ := strings.Cut(rest, "/")
	return "/catalog/" + namespace + "/" + kind + "/" + name
}

// Initials are the first letters of the first and last word.
func Initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	out := []rune(words[0])[:1]
	if len(words) > 1 {
		out = append(out, []rune(words[len(words)-1])[0])
	}
	return strings.ToUpper(string(out))
}

func theme(c echo.Context) string {
	k, err := c.Cookie(ThemeCookie)
	if err != nil {
		return ""
	}
	return k.Value
}

// Bare is the frame of pages for nobody in particular.
func (s *Server) Bare(c echo.Context, title string) layout.BareProps {
	return layout.BareProps{Title: title, Assets: assetsOf(s.Assets), Theme: theme(c), Sample: s.Config.Sample}
}
