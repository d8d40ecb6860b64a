package handlers

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/views/ui"
	"github.com/waymark-portal/waymark/views/workshopview"
)

// UsageStore is what the pages tell of how templates fare.
type UsageStore interface {
	TemplateUsage(ctx context.Context, v access.Viewer, template string) (map[string]scaffold.Usage, error)
	TemplateFeedback(ctx context.Context, v access.Viewer, template, owner string) ([]scaffold.Feedback, error)
	UsedTemplate(ctx context.Context, v access.Viewer, template string) (bool, error)
}

// CaseRunner runs a template's recorded cases; *scaffold.Engine does.
type CaseRunner interface {
	Cases(ctx context.Context, t *scaffold.Template) ([]scaffold.CaseResult, error)
}

// TemplateFare shows how templates fare, and takes what people say of them.
type TemplateFare struct {
	Store     UsageStore
	Templates Templates
	Cases     CaseRunner
	Actions   *action.Registry
}

// Register adds the form's address to g.
func (h *TemplateFare) Register(g *echo.Group) {
	g.POST("/create/:namespace/:name/feedback", h.rate)
}

func (h *TemplateFare) rate(c echo.Context) error {
	rating, err := strconv.Atoi(c.FormValue("rating"))
	if err != nil {
		return fault.InvalidField("rating", "required", "Choose a number from 1 to 5. Nothing was kept.")
	}
	ref := catalog.Ref{Kind: "template", Namespace: c.Param("namespace"), Name: c.Param("name")}
	in, err := json.Marshal(map[string]any{"template": ref.String(), "rating": rating, "text": c.FormValue("text")})
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, scaffold.RateAction, in)
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

// Panel stands on a template's page in the catalog.
func (h *TemplateFare) Panel(ctx context.Context, v access.Viewer, e catalog.Entity) (templ.Component, error) {
	if !scaffold.IsMaker(e.Ref.Kind) {
		return nil, nil
	}
	t, err := h.Templates.Template(ctx, v, e.Ref)
	if err != nil {
		return nil, nil // the page says what is wrong with its file
	}
	name, owner := t.Ref.String(), e.Owner().String()
	all, err := h.Store.TemplateUsage(ctx, v, name)
	if err != nil {
		return nil, err
	}
	said, err := h.Store.TemplateFeedback(ctx, v, name, owner)
	if err != nil {
		return nil, err
	}
	cases, err := h.Cases.Cases(ctx, t)
	if err != nil {
		return nil, err
	}
	p := workshopview.FareProps{Facts: fareFacts(t, all[name])}
	if v.MayRead(owner) {
		p.Feedback = opinions(said)
		p.Workshop = workshopview.OpenURL(t.Ref.Namespace, t.Ref.Name)
	}
	p.Cases, p.Failing = newCases(cases)
	if used, err := h.Store.UsedTemplate(ctx, v, name); err != nil {
		return nil, err
	} else if used {
		p.Rate = workshopview.FeedbackURL(t.Ref.Namespace, t.Ref.Name)
	}
	for _, f := range opinions(said) {
		if f.Who == v.ID {
			p.Own = f
		}
	}
	return workshopview.Fare(p), nil
}

func fareFacts(t *scaffold.Template, u scaffold.Usage) []ui.Pair {
	made := ui.Plural(u.Made, "time", "times")
	if u.Making > 0 {
		made += ", " + strconv.Itoa(u.Making) + " under way"
	}
	success, took, saved, rating := "not used yet", "not used yet", "the template does not say", "nobody has rated it"
	if share, ok := u.Success(); ok {
		success = ui.Percent(share, 0) + ", " + strconv.Itoa(u.Ended) + " of " + strconv.Itoa(u.Made+u.Ended) + " came to nothing"
	}
	if u.Median > 0 {
		took = ui.Duration(u.Median) + " in the median"
	}
	if each := scaffold.Duration(t.TimeSaved); each > 0 && u.Made > 0 {
		saved = workTime(u.Saved(t)) + ", " + workTime(each) + " each time"
	} else if each > 0 {
		saved = workTime(each) + " each time"
	}
	if u.Ratings > 0 {
		rating = ui.Decimal(u.Rating, 1) + " of 5, " + ui.Plural(u.Ratings, "rating", "ratings")
	}
	return []ui.Pair{{Key: "Made", Value: made}, {Key: "Success", Value: success}, {Key: "Duration", Value: took}, {Key: "Time saved", Value: saved}, {Key: "Rating", Value: rating}}
}

// workTime is a duration in working days of 8 hours, or hours and minutes.
func workTime(d time.Duration) string {
	switch {
	case d >= 16*time.Hour:
		return ui.Plural(int(d/(8*time.Hour)), "working day", "working days")
	case d >= time.Hour:
		return ui.Plural(int(d/time.Hour), "hour", "hours")
	}
	return ui.Plural(int(d/time.Minute), "minute", "minutes")
}

// BriefUsage is a template's use as its card in the gallery tells it; one
// TemplateUsage is enough for all cards.
func BriefUsage(t *scaffold.Template, u scaffold.Usage) workshopview.Brief {
	var b workshopview.Brief
	if u.Made > 0 {
		b.Made = "made " + ui.Plural(u.Made, "service", "services")
	}
	if share, ok := u.Success(); ok {
		b.Success = ui.Percent(share, 0) + " succeed"
	}
	if saved := u.Saved(t); saved > 0 {
		b.Saved = "saved about " + workTime(saved)
	}
	if u.Ratings > 0 {
		b.Rating = ui.Decimal(u.Rating, 1) + " of 5"
	}
	return b
}

func opinions(list []scaffold.Feedback) []workshopview.Said {
	var out []workshopview.Said
	for _, f := range list {
		s := workshopview.Said{Who: f.Person, Rating: f.Rating, Text: f.Text, Version: f.Version}
		s.At, _ = tx.Parse(f.At) // written by the store; the zero time is shown as a dash
		if ref, err := catalog.ParseRef(f.Person, "", ""); err == nil {
			s.URL = ref.Path()
		}
		out = append(out, s)
	}
	return out
}

func newCases(list []scaffold.CaseResult) (out []workshopview.Case, failing int) {
	for _, r := range list {
		c := workshopview.Case{Name: r.Name, Problem: r.Problem, Passed: r.Passed()}
		if !c.Passed {
			failing++
		}
		for _, d := range r.Diffs {
			f := workshopview.File{Path: d.Path, Diff: workshopview.NewDiff(d.Text), Note: "changed", Tone: ui.Warn, Open: len(c.Diffs) == 0}
			switch {
			case d.Created:
				f.Note = "not in the record"
			case d.Deleted:
				f.Note = "not made any more"
			}
			c.Diffs = append(c.Diffs, f)
		}
		out = append(out, c)
	}
	return out, failing
}
