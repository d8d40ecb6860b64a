package backstage

import (
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
)

func (h *Handler) locations(c echo.Context) error {
	all, err := h.records(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	type item struct {
		Data record `json:"data"`
	}
	out := make([]item, len(all))
	for i, r := range all {
		out[i].Data = r
	}
	return answerJSON(c, out)
}

func (h *Handler) location(c echo.Context) error {
	r, err := h.recordByID(c.Request().Context(), respond.Viewer(c), pathOf(c, "id"))
	if err != nil {
		return err
	}
	return answerJSON(c, r)
}

// locationByEntity answers with the location from which an entity comes,
// through however many Locations in between.
func (h *Handler) locationByEntity(c echo.Context) error {
	ref := refOf(c)
	e, err := h.One.Entity(c.Request().Context(), respond.Viewer(c), ref)
	if err != nil {
		return absent(ref, err)
	}
	r, ok, err := h.recordBy(c.Request().Context(), respond.Viewer(c), func(r record) bool { return r.source.ID == e.Source.ID })
	if err != nil {
		return err
	}
	if !ok {
		return notFound("found no origin for entity %s", ref)
	}
	return answerJSON(c, r)
}
