package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/voice"
)

// SurveyReader is what the survey routes need of the engine.
type SurveyReader interface {
	List(ctx context.Context, v access.Viewer) ([]voice.Listed, error)
	Show(ctx context.Context, v access.Viewer, id string) (voice.Listed, voice.Answers, error)
	Results(ctx context.Context, v access.Viewer, id string) (voice.Survey, voice.Results, error)
}

// Surveys serves surveys to programs.
type Surveys struct {
	Reader SurveyReader
	Now    func() time.Time
}

// Register adds the routes to g, the group of the API.
func (h *Surveys) Register(g *echo.Group) {
	g.GET("/surveys", h.list)
	g.GET("/surveys/:id", h.show)
	g.GET("/surveys/:id/results", h.results)
}

// Survey is a survey in the API.
type Survey struct {
	ID           string           `json:"id"`
	Survey       string           `json:"survey"` // name of the file
	Title        string           `json:"title"`
	Period       string           `json:"period"`
	State        voice.State      `json:"state"`
	OpensAt      time.Time        `json:"opensAt"`
	ClosesAt     time.Time        `json:"closesAt"`
	Invited      int              `json:"invited"`
	Answered     int              `json:"answered"`
	ResponseRate *float64         `json:"responseRate"`
	CanAnswer    bool             `json:"canAnswer"`
	Mine         bool             `json:"answeredByMe"`
	Anonymous    bool             `json:"anonymous"`
	Questions    []voice.Question `json:"questions,omitempty"`
	Answers      voice.Answers    `json:"answers,omitempty"` // the caller's own, while the survey is open
}

func newSurvey(l voice.Listed, now time.Time) Survey {
	s := Survey{ID: l.ID, Survey: l.Definition.Name, Title: l.Definition.Title, Period: l.Period, State: l.State,
		OpensAt: l.OpensAt, ClosesAt: l.ClosesAt, Invited: l.Invited, Answered: l.Answered,
		CanAnswer: l.CanAnswer(now), Mine: l.Mine, Anonymous: l.Definition.Anonymous}
	if l.Invited > 0 {
		r := float64(l.Answered) / float64(l.Invited)
		s.ResponseRate = &r
	}
	return s
}

func (h *Surveys) list(c echo.Context) error {
	all, err := h.Reader.List(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	state := c.QueryParam("state")
	items := []Survey{}
	for _, l := range all {
		if state == "" || state == string(l.State) {
			items = append(items, newSurvey(l, h.Now()))
		}
	}
	return respond.JSON(c, http.StatusOK, List[Survey]{Items: items, Total: len(items)})
}

func (h *Surveys) show(c echo.Context) error {
	l, own, err := h.Reader.Show(c.Request().Context(), respond.Viewer(c), c.Param("id"))
	if err != nil {
		return err
	}
	s := newSurvey(l, h.Now())
	s.Questions, s.Answers = l.Definition.Questions, own
	return respond.JSON(c, http.StatusOK, s)
}

func (h *Surveys) results(c echo.Context) error {
	_, r, err := h.Reader.Results(c.Request().Context(), respond.Viewer(c), c.Param("id"))
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, r)
}
