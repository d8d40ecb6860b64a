// Package layout is the frame of every page: navigation, search, menus, banner,
// toaster; and the bare frame of the sign-in and error pages.
package layout

import (
	"net/http"
	"strconv"

	"github.com/waymark-portal/waymark/views/ui"
)

// Assets are the hashed addresses of what a page loads.
type Assets struct {
	CSS, JS, ECharts, Favicon string
}

// NavItem is one page of the navigation.
type NavItem struct {
	Label   string
	URL     string
	Icon    string
	Count   string // "" for none
	Waits   bool   // the count is of things that wait for this person
	Current bool
	Key     string // the letter after g
}

// NavGroup is a headed list of pages.
type NavGroup struct {
	Label string
	Items []NavItem
}

// User is who is signed in.
type User struct {
	Name     string
	Initials string
	Team     string
	TeamURL  string
	Email    string
	URL      string // their page in the catalog
}

// Flash is a message about what was just done, kept over one redirect.
type Flash struct {
	Tone  ui.Tone
	Title string
	Text  string
}

// PageProps are those of Page.
type PageProps struct {
	Title    string
	Assets   Assets
	Nav      []NavGroup
	Menu     []NavItem // pages of the user menu: Settings, Tokens, Sessions
	User     *User     // nil when nobody is signed in
	Sample   bool      // the sample organisation: a banner says so
	Loading  string    // what of the sample is still on its way; empty: all is there
	Timezone string    // IANA name of the person's zone, "" for the browser's
	Theme    string    // "light", "dark" or "" for the system's
	Charts   bool      // the page has charts: their script is fetched early
	Flash    *Flash
	Path     string // of this page, for forms that come back
	Query    string // what is in the search field
	Version  string
}

// BareProps are those of Bare.
type BareProps struct {
	Title  string
	Assets Assets
	Theme  string
	Sample bool
	Wide   bool
}

func themeClass(theme string) string {
	if theme == "light" || theme == "dark" {
		return theme
	}
	return ""
}

func themeName(theme string) string {
	if c := themeClass(theme); c != "" {
		return c
	}
	return "system"
}

// htmxConfig is read by htmx at its start: a real reload on back and forward,
// only the two extensions that are shipped.
const htmxConfig = `{"history":"reload","extensions":"sse,preload","defaultTimeout":30000}`

// title is what stands in the tab.
func title(t string) string {
	if t == "" {
		return "Waymark"
	}
	return t + " · Waymark"
}

// statusText is "404 Not Found".
func statusText(status int) string {
	return strconv.Itoa(status) + " " + http.StatusText(status)
}
