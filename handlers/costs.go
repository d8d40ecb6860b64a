package handlers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/costview"
)

// CostReader is what the cost pages need of the engine.
type CostReader interface {
	Report(ctx context.Context, v access.Viewer, q cost.Query) (cost.Report, error)
	Matrix(ctx context.Context, v access.Viewer, q cost.Query) ([]cost.Line, cost.Grain, error)
	Outlooks(ctx context.Context, v access.Viewer, dimension string, m cost.Measure) (map[string]cost.Outlook, error)
	Budgets(ctx context.Context, v access.Viewer) (map[string]cost.Budget, error)
	Imports(ctx context.Context, v access.Viewer) ([]cost.Import, error)
	Today() time.Time
}

// BillSpool keeps an uploaded bill while an action reads it.
type BillSpool interface {
	Spool(r io.Reader) (string, error)
	Unspool(name string)
}

// EntityNames says what people call entities.
type EntityNames interface {
	EntitySummaries(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error)
}

// Costs serves the pages of costs.
type Costs struct {
	Reader  CostReader
	Spool   BillSpool
	Names   EntityNames
	Actions *action.Registry
}

// Register adds the pages to g.
func (h *Costs) Register(g *echo.Group) {
	g.GET("/costs", h.show)
	g.GET("/costs.csv", h.csv)
	g.GET("/costs/imports", h.imports)
	g.POST("/costs/imports", h.importBill)
}

func (h *Costs) show(c echo.Context) error {
	d, err := h.data(c)
	if err != nil {
		return err
	}
	return respond.Page(c, respond.Meta{Title: "Costs", Nav: "/costs", Charts: true}, costview.Page(costview.NewPage(d)))
}

func (h *Costs) csv(c echo.Context) error {
	d, err := h.data(c)
	if err != nil {
		return err
	}
	return sendCSV(c, "costs.csv", costview.CSV(d))
}

// sendCSV answers with rows as a file. A cell that a spreadsheet would take
// for a formula is made text.
func sendCSV(c echo.Context, name string, rows [][]string) error {
	c.Response().Header().Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Response().WriteHeader(http.StatusOK)
	w := csv.NewWriter(c.Response())
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && slices.Contains([]byte("=+@\t\r"), cell[0]) {
				row[i] = "'" + cell
			}
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

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

func (h *Costs) data(c echo.Context) (costview.Data, error) {
	q, err := costQuery(c, h.Reader.Today())
	if err != nil {
		return costview.Data{}, err
	}
	return h.collect(c.Request().Context(), respond.Viewer(c), q)
}

// collect reads all that the page of q shows.
func (h *Costs) collect(ctx context.Context, v access.Viewer, q cost.Query) (costview.Data, error) {
	d := costview.Data{Today: h.Reader.Today(), Names: cost.ShortName}
	var err error
	if d.Report, err = h.Reader.Report(ctx, v, q); err != nil || d.Report.Reason != "" {
		return d, err
	}
	if d.Matrix, d.Grain, err = h.Reader.Matrix(ctx, v, q); err != nil {
		return d, err
	}
	if err := h.outlook(ctx, v, q, &d); err != nil {
		return d, err
	}
	d.Names, d.Unknown, err = h.names(ctx, v, d)
	return d, err
}

// outlook adds where the month is going: of what the page is narrowed to, and
// of each line when it is not narrowed.
func (h *Costs) outlook(ctx context.Context, v access.Viewer, q cost.Query, d *costview.Data) error {
	dimension, key := cost.DimAll, ""
	switch {
	case q.Service != "":
		dimension, key = cost.DimService, q.Service
	case q.Team != "":
		dimension, key = cost.DimTeam, q.Team
	}
	all, err := h.Reader.Outlooks(ctx, v, dimension, q.Measure)
	if err != nil {
		return err
	}
	if o, ok := all[key]; ok {
		d.All = &o
	}
	if key != "" || q.Group == "day" || q.Group == "month" {
		return nil
	}
	if d.Outlooks, err = h.Reader.Outlooks(ctx, v, q.Group, q.Measure); err != nil {
		return err
	}
	d.Budgets, err = h.Reader.Budgets(ctx, v)
	return err
}

// names says what people call the keys of a page, and which references among
// them the catalog does not hold.
func (h *Costs) names(ctx context.Context, v access.Viewer, d costview.Data) (func(string) string, []string, error) {
	keys := map[string]bool{d.Report.Query.Team: true, d.Report.Query.Service: true}
	for _, i := range d.Report.Items {
		keys[i.Key] = true
	}
	var refs []catalog.Ref
	for _, k := range cost.SortedKeys(keys) {
		if ref, err := catalog.ParseRef(k, "", ""); err == nil && cost.IsReference(k) {
			refs = append(refs, ref)
		}
	}
	known := map[catalog.Ref]catalog.Summary{}
	for chunk := range slices.Chunk(refs, 500) { // what one look-up answers
		found, err := h.Names.EntitySummaries(ctx, v, chunk)
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(known, found)
	}
	titles, unknown := map[string]string{cost.Unallocated: "Unallocated"}, []string{}
	for _, r := range refs {
		if s, ok := known[r]; ok {
			titles[r.String()] = s.Title
		} else {
			unknown = append(unknown, r.String())
		}
	}
	return func(key string) string {
		if t := titles[key]; t != "" {
			return t
		}
		if cost.IsReference(key) {
			return cost.ShortName(key)
		}
		return key
	}, unknown, nil
}

var importsMeta = respond.Meta{Title: "Imported bills", Nav: "/costs"}

func (h *Costs) imports(c echo.Context) error {
	p, err := h.importsProps(c, nil)
	if err != nil {
		return err
	}
	return respond.Page(c, importsMeta, costview.Imports(p))
}

func (h *Costs) importsProps(c echo.Context, faults []fault.Field) (costview.ImportsProps, error) {
	list, err := h.Reader.Imports(c.Request().Context(), respond.Viewer(c))
	return costview.NewImports(list, respond.May(c, "import-costs", ""), faults), err
}

func (h *Costs) importBill(c echo.Context) error {
	if err := respond.Require(c, "import-costs", ""); err != nil {
		return err
	}
	upload, file, in, err := respond.Upload(c, h.Spool.Spool, "source", "period")
	defer h.Spool.Unspool(upload)
	if err != nil {
		return h.refused(c, in, err)
	}
	if upload == "" {
		return h.refused(c, in, fault.InvalidField("file", "required", "Choose a file."))
	}
	in["upload"], in["name"] = upload, file
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, "import-costs", body)
	if err != nil {
		return h.refused(c, in, err)
	}
	return respond.Done(c, out)
}

// refused shows the form again with what is wrong.
func (h *Costs) refused(c echo.Context, in map[string]string, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return err
	}
	fields := f.Fields
	if len(fields) == 0 {
		fields = []fault.Field{{Field: "file", Message: f.Public}}
	}
	p, err := h.importsProps(c, fields)
	if err != nil {
		return err
	}
	p.Source, p.Period = in["source"], in["period"]
	return respond.Invalid(c, importsMeta, costview.Imports(p))
}
