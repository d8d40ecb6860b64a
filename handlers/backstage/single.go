package backstage

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// refOf is the reference in the path, whose letters keep their case.
func refOf(c echo.Context) catalog.Ref {
	return catalog.Ref{Kind: pathOf(c, "kind"), Namespace: pathOf(c, "namespace"), Name: pathOf(c, "name")}
}

// absent turns what is not there, any more or for the caller, into the text
// that Backstage has for it.
func absent(ref catalog.Ref, err error) error {
	if k := fault.KindOf(err); k != fault.NotFound && k != fault.Gone {
		return err
	}
	return notFound("No entity named '%s' found, with kind '%s' in namespace '%s'", ref.Name, ref.Kind, ref.Namespace)
}

func (h *Handler) byName(c echo.Context) error {
	ref := refOf(c)
	raw, err := h.entityJSON(c, ref)
	if err != nil {
		return absent(ref, err)
	}
	return answer(c, raw)
}

// entityJSON reads one entity, or the Location entity that stands for a
// location.
func (h *Handler) entityJSON(c echo.Context, ref catalog.Ref) (json.RawMessage, error) {
	raw, err := h.One.EntityJSON(c.Request().Context(), respond.Viewer(c), ref)
	if !fault.Is(err, fault.NotFound) || !isGenerated(ref) {
		return raw, err
	}
	r, ok, other := h.recordBy(c.Request().Context(), respond.Viewer(c), func(r record) bool { return r.EntityRef == ref.String() })
	if other != nil {
		return nil, other
	}
	if !ok {
		return nil, err
	}
	return r.entity()
}

func (h *Handler) byUID(c echo.Context) error {
	uid := pathOf(c, "uid")
	raw, err := h.One.EntityByUID(c.Request().Context(), respond.Viewer(c), uid)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return notFound("No entity with uid %s", uid)
	}
	if err != nil {
		return err
	}
	return answer(c, raw)
}

// deleteByUID removes an entity until its file is read again. One that is not
// there is as good as removed.
func (h *Handler) deleteByUID(c echo.Context) error {
	raw, err := h.One.EntityByUID(c.Request().Context(), respond.Viewer(c), pathOf(c, "uid"))
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return c.NoContent(http.StatusNoContent)
	}
	if err != nil {
		return err
	}
	ref, err := refIn(raw)
	if err != nil {
		return err
	}
	if _, err := h.do(c, "delete-entity", map[string]string{"entity": ref.String()}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// refIn is the reference of an entity in the shape of the API.
func refIn(raw json.RawMessage) (catalog.Ref, error) {
	var e struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Namespace string `json:"namespace"`
			Name      string `json:"name"`
		} `json:"metadata"`
	}
	err := json.Unmarshal(raw, &e)
	return catalog.Ref{Kind: e.Kind, Namespace: e.Metadata.Namespace, Name: e.Metadata.Name}.Canonical(), err
}

// ancestor is one step from an entity to the location that brought it.
type ancestor struct {
	Entity  json.RawMessage `json:"entity"`
	Parents []string        `json:"parentEntityRefs"`
}

func (h *Handler) ancestry(c echo.Context) error {
	ref := refOf(c)
	way, err := h.One.EntityAncestry(c.Request().Context(), respond.Viewer(c), ref)
	if err != nil {
		return absent(ref, err)
	}
	root, ok, err := h.recordBy(c.Request().Context(), respond.Viewer(c), func(r record) bool { return r.source.ID == way.Source.ID })
	if err != nil {
		return err
	}
	var items []ancestor
	for _, a := range way.Items {
		raw, err := h.One.EntityJSON(c.Request().Context(), respond.Viewer(c), a.Ref)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
			continue // it went meanwhile
		}
		if err != nil {
			return err
		}
		item := ancestor{Entity: raw, Parents: []string{}}
		for _, p := range a.Parents {
			item.Parents = append(item.Parents, p.String())
		}
		if a.Root() && ok {
			item.Parents = append(item.Parents, root.EntityRef)
		}
		items = append(items, item)
	}
	if ok {
		raw, err := root.entity()
		if err != nil {
			return err
		}
		items = append(items, ancestor{Entity: raw, Parents: []string{}})
	}
	return answerJSON(c, map[string]any{"rootEntityRef": ref.String(), "items": items})
}

// refresh reads the source of an entity again.
func (h *Handler) refresh(c echo.Context) error {
	var in struct {
		EntityRef string `json:"entityRef"`
	}
	if err := bind(c, &in); err != nil {
		return err
	}
	ref, err := catalog.ParseRef(in.EntityRef, "", "")
	if err != nil {
		return err
	}
	source, err := h.sourceOf(c, ref)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(source, catalog.EnginePrefix) { // engines keep theirs up to date themselves
		if err := h.refreshSource(c, source); err != nil {
			return err
		}
	}
	return c.NoContent(http.StatusOK)
}

func (h *Handler) sourceOf(c echo.Context, ref catalog.Ref) (string, error) {
	e, err := h.One.Entity(c.Request().Context(), respond.Viewer(c), ref)
	if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
		return e.Source.ID, err
	}
	if isGenerated(ref) {
		r, ok, err := h.recordBy(c.Request().Context(), respond.Viewer(c), func(r record) bool { return r.EntityRef == ref.String() })
		if err != nil || ok {
			return r.source.ID, err
		}
	}
	return "", notFound("No entity %s found", ref)
}

func (h *Handler) refreshSource(c echo.Context, source string) error {
	_, err := h.do(c, "refresh-source", map[string]string{"source": source})
	return err
}

// validate says what Backstage would say of an entity. Its refusal has a
// shape of its own.
func (h *Handler) validate(c echo.Context) error {
	var in struct {
		Entity   any    `json:"entity"`
		Location string `json:"location"`
	}
	if err := bind(c, &in); err != nil {
		return err
	}
	if refused := catalog.Strict(in.Entity, in.Location); len(refused) > 0 {
		text, err := json.Marshal(map[string]any{"errors": refused})
		if err != nil {
			return err
		}
		return c.Blob(http.StatusBadRequest, contentType, text)
	}
	return c.NoContent(http.StatusOK)
}

// analyse says what an address holds, and proposes an entity where it holds
// none.
func (h *Handler) analyse(c echo.Context) error {
	var in struct {
		Location locationInput `json:"location"`
	}
	if err := bind(c, &in); err != nil {
		return err
	}
	if in.Location.Type != "url" {
		return invalid("Only locations of the type url can be analyzed.")
	}
	found, err := h.Analyse(c.Request().Context(), respond.Viewer(c), in.Location.Target)
	if err != nil {
		return err
	}
	return answerJSON(c, found)
}
