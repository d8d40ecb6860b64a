package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/dashboard"
	"github.com/waymark-portal/waymark/internal/sample"
	"github.com/waymark-portal/waymark/views/homeview"
	"github.com/waymark-portal/waymark/views/ui"
)

// HomeWidget makes the panel of one widget for who looks.
type HomeWidget func(ctx context.Context, v access.Viewer, w dashboard.Widget) (homeview.Panel, error)

// Home serves the home page from dashboard files.
type Home struct {
	Dashboards []dashboard.Dashboard
	Problems   []error // of files that cannot be used
	// Widgets are those whose data exists, by type. A known type without one
	// is left out of the page.
	Widgets map[string]HomeWidget
	// Waiting says what waits for who looks, in short sentences.
	Waiting []func(ctx context.Context, v access.Viewer) (ui.Link, error)
	// Users counts the people of the catalog: with none the portal is new.
	Users func(ctx context.Context, v access.Viewer) (int, error)
	// Loading is how far the sample organisation is; nil outside the sample.
	Loading func() sample.State
}

// Register adds the page to g.
func (h *Home) Register(g *echo.Group) { g.GET("/", h.show) }

func (h *Home) show(c echo.Context) error {
	loading := h.loading()
	if c.QueryParam("part") == "loading" && respond.IsPart(c) {
		if loading == nil {
			return respond.HTML(c, http.StatusOK, homeview.LoadedNote(), nil)
		}
		return respond.HTML(c, http.StatusOK, homeview.LoadingNote(*loading), nil)
	}
	ctx, v := c.Request().Context(), respond.Viewer(c)
	p := homeview.Props{Name: v.Name, Loading: loading, Waiting: h.waiting(ctx, v)}
	if v.All {
		p.New = loading == nil && h.isNew(ctx, v)
		for _, e := range h.Problems {
			p.Problems = append(p.Problems, e.Error())
		}
	}
	d, found := dashboard.For(h.Dashboards, roles(v))
	if !found {
		p.Problems = append(p.Problems, "No dashboard file is for your role. The catalog and the docs stand in the navigation.")
	}
	for _, s := range d.Sections {
		p.Sections = append(p.Sections, h.section(ctx, v, s))
	}
	return respond.Page(c, respond.Meta{Title: "Home", Nav: "/"}, homeview.Home(p))
}

func (h *Home) loading() *homeview.Loading {
	if h.Loading == nil {
		return nil
	}
	s := h.Loading()
	if s.Ready {
		return nil
	}
	return &homeview.Loading{Doing: s.Doing, Done: s.Done, Total: s.Total, Error: s.Error}
}

func (h *Home) isNew(ctx context.Context, v access.Viewer) bool {
	if h.Users == nil {
		return false
	}
	n, err := h.Users(ctx, v)
	if err != nil {
		slog.WarnContext(ctx, "home: users", "error", err)
	}
	return err == nil && n == 0
}

// waiting asks everything that may wait. What cannot be read is left out: the
// page matters more.
func (h *Home) waiting(ctx context.Context, v access.Viewer) []ui.Link {
	var out []ui.Link
	for _, ask := range h.Waiting {
		l, err := ask(ctx, v)
		if err != nil {
			slog.WarnContext(ctx, "home: what waits", "error", err)
			continue
		}
		if l.Label != "" {
			out = append(out, l)
		}
	}
	return out
}

func (h *Home) section(ctx context.Context, v access.Viewer, s dashboard.Section) homeview.Section {
	out := homeview.Section{Title: s.Title}
	for _, w := range s.Widgets {
		switch {
		case w.Problem != "":
			out.Panels = append(out.Panels, homeview.Problem(w.Title, w.Problem))
		case w.Type == dashboard.Button:
			icon := w.Icon
			if icon == "" {
				icon = "arrow-right"
			}
			out.Buttons = append(out.Buttons, homeview.Button{Title: w.Title, Text: w.Text, Icon: icon, URL: w.Href})
		case h.Widgets[w.Type] != nil:
			out.Panels = append(out.Panels, h.widget(ctx, v, w))
		}
	}
	return homeview.Layout(out)
}

// widget makes one panel. One that fails says so in its place; the others
// stand.
func (h *Home) widget(ctx context.Context, v access.Viewer, w dashboard.Widget) homeview.Panel {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	p, err := h.Widgets[w.Type](ctx, v, w)
	if err != nil {
		slog.ErrorContext(ctx, "home: widget", "type", w.Type, "error", err)
		return homeview.Problem(w.Title, "Its data cannot be read now. Nothing is lost; try again in a moment.")
	}
	if p.Title == "" {
		p.Title = w.Title
	}
	p.Wide = w.Size == "wide"
	return p
}

func roles(v access.Viewer) []string {
	var out []string
	for _, g := range v.Grants {
		out = append(out, g.Role)
	}
	return out
}

// owners are the groups whose things a widget shows: nil for everybody's;
// known is false when it asks for the reader's and the reader is in none.
func owners(v access.Viewer, w dashboard.Widget) (groups []string, known bool) {
	switch {
	case w.Mine():
		return v.Groups, len(v.Groups) > 0
	case w.Filters.OwnedBy != "":
		return []string{w.Filters.OwnedBy}, true
	}
	return nil, true
}

// noTeam is the panel of a widget that needs a team for somebody without one.
func noTeam(w dashboard.Widget) homeview.Panel {
	return homeview.Panel{Title: w.Title, Body: ui.Empty(ui.EmptyProps{Icon: "users", Title: "You are in no team yet",
		Text: "What your team owns stands here. Membership is read from the catalog: ask your lead to add you to a group."})}
}
