package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/dashboard"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/views/homeview"
	"github.com/waymark-portal/waymark/views/ui"
)

// HomeEnvironments lists environments.
type HomeEnvironments interface {
	Environments(ctx context.Context, v access.Viewer, f provision.Filter) ([]provision.Environment, int, error)
}

// EnvironmentsWidget shows the environments that exist.
func EnvironmentsWidget(e HomeEnvironments) HomeWidget {
	return func(ctx context.Context, v access.Viewer, w dashboard.Widget) (homeview.Panel, error) {
		groups, known := owners(v, w)
		if !known {
			return noTeam(w), nil
		}
		f := provision.Filter{Limit: homeRows}
		if len(groups) > 0 {
			f.Owner = groups[0]
		}
		list, total, err := e.Environments(ctx, v, f)
		if err != nil {
			return homeview.Panel{}, err
		}
		var rows []homeview.Environment
		for _, x := range list {
			rows = append(rows, environment(x))
		}
		out := homeview.Panel{Flush: true, Body: homeview.Environments(rows), NoteURL: "/environments"}
		if total > 0 {
			out.Note = fmt.Sprintf("%d running", total)
		}
		return out, nil
	}
}

func environment(x provision.Environment) homeview.Environment {
	out := homeview.Environment{Name: x.Name, URL: "/environments/" + x.ID, Text: x.Kind + ", " + x.Blueprint,
		State: strings.ReplaceAll(string(x.State), "_", " "), Tone: ui.Info, Expires: x.ExpiresAt}
	switch x.State {
	case provision.Ready:
		out.Tone = ui.Good
	case provision.Failed:
		out.Tone = ui.Bad
	case provision.AwaitingApproval, provision.Destroying:
		out.Tone = ui.Warn
	}
	return out
}

// ExpiringSoon says how many of the reader's environments end today.
func ExpiringSoon(e HomeEnvironments, now func() time.Time) func(context.Context, access.Viewer) (ui.Link, error) {
	return func(ctx context.Context, v access.Viewer) (ui.Link, error) {
		if v.Team == "" {
			return ui.Link{}, nil
		}
		list, _, err := e.Environments(ctx, v, provision.Filter{Owner: v.Team, Limit: 100})
		n := 0
		for _, x := range list {
			if !x.ExpiresAt.IsZero() && x.ExpiresAt.Sub(now()) < 24*time.Hour {
				n++
			}
		}
		if n == 0 {
			return ui.Link{}, err
		}
		return ui.Link{Label: ui.Plural(n, "environment ends", "environments end") + " within a day", URL: "/environments"}, err
	}
}

// SurveysWait says how many surveys wait for the reader.
func SurveysWait(s HomeSurveys) func(context.Context, access.Viewer) (ui.Link, error) {
	return func(ctx context.Context, v access.Viewer) (ui.Link, error) {
		waiting, err := s.Waiting(ctx, v)
		if err != nil || len(waiting) == 0 {
			return ui.Link{}, err
		}
		if len(waiting) == 1 {
			return ui.Link{Label: "A survey waits for your opinion.", URL: "/surveys/" + waiting[0].ID}, nil
		}
		return ui.Link{Label: fmt.Sprintf("%d surveys wait for your opinion.", len(waiting)), URL: "/surveys"}, nil
	}
}

// HomeDocs lists sites of docs; docs.Engine is one.
type HomeDocs interface {
	Roots(ctx context.Context, v access.Viewer) ([]docs.Root, error)
}

// DocsWidget lists sites of docs, the reader's own teams' first.
func DocsWidget(d HomeDocs) HomeWidget {
	return func(ctx context.Context, v access.Viewer, w dashboard.Widget) (homeview.Panel, error) {
		roots, err := d.Roots(ctx, v)
		if err != nil {
			return homeview.Panel{}, err
		}
		slices.SortStableFunc(roots, func(a, b docs.Root) int { return rankOf(b, v.Groups) - rankOf(a, v.Groups) })
		var rows []homeview.DocsRow
		for _, r := range roots[:min(len(roots), homeRows)] {
			rows = append(rows, homeview.DocsRow{Title: r.Title, Text: r.Description, URL: docsPath(r.Ref)})
		}
		return homeview.Panel{Flush: true, Body: homeview.Docs(rows), Note: ui.Plural(len(roots), "site", "sites"), NoteURL: "/docs"}, nil
	}
}

func rankOf(r docs.Root, groups []string) int {
	if slices.Contains(groups, r.Owner) {
		return 1
	}
	return 0
}

func docsPath(ref string) string {
	return strings.Replace(entityPath(ref), "/catalog/", "/docs/", 1) + "/"
}

// Check looks whether one part of the portal works.
type Check struct {
	Name string
	URL  string
	Look func(ctx context.Context) (tone ui.Tone, word, text string)
}

// StatusWidget runs the portal's own checks.
func StatusWidget(checks []Check) HomeWidget {
	return func(ctx context.Context, _ access.Viewer, _ dashboard.Widget) (homeview.Panel, error) {
		var rows []homeview.Check
		for _, c := range checks {
			row := homeview.Check{Name: c.Name, URL: c.URL}
			row.Tone, row.Word, row.Text = c.Look(ctx)
			rows = append(rows, row)
		}
		return homeview.Panel{Flush: true, Body: homeview.Status(rows), Note: "checked just now"}, nil
	}
}
