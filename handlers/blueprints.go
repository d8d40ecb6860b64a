package handlers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/views/envview"
	"github.com/waymark-portal/waymark/views/ui"
)

var dryRun = action.DryRun()

func (h *Environments) blueprints(c echo.Context) error {
	return respond.Page(c, blueprintMeta("Blueprints"), envview.Blueprints(envview.BlueprintsProps{
		List: h.Library.All(), Problems: h.Library.Problems(), Service: c.QueryParam("service"), Engine: h.engine(c.Request().Context())}))
}

func (h *Environments) blueprint(c echo.Context) error {
	b, err := h.Library.Offered(c.Param("name"))
	if err != nil {
		return err
	}
	v := respond.Viewer(c)
	found, _, err := h.Reader.Environments(c.Request().Context(), v, provision.Filter{Limit: 200})
	if err != nil {
		return err
	}
	p := envview.BlueprintProps{Blueprint: b, Service: c.QueryParam("service"), Parameters: parameterRows(b), Prices: priceRows(b.Prices),
		Engine: h.engine(c.Request().Context()), CanLaunch: h.Allow.Anywhere(v, "launch-environment.dev"),
		PriceNote: fmt.Sprintf("Prices of %s, %s. A month has %d hours.", b.Prices.Date, b.Prices.Source, b.Prices.Hours)}
	for _, line := range strings.Split(b.Changelog, "\n") {
		if line = strings.TrimLeft(line, "# "); line != "" && line != "Changelog" {
			p.Changelog = append(p.Changelog, line)
		}
	}
	for _, e := range found {
		if e.Blueprint == b.Name {
			p.Rows = append(p.Rows, envview.NewRow(e, h.Now()))
		}
	}
	return respond.Page(c, blueprintMeta(b.Title), envview.BlueprintPage(p))
}

// parameterRows lists the parameters of a blueprint.
func parameterRows(b provision.Blueprint) [][]ui.Cell {
	var schema struct {
		Properties map[string]struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			Default     any    `json:"default"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(b.Parameters, &schema); err != nil {
		return nil // it was read when the blueprint was loaded
	}
	var out [][]ui.Cell
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := schema.Properties[name]
		def := ui.Dash
		if p.Default != nil {
			def = fmt.Sprint(p.Default)
		}
		out = append(out, []ui.Cell{{Text: name, Mono: true}, {Text: p.Title, Sub: p.Description}, {Text: def, Mono: true}})
	}
	return out
}

// priceRows lists what resources cost, by size.
func priceRows(book provision.PriceBook) [][]ui.Cell {
	var out [][]ui.Cell
	for _, name := range slices.Sorted(maps.Keys(book.Resources)) {
		r := book.Resources[name]
		for _, size := range slices.Sorted(maps.Keys(r.Monthly)) {
			title := r.Title
			if size != "" {
				title += ", " + size
			}
			out = append(out, []ui.Cell{{Text: title}, {Text: ui.Money(r.Monthly[size], book.Currency), Num: true}})
		}
	}
	return out
}
