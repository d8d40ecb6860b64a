// Package catalogview shows the catalog: the list, entities, what is wrong
// with files, and what was removed.
package catalogview

import (
	"net/url"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// kindLook is how a kind is shown.
type kindLook struct{ icon, one, many string }

var kindLooks = map[string]kindLook{
	"component":   {"box", "Component", "Components"},
	"api":         {"plug", "API", "APIs"},
	"resource":    {"database", "Resource", "Resources"},
	"system":      {"boxes", "System", "Systems"},
	"domain":      {"component", "Domain", "Domains"},
	"group":       {"users", "Group", "Groups"},
	"user":        {"user", "User", "Users"},
	"template":    {"circle-plus", "Template", "Templates"},
	"blueprint":   {"blocks", "Blueprint", "Blueprints"},
	"location":    {"map", "Location", "Locations"},
	"environment": {"layers", "Environment", "Environments"},
	"airesource":  {"sparkles", "AI resource", "AI resources"},
}

// typeIcons refine a component's icon.
var typeIcons = map[string]string{
	"website": "app-window", "library": "library", "documentation": "book-open", "bucket": "archive", "queue": "inbox", "mcp-server": "sparkles",
}

// Icon is the icon of an entity of a kind and type.
func Icon(kind, typ string) string {
	if i, ok := typeIcons[typ]; ok {
		return i
	}
	if l, ok := lookOf(kind); ok {
		return l.icon
	}
	return "package"
}

// KindName is a kind as people call it, for one thing.
func KindName(kind string) string {
	if l, ok := lookOf(kind); ok {
		return l.one
	}
	return capital(kind)
}

// KindNames is a kind as people call it, for several.
func KindNames(kind string) string {
	if l, ok := lookOf(kind); ok {
		return l.many
	}
	return capital(kind) + "s"
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// ShowURL is where an entity's page is.
func ShowURL(r catalog.Ref) string {
	c := r.Canonical()
	return "/catalog/" + url.PathEscape(c.Namespace) + "/" + url.PathEscape(c.Kind) + "/" + url.PathEscape(c.Name)
}

// TabURL is where a tab of an entity's page is; an empty key is the overview.
func TabURL(r catalog.Ref, key string) string {
	if key == "" {
		return ShowURL(r)
	}
	return ShowURL(r) + "/" + key
}

// DocsURL is where an entity's documentation is.
func DocsURL(r catalog.Ref) string { return "/docs" + strings.TrimPrefix(ShowURL(r), "/catalog") }

// RefName is a reference as short as it can be said beside entities of the
// default namespace.
func RefName(r catalog.Ref) string {
	if r.Namespace == "" || r.Namespace == catalog.DefaultNamespace {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
}

// lifecycleTone marks what is not simply in production; the word says it too.
func lifecycleTone(lifecycle string) ui.Tone {
	switch lifecycle {
	case "deprecated":
		return ui.Warn
	case "experimental":
		return ui.Info
	}
	return ui.Neutral
}
