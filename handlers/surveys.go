package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/voice"
	"github.com/waymark-portal/waymark/views/surveyview"
)

// SurveyReader is what the survey pages need of the engine.
type SurveyReader interface {
	List(ctx context.Context, v access.Viewer) ([]voice.Listed, error)
	Show(ctx context.Context, v access.Viewer, id string) (voice.Listed, voice.Answers, error)
	Results(ctx context.Context, v access.Viewer, id string) (voice.Survey, voice.Results, error)
}

// Surveys serves the pages of surveys.
type Surveys struct {
	Reader   SurveyReader
	Actions  *action.Registry
	Files    []voice.Definition
	Problems []error // of files that cannot be used
	Now      func() time.Time
}

// Register adds the pages to g.
func (h *Surveys) Register(g *echo.Group) {
	g.GET("/surveys", h.list)
	g.POST("/surveys", h.open)
	g.GET("/surveys/:id", h.show)
	g.POST("/surveys/:id", h.answer)
	g.GET("/surveys/:id/thanks", h.thanks)
	g.GET("/surveys/:id/results", h.results)
	g.POST("/surveys/:id/close", h.close)
}

func surveyMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/surveys"} }

func (h *Surveys) list(c echo.Context) error {
	all, err := h.Reader.List(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	var p surveyview.ListProps
	opened := map[string]bool{}
	for _, s := range all {
		opened[s.Definition.Name+" "+s.Period] = true
		open := s.IsOpen(h.Now())
		r := surveyview.NewRow(s, open && respond.May(c, "close-survey", s.Definition.Owner))
		if open {
			p.Open = append(p.Open, r)
		} else {
			p.Past = append(p.Past, r)
		}
	}
	mayOpen := false
	for _, d := range h.Files {
		if !respond.May(c, "open-survey", d.Owner) {
			continue
		}
		mayOpen = true
		p.Files = append(p.Files, surveyview.File{Name: d.Name, Title: d.Title, Schedule: string(d.Schedule),
			Opened: opened[d.Name+" "+d.Schedule.At(h.Now()).Label]})
	}
	if mayOpen {
		for _, e := range h.Problems {
			p.Problems = append(p.Problems, e.Error())
		}
	}
	return respond.Page(c, surveyMeta("Surveys"), surveyview.List(p))
}

func (h *Surveys) open(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, "open-survey", object("survey", c.FormValue("survey")))
	if err != nil {
		return err
	}
	out.Location = "/surveys"
	return respond.Done(c, out)
}

func (h *Surveys) close(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, "close-survey", object("survey", c.Param("id")))
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

func (h *Surveys) show(c echo.Context) error {
	l, own, err := h.Reader.Show(c.Request().Context(), respond.Viewer(c), c.Param("id"))
	if err != nil {
		return err
	}
	if !l.CanAnswer(h.Now()) {
		return respond.Page(c, surveyMeta(l.Definition.Title), surveyview.NoForm(surveyview.ClosedProps{
			ID: l.ID, Title: l.Definition.Title, Closed: !l.IsOpen(h.Now())}))
	}
	values := surveyview.Values(own)
	choose(l.Definition, values, c.QueryParam("score"))
	return respond.Page(c, surveyMeta(l.Definition.Title), surveyview.Form(surveyview.NewForm(l, values, nil)))
}

// choose selects a score that came with the address in the first question
// that asks for one. It records nothing.
func choose(d voice.Definition, values map[string]string, score string) {
	n, err := strconv.Atoi(score)
	if err != nil || n < 0 || n > 10 {
		return
	}
	for _, q := range d.Questions {
		if q.Type == voice.NPS {
			values[surveyview.Name(q.ID)] = strconv.Itoa(n)
			return
		}
	}
}

func (h *Surveys) answer(c echo.Context) error {
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	l, _, err := h.Reader.Show(c.Request().Context(), respond.Viewer(c), c.Param("id"))
	if err != nil {
		return err
	}
	values := map[string]string{}
	answers := map[string]json.RawMessage{}
	for _, q := range l.Definition.Questions {
		name := surveyview.Name(q.ID)
		if s := form.Get(name); s != "" {
			values[name], answers[q.ID] = s, typed(q, s)
		}
	}
	in, err := json.Marshal(map[string]any{"survey": l.ID, "answers": answers})
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, "answer-survey", in)
	if f, ok := invalid(err); ok {
		return respond.Invalid(c, surveyMeta(l.Definition.Title), surveyview.Form(surveyview.NewForm(l, values, f.Fields)))
	}
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

// typed is a form's text as the type that the question asks for; what is no
// number stays text, for the action to refuse.
func typed(q voice.Question, s string) json.RawMessage {
	if q.Type == voice.NPS || q.Type == voice.Rating {
		if n, err := strconv.Atoi(s); err == nil {
			return json.RawMessage(strconv.Itoa(n))
		}
	}
	b, err := json.Marshal(s)
	if err != nil { // text always marshals
		return nil
	}
	return b
}

func (h *Surveys) thanks(c echo.Context) error {
	l, own, err := h.Reader.Show(c.Request().Context(), respond.Viewer(c), c.Param("id"))
	if err != nil {
		return err
	}
	if own == nil { // nothing was answered, or nobody can tell any more
		return respond.SeeOther(c, surveyview.ShowURL(l.ID))
	}
	return respond.Page(c, surveyMeta("Thank you"), surveyview.Thanks(surveyview.ThanksProps{
		ID: l.ID, Until: l.ClosesAt, Skipped: len(l.Definition.Questions) - len(own)}))
}

func (h *Surveys) results(c echo.Context) error {
	_, r, err := h.Reader.Results(c.Request().Context(), respond.Viewer(c), c.Param("id"))
	if err != nil {
		return err
	}
	m := surveyMeta(r.Title)
	m.Status = http.StatusOK
	return respond.Page(c, m, surveyview.Results(surveyview.NewResults(r)))
}
