package api

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/fault"
)

// CostReader is what the cost routes need of the engine.
type CostReader interface {
	Report(ctx context.Context, v access.Viewer, q cost.Query) (cost.Report, error)
	Outlooks(ctx context.Context, v access.Viewer, dimension string, m cost.Measure) (map[string]cost.Outlook, error)
	Imports(ctx context.Context, v access.Viewer) ([]cost.Import, error)
	Today() time.Time
}

// Uploads keeps a bill while an action reads it.
type Uploads interface {
	Spool(r io.Reader) (string, error)
	Unspool(name string)
}

// Costs serves costs to programs.
type Costs struct {
	Reader  CostReader
	Uploads Uploads
	Actions *action.Registry
}

// Register adds the routes to g, which is /api/v1, and the published front to
// root.
func (h *Costs) Register(g, root *echo.Group) {
	g.GET("/costs", h.report)
	g.GET("/costs/imports", h.imports)
	g.POST("/actions/import-costs", h.importBill)
	root.GET("/api/costs", h.published)
}

// costItem is one line of a report.
type costItem struct {
	Key    string   `json:"key"`
	Title  string   `json:"title"`
	Amount string   `json:"amount"`
	Share  *float64 `json:"share"`
	Change *float64 `json:"change"`
}

// costBody is a report; money is decimal text.
type costBody struct {
	Items       []costItem `json:"items"`
	Total       *string    `json:"total"`
	Unallocated *string    `json:"unallocated"`
	Currency    string     `json:"currency"`
	From        string     `json:"from"`
	To          string     `json:"to"`
	Group       string     `json:"group"`
	Measure     string     `json:"measure"`
	N           int        `json:"n"`
	Definition  string     `json:"definition"`
	Reason      string     `json:"reason,omitempty"`
}

func (h *Costs) report(c echo.Context) error {
	q, err := CostQuery(c, h.Reader.Today())
	if err != nil {
		return err
	}
	r, err := h.Reader.Report(c.Request().Context(), respond.Viewer(c), q)
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, newCostBody(r))
}

func newCostBody(r cost.Report) costBody {
	b := costBody{Items: make([]costItem, 0, len(r.Items)), Currency: r.Currency, From: r.Query.From.Format(time.DateOnly),
		To: r.Query.To.Format(time.DateOnly), Group: r.Query.Group, Measure: string(r.Query.Measure), N: len(r.Items),
		Definition: cost.Definition(r.Query), Reason: r.Reason}
	for _, i := range r.Items {
		b.Items = append(b.Items, costItem{i.Key, i.Title, i.Amount.String(), i.Share, i.Change})
	}
	if r.Reason == "" {
		total, unallocated := r.Total.String(), r.Unallocated.String()
		b.Total = &total
		if r.Query.Group != "day" && r.Query.Group != "month" {
			b.Unallocated = &unallocated
		}
	}
	return b
}

// CostQuery reads a report's parameters: group (team), from and to (the
// current month and the eleven before), measure (effective), team, service.
func CostQuery(c echo.Context, today time.Time) (cost.Query, error) {
	q := cost.Query{Group: c.QueryParam("group"), Measure: cost.Measure(c.QueryParam("measure")),
		Team: cost.ReferenceOf("group", c.QueryParam("team")), Service: cost.ReferenceOf("component", c.QueryParam("service"))}
	if q.Group == "" {
		q.Group = cost.DimTeam
	}
	if q.Measure == "" {
		q.Measure = cost.Effective
	}
	month := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	var err error
	if q.From, err = Date(c, "from", month.AddDate(0, -11, 0)); err != nil {
		return q, err
	}
	if q.To, err = Date(c, "to", month.AddDate(0, 1, 0)); err != nil {
		return q, err
	}
	return q, q.Check()
}

// Date reads a parameter that is a date, also written as its first moment in
// UTC.
func Date(c echo.Context, name string, fallback time.Time) (time.Time, error) {
	s := c.QueryParam(name)
	if s == "" {
		return fallback, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339, s)
	}
	if t = t.UTC(); err != nil || t.Year() < 1970 || t.Year() > 2200 || t != t.Truncate(24*time.Hour) {
		return t, fault.InvalidField(name, "format", "Give a whole day, such as 2026-10-01.")
	}
	return t, nil
}

func (h *Costs) imports(c echo.Context) error {
	list, err := h.Reader.Imports(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	if list == nil {
		list = []cost.Import{}
	}
	return respond.JSON(c, http.StatusOK, List[cost.Import]{Items: list, Total: len(list)})
}

// published answers GET /api/costs as the platform guides print it.
func (h *Costs) published(c echo.Context) error {
	all, err := h.Reader.Outlooks(c.Request().Context(), respond.Viewer(c), cost.DimTeam, cost.Effective)
	if err != nil {
		return err
	}
	out := make([]publishedCost, 0, len(all))
	for _, key := range cost.SortedKeys(all) {
		o := all[key]
		out = append(out, publishedCost{cost.ShortName(key), json.Number(o.Current.StringFixed(2)), json.Number(o.Projected.StringFixed(2)), o.Trend})
	}
	return respond.JSON(c, http.StatusOK, out)
}

type publishedCost struct {
	Team      string      `json:"team"`
	Current   json.Number `json:"current"`
	Projected json.Number `json:"projected"`
	Trend     cost.Trend  `json:"trend"`
}

// importBill is the action import-costs, whose file may come with the request.
func (h *Costs) importBill(c echo.Context) error {
	if t, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType)); err != nil || t != echo.MIMEMultipartForm {
		return (&Actions{Registry: h.Actions}).doNamed(c, "import-costs")
	}
	out, err := ImportBill(c, h.Actions, h.Uploads)
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, out.Body)
}

// ImportBill passes an uploaded bill through the one door. The file is read
// from the request into the spool; nothing of it is kept in memory.
func ImportBill(c echo.Context, reg *action.Registry, uploads Uploads) (action.Output, error) {
	if err := respond.Require(c, "import-costs", ""); err != nil {
		return action.Output{}, err
	}
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return action.Output{}, fault.InvalidField("file", "contentType", "Send the bill as multipart/form-data.").Because(err)
	}
	in := map[string]string{}
	defer func() { uploads.Unspool(in["upload"]) }()
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return action.Output{}, err
		}
		if err := takePart(p, in, uploads); err != nil {
			return action.Output{}, err
		}
	}
	if in["upload"] == "" {
		return action.Output{}, fault.InvalidField("file", "required", "Choose a file.")
	}
	body, err := json.Marshal(in)
	if err != nil {
		return action.Output{}, err
	}
	return respond.Do(c, reg, "import-costs", body)
}

// maxField bounds a text field beside the file.
const maxField = 255

func takePart(p *multipart.Part, in map[string]string, uploads Uploads) error {
	name := p.FormName()
	switch {
	case name == "file" && p.FileName() != "":
		if in["upload"] != "" {
			return fault.InvalidField("file", "maxItems", "Send one file at a time.")
		}
		upload, err := uploads.Spool(p)
		if err != nil {
			return err
		}
		in["upload"], in["name"] = upload, p.FileName()
	case name == "source" || name == "period":
		b, err := io.ReadAll(io.LimitReader(p, maxField+1))
		if err != nil {
			return err
		}
		if len(b) > maxField {
			return fault.InvalidField(name, "maxLength", "This text is too long.")
		}
		in[name] = string(b)
	}
	return nil
}
