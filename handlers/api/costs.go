package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/cost"
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
	q, err := costQuery(c, h.Reader.Today())
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

// costQuery reads a report's parameters: group, from and to, measure, team,
// service; see cost.NewQuery for what stands in.
func costQuery(c echo.Context, today time.Time) (cost.Query, error) {
	q := cost.NewQuery(c.QueryParam("group"), c.QueryParam("measure"), today)
	q.Team, q.Service = cost.ReferenceOf("group", c.QueryParam("team")), cost.ReferenceOf("component", c.QueryParam("service"))
	var err error
	if q.From, err = respond.Date(c, "from", q.From); err != nil {
		return q, err
	}
	if q.To, err = respond.Date(c, "to", q.To); err != nil {
		return q, err
	}
	return q, q.Check()
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
	if !respond.IsMultipart(c) {
		return (&Actions{Registry: h.Actions}).doNamed(c, "import-costs")
	}
	if err := respond.Require(c, "import-costs", ""); err != nil {
		return err
	}
	upload, file, in, err := respond.Upload(c, h.Uploads.Spool, "source", "period")
	defer h.Uploads.Unspool(upload)
	if err != nil {
		return err
	}
	in["upload"], in["name"] = upload, file
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, "import-costs", body)
	if err != nil {
		return err
	}
	return respond.JSON(c, http.StatusOK, out.Body)
}
