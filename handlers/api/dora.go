package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/fault"
)

// DeliveryReader is what the DORA routes need of the engine.
type DeliveryReader interface {
	Report(ctx context.Context, v access.Viewer, q delivery.Query) (delivery.Report, error)
	Evidence(ctx context.Context, v access.Viewer, q delivery.EvidenceQuery) (delivery.Evidence, error)
	Today() time.Time
}

// Delivery serves the DORA numbers to programs.
type Delivery struct {
	Reader DeliveryReader
}

// Register adds the routes to g, which is /api/v1.
func (h *Delivery) Register(g *echo.Group) {
	g.GET("/dora", h.report)
	g.GET("/dora/events", h.events)
}

// metricBody is one number; "no data" is null with a reason.
type metricBody struct {
	Value      *float64 `json:"value"`
	Unit       string   `json:"unit"`
	N          int64    `json:"n"`
	Band       *string  `json:"band"`
	BandSource *string  `json:"bandSource"`
	BandNote   string   `json:"bandNote,omitempty"`
	Definition string   `json:"definition"`
	Reason     *string  `json:"reason"`
	P75        *float64 `json:"p75,omitempty"`
	P90        *float64 `json:"p90,omitempty"`
	Mean       *float64 `json:"mean,omitempty"`
	Previous   *float64 `json:"previous"`
}

func newMetricBody(m delivery.Metric) metricBody {
	return metricBody{m.Value, m.Unit, m.N, orNull(m.Band), orNull(m.BandSource), m.BandNote, m.Definition, orNull(m.Reason),
		m.P75, m.P90, m.Mean, m.Previous}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// weekBody is one week of the series.
type weekBody struct {
	Week        string   `json:"week"`
	Partial     bool     `json:"partial"`
	Deployments int64    `json:"deployments"`
	Failed      int64    `json:"failed"`
	Rework      int64    `json:"rework"`
	Lead        *float64 `json:"changeLeadTime_s"`
	FailRate    *float64 `json:"changeFailRate"`
	Recovery    *float64 `json:"failedDeploymentRecoveryTime_s"`
	ReworkRate  *float64 `json:"deploymentReworkRate"`
	Restore     *float64 `json:"timeToRestore_s"`
}

func (h *Delivery) report(c echo.Context) error {
	q, err := deliveryQuery(c, h.Reader.Today())
	if err != nil {
		return err
	}
	r, err := h.Reader.Report(c.Request().Context(), respond.Viewer(c), q)
	if err != nil {
		return err
	}
	out := object{"scope": q.Scope.String(), "from": q.From.Format(time.DateOnly), "to": q.To.Format(time.DateOnly),
		"openIncidents": r.OpenIncidents, "deploymentsWithoutChanges": r.Unknown, "impossibleLeadTimes": r.Impossible,
		"deploymentDaysPerWeek": r.DaysPerWeek, "deploymentDaysPerMonth": r.DaysPerMonth}
	for id, m := range r.Metrics {
		out[id] = newMetricBody(m)
	}
	weeks := make([]weekBody, len(r.Weekly))
	for i, w := range r.Weekly {
		weeks[i] = weekBody{w.Week, w.Partial, w.Tally.Deployments(), w.Tally.Failed, w.Tally.Rework, w.Lead, w.Fail, w.Recover, w.Rework, w.Restore}
	}
	out["weekly"] = weeks
	return respond.JSON(c, http.StatusOK, out)
}

func (h *Delivery) events(c echo.Context) error {
	q, err := evidenceQuery(c, h.Reader.Today())
	if err != nil {
		return err
	}
	e, err := h.Reader.Evidence(c.Request().Context(), respond.Viewer(c), q)
	if err != nil {
		return err
	}
	items := []map[string]any{}
	for _, x := range e.Deployments {
		items = append(items, x.Body())
	}
	for _, x := range e.Changes {
		items = append(items, x.Body())
	}
	for _, x := range e.Recoveries {
		items = append(items, x.Body())
	}
	for _, x := range e.Incidents {
		items = append(items, x.Body())
	}
	out := List[map[string]any]{Items: items, Total: int(e.Total)}
	if e.Next != nil {
		out.Next = e.Next.String()
	}
	return respond.JSON(c, http.StatusOK, out)
}

// deliveryQuery reads scope (all), from and to (the last 90 days, today
// among them) and bands.
func deliveryQuery(c echo.Context, today time.Time) (delivery.Query, error) {
	q := delivery.Query{Bands: c.QueryParam("bands")}
	var err error
	if q.Scope, err = delivery.ParseScope(c.QueryParam("scope")); err != nil {
		return q, err
	}
	if q.To, err = respond.Date(c, "to", today.AddDate(0, 0, 1)); err != nil {
		return q, err
	}
	if q.From, err = respond.Date(c, "from", q.To.AddDate(0, 0, -90)); err != nil {
		return q, err
	}
	return q, q.Check()
}

// evidenceQuery reads the parameters of deliveryQuery, metric (the name in
// the API, or with hyphens), cursor and limit.
func evidenceQuery(c echo.Context, today time.Time) (delivery.EvidenceQuery, error) {
	base, err := deliveryQuery(c, today)
	q := delivery.EvidenceQuery{Query: base, Metric: delivery.MetricID(c.QueryParam("metric")), Part: c.QueryParam("only") != ""}
	if err != nil {
		return q, err
	}
	if q.After, err = delivery.ParseCursor(c.QueryParam("cursor")); err != nil {
		return q, err
	}
	if s := c.QueryParam("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 {
			return q, fault.InvalidField("limit", "type", "The limit is a whole number from 1 to 500.")
		}
	}
	return q, nil
}
