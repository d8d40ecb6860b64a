package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/ui"
)

// save keeps what was typed as a draft, right or wrong, and shows the page
// again.
func (w *wizard) save(at int) error {
	out, err := w.keep(at)
	if err != nil {
		return err
	}
	out.Location = w.url() + "?draft=1"
	return respond.Done(w.c, out)
}

func (w *wizard) keep(at int) (out action.Output, err error) {
	kept := url.Values{}
	for name, list := range w.sent {
		if strings.HasPrefix(name, valuesPrefix+".") {
			kept[name] = list
		}
	}
	raw, err := json.Marshal(map[string]any{"template": w.t.Ref.String(), "step": at, "form": kept})
	if err != nil {
		return out, err
	}
	return respond.Do(w.c, w.h.Actions, scaffold.SaveDraftName, raw)
}

// resume shows the page on which a draft was saved.
func (w *wizard) resume() error {
	d, err := w.h.Drafts.Draft(w.c.Request().Context(), respond.Viewer(w.c), w.t.Ref.String())
	if fault.Is(err, fault.NotFound) {
		return respond.SeeOther(w.c, w.url())
	}
	if err != nil {
		return err
	}
	w.sent, w.seen, w.draft = d.Form, min(d.Step, len(w.schemas)), &d
	return w.page(http.StatusOK, min(d.Step, max(0, len(w.schemas)-1)), nil, nil)
}

// draftNote is what a page says of the person's draft of the template; the zero
// value when there is none.
func (w *wizard) draftNote() (createview.Draft, error) {
	d := w.draft
	if d == nil {
		found, err := w.h.Drafts.Draft(w.c.Request().Context(), respond.Viewer(w.c), w.t.Ref.String())
		if fault.Is(err, fault.NotFound) {
			return createview.Draft{}, nil
		}
		if err != nil {
			return createview.Draft{}, err
		}
		d = &found
	}
	return createview.Draft{Saved: d.SavedAt, Open: w.draft != nil, Resume: w.url() + "?draft=1", Drop: w.url() + "/drop-draft"}, nil
}

func (h *Create) dropDraft(c echo.Context) error {
	ref := catalog.Ref{Kind: "template", Namespace: c.Param("namespace"), Name: c.Param("name")}
	out, err := respond.Do(c, h.Actions, scaffold.DropDraftName, object("template", ref.String()))
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

// forgetDraft drops the draft of what has been made; one that stays expires.
func (w *wizard) forgetDraft() {
	ctx := w.c.Request().Context()
	if _, err := w.h.Drafts.Draft(ctx, respond.Viewer(w.c), w.t.Ref.String()); err != nil {
		return
	}
	_, _ = w.h.Actions.Do(ctx, respond.Actor(w.c), scaffold.DropDraftName, object("template", w.t.Ref.String())) // the service is being made all the same
}

// begun are the viewer's drafts, for the gallery.
func (h *Create) begun(c echo.Context) ([]createview.Begun, error) {
	list, err := h.Drafts.Drafts(c.Request().Context(), respond.Viewer(c))
	var out []createview.Begun
	for _, d := range list {
		ref, err := catalog.ParseRef(d.Template, "template", "")
		if err != nil {
			continue // it was written by us
		}
		name := d.Form.Get(valuesPrefix + ".name")
		if name == "" {
			name = ref.Name
		}
		out = append(out, createview.Begun{Link: ui.Link{Label: name, URL: createview.TemplateURL(ref.Namespace, ref.Name) + "?draft=1"}, Template: ref.Name, Saved: d.SavedAt})
	}
	return out, err
}
