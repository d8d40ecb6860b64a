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
	p := envview.BlueprintProps{Blueprint: b, Service: c.QueryParam("service"), Parameters: parameterRows(b),
		Engine: h.engine(c.Request().Context()), CanLaunch: h.Allow.Anywhere(v, "launch-environment.dev"),
		PriceNote: fmt.Sprintf("Prices of %s, %s. A month has %d hours.", b.Prices.Date, b.Prices.Source, b.Prices.Hours)}
	p.PriceHead, p.Prices = priceTable(b)
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

// priceTable is what resources cost, a column for each size; what costs nothing
// is left out.
func priceTable(b provision.Blueprint) (head []ui.Cell, rows [][]ui.Cell) {
	head = []ui.Cell{{Text: "What"}}
	for _, s := range b.Sizes {
		head = append(head, ui.Cell{Text: s.Title, Num: true})
	}
	for _, name := range slices.Sorted(maps.Keys(b.Prices.Resources)) {
		r := b.Prices.Resources[name]
		row, costs := []ui.Cell{{Text: r.Title, Sub: r.Usage}}, false
		for _, s := range b.Sizes {
			amount, ok := r.Monthly[s.Name]
			if r.By == "" {
				amount, ok = r.Monthly[""]
			}
			cell := ui.Cell{Text: ui.Dash, Num: true}
			if ok {
				cell.Text = ui.Money(amount, b.Prices.Currency)
				costs = costs || strings.Trim(amount, "0.") != ""
			}
			row = append(row, cell)
		}
		if costs {
			rows = append(rows, row)
		}
	}
	return head, rows
}
