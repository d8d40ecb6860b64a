package handlers

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/catalogview"
)

// exportRow is one entity of an exported list; exportHead must match fields.
type exportRow struct {
	Ref         string   `json:"ref"`
	Kind        string   `json:"kind"`
	Namespace   string   `json:"namespace"`
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Lifecycle   string   `json:"lifecycle"`
	Owner       string   `json:"owner"`
	System      string   `json:"system"`
	Tags        []string `json:"tags"`
	Description string   `json:"description"`
	Source      string   `json:"source"`
	File        string   `json:"file"`
	Changed     string   `json:"changedAt"`
}

var exportHead = []string{"ref", "kind", "namespace", "name", "title", "type", "lifecycle", "owner", "system", "tags", "description", "source", "file", "changedAt"}

func newExportRow(e catalog.Exported) exportRow {
	return exportRow{Ref: e.Ref.String(), Kind: e.Kind, Namespace: e.Ref.Namespace, Name: e.Ref.Name, Title: e.Title, Type: e.Type, Lifecycle: e.Lifecycle,
		Owner: e.Owner.String(), System: e.System.String(), Tags: append([]string{}, e.Tags...), Description: e.Description, Source: e.Source, File: e.File, Changed: e.Changed}
}

func (r exportRow) fields() []string {
	return []string{r.Ref, r.Kind, r.Namespace, r.Name, r.Title, r.Type, r.Lifecycle, r.Owner, r.System, strings.Join(r.Tags, " "), r.Description, r.Source, r.File, r.Changed}
}

// exporter writes rows in one format.
type exporter interface {
	row(exportRow) error
	close() error
}

// export streams everything that the list's choice finds, as it is read.
// Nothing is narrowed by what is not understood: that is refused.
func (h *Catalog) export(c echo.Context) error {
	var q catalogview.Query
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	if unknown := catalogview.Unknown(c.QueryParams()); len(unknown) > 0 {
		return fault.InvalidField(unknown[0], "unknown", "The list does not know this. Nothing was exported, since it would be more than was asked for.")
	}
	ctx, v := c.Request().Context(), respond.Viewer(c)
	own, err := h.own(ctx, v)
	if err != nil {
		return err
	}
	out, err := newExporter(c)
	if err != nil {
		return err
	}
	f := q.Filter(own)
	f.After, f.Facets = "", false
	if err := h.Lists.ExportEntities(ctx, v, f, func(e catalog.Exported) error { return out.row(newExportRow(e)) }); err != nil {
		return err
	}
	return out.close()
}

// newExporter begins the answer in the format of the address.
func newExporter(c echo.Context) (exporter, error) {
	format := c.Param("format")
	mime, ok := map[string]string{"csv": "text/csv; charset=utf-8", "json": echo.MIMEApplicationJSON}[format]
	if !ok {
		return nil, fault.New(fault.NotFound, "The list is exported as .csv or .json.")
	}
	c.Response().Header().Set(echo.HeaderContentType, mime)
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="catalog.`+format+`"`)
	c.Response().WriteHeader(http.StatusOK)
	if format == "json" {
		return &jsonExport{w: bufio.NewWriterSize(c.Response(), 1<<15)}, nil
	}
	e := &csvExport{csv.NewWriter(c.Response())}
	return e, e.w.Write(exportHead)
}

type csvExport struct{ w *csv.Writer }

func (e *csvExport) row(r exportRow) error {
	cells := r.fields()
	for i, cell := range cells {
		cells[i] = plainCell(cell)
	}
	return e.w.Write(cells)
}

func (e *csvExport) close() error {
	e.w.Flush()
	return e.w.Error()
}

// jsonExport writes one array, a row a line.
type jsonExport struct {
	w    *bufio.Writer
	rows int
}

func (e *jsonExport) row(r exportRow) error {
	lead := ",\n"
	if e.rows++; e.rows == 1 {
		lead = "[\n"
	}
	b, err := json.Marshal(r)
	if err == nil {
		_, err = io.WriteString(e.w, lead)
	}
	if err == nil {
		_, err = e.w.Write(b)
	}
	return err
}

func (e *jsonExport) close() error {
	end := "\n]\n"
	if e.rows == 0 {
		end = "[]\n"
	}
	if _, err := e.w.WriteString(end); err != nil {
		return err
	}
	return e.w.Flush()
}
