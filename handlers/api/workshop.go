package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// WorkshopEngine tries templates and runs their cases; *scaffold.Engine does.
type WorkshopEngine interface {
	Attempt(ctx context.Context, v access.Viewer, in scaffold.Attempt) (scaffold.Attempted, error)
	Cases(ctx context.Context, t *scaffold.Template) ([]scaffold.CaseResult, error)
}

// WorkshopReader is what the workshop's routes read.
type WorkshopReader interface {
	TemplateUsage(ctx context.Context, v access.Viewer, template string) (map[string]scaffold.Usage, error)
}

// Workshop serves the trying of templates to programs.
type Workshop struct {
	Engine  WorkshopEngine
	Reader  WorkshopReader
	Library TemplateFinder
	Judge   interface {
		Check(ctx context.Context, action string, input any) (action.Decision, error)
	}
	// Allowed refuses who may not use the workshop.
	Allowed func(c echo.Context) error
}

// Register adds the reads to g, the group of the API, and the try to large,
// which takes bodies of up to 10 MB.
func (h *Workshop) Register(g, large *echo.Group) {
	g.GET("/templates/:namespace/:name/usage", h.usage)
	g.GET("/templates/:namespace/:name/cases", h.cases)
	large.POST("/api/v1/templates/try", h.try)
}

// TryFile is one file that is sent or made.
type TryFile struct {
	Path       string `json:"path"`
	Text       string `json:"text,omitempty"`
	Content    string `json:"base64Content,omitempty"` // instead of text
	Executable bool   `json:"executable,omitempty"`
}

// TryInput is a template to try. Template is the text of its file, or the
// entity as JSON.
type TryInput struct {
	Template json.RawMessage   `json:"template"`
	Files    []TryFile         `json:"directoryContents"`
	Values   map[string]any    `json:"values"`
	Secrets  map[string]string `json:"secrets"`
	Previous []TryFile         `json:"previous"` // files of the try before, for the differences
}

// TryOutput is what came of it.
type TryOutput struct {
	Works    bool              `json:"works"`
	Flaws    []scaffold.Flaw   `json:"flaws"`
	Files    []TryFile         `json:"files"`
	Diffs    []forge.FileDiff  `json:"diffs,omitempty"`
	Log      []TryLine         `json:"log"`
	Output   map[string]any    `json:"output"`
	Repos    []string          `json:"repositories"`
	Entities []string          `json:"entities"`
	Policies []fault.Violation `json:"policies"`
}

// TryLine is one line of the log.
type TryLine struct {
	Step  string `json:"step,omitempty"`
	Level string `json:"level"`
	Text  string `json:"text"`
}

func (h *Workshop) try(c echo.Context) error {
	if err := h.Allowed(c); err != nil {
		return err
	}
	var in TryInput
	if err := json.NewDecoder(c.Request().Body).Decode(&in); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return fault.InvalidField("", "json", "The body is not the JSON that is expected here. Nothing was tried.").Because(err)
	}
	order := scaffold.Attempt{Text: string(in.Template), Values: in.Values, Secrets: in.Secrets}
	var text string
	if json.Unmarshal(in.Template, &text) == nil {
		order.Text = text
	}
	var err error
	if order.Files, err = sentFiles(in.Files); err != nil {
		return err
	}
	previous, err := sentFiles(in.Previous)
	if err != nil {
		return err
	}
	got, err := h.Engine.Attempt(c.Request().Context(), respond.Viewer(c), order)
	if err != nil {
		return err
	}
	out := newTry(got)
	if in.Previous != nil {
		out.Diffs = scaffold.Diffs(previous, got.Files)
	}
	if out.Works {
		d, err := h.Judge.Check(c.Request().Context(), scaffold.ActionName, scaffold.PolicyInput(got, in.Values))
		if err != nil {
			return err
		}
		out.Policies = append(out.Policies, d.Violations...)
	}
	return respond.JSON(c, http.StatusOK, out)
}

func sentFiles(list []TryFile) ([]scaffold.DryRunFile, error) {
	var out []scaffold.DryRunFile
	for _, f := range list {
		data := []byte(f.Text)
		if f.Content != "" {
			var err error
			if data, err = base64.StdEncoding.DecodeString(f.Content); err != nil {
				return nil, fault.InvalidField("directoryContents", "base64", "The content of "+f.Path+" is not base 64. Nothing was tried.")
			}
		}
		out = append(out, scaffold.DryRunFile{Path: f.Path, Data: data, Executable: f.Executable})
	}
	return out, nil
}

func newTry(got scaffold.Attempted) TryOutput {
	out := TryOutput{Works: true, Flaws: []scaffold.Flaw{}, Files: []TryFile{}, Log: []TryLine{}, Output: got.Output,
		Repos: append([]string{}, got.Repos...), Entities: append([]string{}, got.Entities...), Policies: []fault.Violation{}}
	for _, f := range got.Flaws {
		out.Works = out.Works && f.Warning
		out.Flaws = append(out.Flaws, f)
	}
	for _, f := range got.Files {
		out.Files = append(out.Files, TryFile{Path: f.Path, Content: base64.StdEncoding.EncodeToString(f.Data), Executable: f.Executable})
	}
	for _, l := range got.Log {
		out.Log = append(out.Log, TryLine{l.Step, l.Level, l.Text})
	}
	if out.Output == nil {
		out.Output = map[string]any{}
	}
	return out
}

func (h *Workshop) template(c echo.Context) (*scaffold.Template, error) {
	return h.Library.Template(c.Request().Context(), respond.Viewer(c), catalog.Ref{Kind: "template", Namespace: c.Param("namespace"), Name: c.Param("name")})
}

// TemplateUsage is how a template fares.
type TemplateUsage struct {
	scaffold.Usage
	Success   *float64 `json:"success"`       // share; null: not used yet
	Median    *float64 `json:"medianSeconds"` // null: not known
	Saved     float64  `json:"savedHours"`    // working hours
	LastUsed  string   `json:"lastUsed,omitempty"`
	TimeSaved string   `json:"timeSaved,omitempty"` // what the template says, ISO 8601
}

func (h *Workshop) usage(c echo.Context) error {
	t, err := h.template(c)
	if err != nil {
		return err
	}
	all, err := h.Reader.TemplateUsage(c.Request().Context(), respond.Viewer(c), t.Ref.String())
	if err != nil {
		return err
	}
	u := all[t.Ref.String()]
	out := TemplateUsage{Usage: u, Saved: u.Saved(t).Hours(), TimeSaved: t.TimeSaved}
	if share, ok := u.Success(); ok {
		out.Success = &share
	}
	if u.Median > 0 {
		seconds := u.Median.Seconds()
		out.Median = &seconds
	}
	if !u.Last.IsZero() {
		out.LastUsed = u.Last.UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	return respond.JSON(c, http.StatusOK, out)
}

// TemplateCase is a recorded case and how it went.
type TemplateCase struct {
	scaffold.CaseResult
	Passed bool `json:"passed"`
}

func (h *Workshop) cases(c echo.Context) error {
	t, err := h.template(c)
	if err != nil {
		return err
	}
	list, err := h.Engine.Cases(c.Request().Context(), t)
	if err != nil {
		return err
	}
	items := []TemplateCase{}
	for _, r := range list {
		items = append(items, TemplateCase{r, r.Passed()})
	}
	return respond.JSON(c, http.StatusOK, List[TemplateCase]{Items: items, Total: len(items)})
}
