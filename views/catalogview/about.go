package catalogview

import (
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// about is the list of facts at the side of an entity.
func about(e catalog.Entity, names Names) []ui.Pair {
	var out []ui.Pair
	link := func(key string, r catalog.Ref) {
		if !r.IsZero() {
			l := names.link(r)
			out = append(out, ui.Pair{Key: key, Value: l.Label, URL: l.URL})
		}
	}
	link("Owner", e.Owner())
	link("System", e.System())
	if d := e.Text("domain"); d != "" {
		if r, err := catalog.ParseRef(d, "domain", e.Ref.Namespace); err == nil {
			link("Domain", r.Canonical())
		}
	}
	if email := e.Profile("email"); email != "" {
		out = append(out, ui.Pair{Key: "Mail", Value: email, URL: "mailto:" + email})
	}
	if len(e.Metadata.Tags) > 0 {
		out = append(out, ui.Pair{Key: "Tags", Body: tagList(e.Metadata.Tags)})
	}
	if links := allLinks(e); len(links) > 0 {
		out = append(out, ui.Pair{Key: "Links", Body: linkList(links)})
	}
	out = append(out, ui.Pair{Key: "Source", Body: sourceOf(e)}, ui.Pair{Key: "Origin", Value: "Why is this here?", URL: TabURL(e.Ref, "ancestry")}, ui.Pair{Key: "Reference", Value: e.Ref.String(), Mono: true})
	return out
}

// annotationLinks turn well-known annotations into links; %s is the value.
var annotationLinks = []struct{ key, label, url string }{
	{"github.com/project-slug", "GitHub", "https://github.com/%s"},
	{"gitlab.com/project-slug", "GitLab", "https://gitlab.com/%s"},
	{"bitbucket.org/project-slug", "Bitbucket", "https://bitbucket.org/%s"},
	{"sentry.io/project-slug", "Sentry", "https://sentry.io/organizations/%s"},
}

// allLinks are the entity's links and those that follow from annotations.
func allLinks(e catalog.Entity) []ui.Link {
	var out []ui.Link
	for _, l := range e.Metadata.Links {
		label := l.Title
		if label == "" {
			label = strings.TrimPrefix(strings.TrimPrefix(l.URL, "https://"), "http://")
		}
		if safeLink(l.URL) {
			out = append(out, ui.Link{Label: label, URL: l.URL})
		}
	}
	notes := e.Metadata.Annotations
	for _, a := range annotationLinks {
		if v := notes[a.key]; v != "" && !strings.ContainsAny(v, " ?#\\") {
			out = append(out, ui.Link{Label: a.label, URL: fmt.Sprintf(a.url, v)})
		}
	}
	return out
}

// safeLink lets through what a person may click.
func safeLink(url string) bool {
	for _, scheme := range []string{"https://", "http://", "mailto:", "tel:", "slack:"} {
		if strings.HasPrefix(strings.ToLower(url), scheme) {
			return true
		}
	}
	return false
}

// place is where an entity's file is, as short as it can be said.
func place(s catalog.Source) string {
	if s.File == "" {
		return "made by " + strings.TrimPrefix(s.ID, catalog.EnginePrefix)
	}
	return fmt.Sprintf("%s, line %d", strings.TrimPrefix(s.File, "url:https://"), s.Line)
}

// viewURL is the page of the file at its host, if there is one.
func viewURL(e catalog.Entity) string {
	u := e.Metadata.Annotations["backstage.io/view-url"]
	if !safeLink(u) || strings.HasPrefix(u, "https://waymark/") {
		return ""
	}
	return lined(u, e.Source.Line)
}
