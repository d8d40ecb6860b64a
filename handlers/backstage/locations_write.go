package backstage

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/catalog/register"
	"github.com/waymark-portal/waymark/internal/fault"
)

// locationInput is the body of POST and PUT.
type locationInput struct {
	Type   string `json:"type"`
	Target string `json:"target"`
}

func (in locationInput) id() string { return in.Type + ":" + in.Target }

// input reads the body of a change and says whether it may be made at all.
func (h *Handler) input(c echo.Context, dry bool) (locationInput, error) {
	var in locationInput
	if err := bind(c, &in); err != nil {
		return in, err
	}
	if in.Type != "url" {
		return in, invalid(`Registered locations must be of an allowed type ["url"]`)
	}
	return in, h.writable(dry)
}

// writable refuses changes of locations when the configuration does.
func (h *Handler) writable(dry bool) error {
	if h.ReadOnly && !dry {
		return fault.New(fault.Forbidden, "The catalog is read-only: its locations are in the configuration. Nothing was changed.")
	}
	return nil
}

func (h *Handler) createLocation(c echo.Context) error {
	dry := yes(c.QueryParam("dryRun"))
	in, err := h.input(c, dry)
	if err != nil {
		return err
	}
	known, exists, err := h.recordBy(c.Request().Context(), respond.Viewer(c), func(r record) bool { return r.source.ID == in.id() })
	switch {
	case err != nil:
		return err
	case exists && dry:
		return h.tried(c, known)
	case exists && c.QueryParam("onConflict") == "refresh":
		if err := h.refreshSource(c, known.source.ID); err != nil {
			return err
		}
		return created(c, known, nil, nil)
	case exists:
		return fault.Newf(fault.Conflict, "Location %s already exists", in.id())
	}
	var opts []action.Option
	if dry {
		opts = append(opts, action.DryRun())
	}
	out, err := h.do(c, "register-location", in, opts...)
	if err != nil {
		return err
	}
	r := newRecord(catalog.SourceState{Location: catalog.Location{ID: in.id()}})
	if !dry {
		return created(c, r, nil, nil)
	}
	found, err := previewed(out)
	if err != nil {
		return err
	}
	no := false
	return created(c, r, found, &no)
}

// tried answers a dry run for a location that is registered already, with
// what the catalog has of it.
func (h *Handler) tried(c echo.Context, r record) error {
	const origin = "metadata.annotations.backstage.io/managed-by-origin-location"
	var found []json.RawMessage
	err := h.Entities.StreamEntities(c.Request().Context(), respond.Viewer(c), query.In{Field: origin, Values: []string{r.source.ID}}, nil,
		func(raw json.RawMessage) error {
			found = append(found, bytes.Clone(raw))
			return nil
		})
	if err != nil {
		return err
	}
	exists := true
	return created(c, r, found, &exists)
}

// previewed are the entities that a dry run of register-location found. What
// is wrong in the files refuses it.
func previewed(out action.Output) ([]json.RawMessage, error) {
	body, _ := out.Body.(map[string]any)
	found, ok := body["preview"].(register.Registered)
	if !ok {
		return nil, nil
	}
	var wrong []string
	for _, p := range found.Problems {
		if p.Severity == catalog.Error {
			wrong = append(wrong, p.Message)
		}
	}
	if len(wrong) > 0 {
		return nil, invalid("%s", strings.Join(wrong, "; "))
	}
	var list []json.RawMessage
	for _, d := range found.Documents {
		if d.Entity == nil {
			continue
		}
		raw, _, err := d.Entity.Encode()
		if err != nil {
			return nil, err
		}
		list = append(list, raw)
	}
	return list, nil
}

func created(c echo.Context, r record, entities []json.RawMessage, exists *bool) error {
	var b bytes.Buffer
	place, err := json.Marshal(r)
	if err != nil {
		return err
	}
	b.WriteString(`{"location":`)
	b.Write(place)
	b.WriteString(`,"entities":`)
	list(&b, entities)
	if exists != nil {
		b.WriteString(`,"exists":` + strconv.FormatBool(*exists))
	}
	b.WriteByte('}')
	return c.Blob(http.StatusCreated, contentType, b.Bytes())
}

func (h *Handler) updateLocation(c echo.Context) error {
	in, err := h.input(c, false)
	if err != nil {
		return err
	}
	old, err := h.recordByID(c.Request().Context(), respond.Viewer(c), pathOf(c, "id"))
	if err != nil {
		return err
	}
	next := newRecord(catalog.SourceState{Location: catalog.Location{ID: in.id()}})
	if next.ID == old.ID {
		return answerJSON(c, old)
	}
	if _, err := h.do(c, "move-location", map[string]string{"location": old.source.ID, "target": in.Target}); err != nil {
		return err
	}
	return answerJSON(c, next)
}

func (h *Handler) deleteLocation(c echo.Context) error {
	if err := h.writable(false); err != nil {
		return err
	}
	r, err := h.recordByID(c.Request().Context(), respond.Viewer(c), pathOf(c, "id"))
	if err != nil {
		return err
	}
	if _, err := h.do(c, "unregister-location", map[string]string{"source": r.source.ID}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// do passes an input through the one door.
func (h *Handler) do(c echo.Context, name string, in any, opts ...action.Option) (action.Output, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return action.Output{}, err
	}
	return h.Actions.Do(c.Request().Context(), respond.Actor(c), name, raw, opts...)
}

// yes reads a flag as Backstage does.
func yes(s string) bool {
	return slices.Contains([]string{"true", "yes", "y", "1", "on"}, strings.ToLower(s))
}
