package handlers

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/views/fleetview"
)

// upgradeMany starts the upgrades of chosen services, or of all that are
// behind a template.
func (h *Fleet) upgradeMany(c echo.Context) error {
	sent, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	in := map[string]any{}
	if t := sent.Get("template"); t != "" {
		in["template"] = t
	} else {
		in["services"] = sent["service"]
	}
	if len(sent["service"]) == 0 && in["template"] == nil {
		return fault.InvalidField("service", "required", "Choose the services that are to be upgraded. Nothing was started.")
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, fleet.BulkUpgradeAction, raw)
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

// upgrade starts an upgrade, or shows what it would do.
func (h *Fleet) upgrade(c echo.Context) error {
	sent, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	p, s, err := h.service(c)
	if err != nil {
		return err
	}
	values, unread, err := h.given(c, s, sent)
	if err != nil {
		return err
	}
	in := map[string]any{"service": s.ID}
	if len(values) > 0 {
		in["values"] = values
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var out action.Output
	err = fault.InvalidFields(unread...)
	if len(unread) == 0 {
		var opts []action.Option
		if sent.Get("preview") != "" {
			opts = append(opts, action.DryRun())
		} else {
			opts = append(opts, action.WithKey(sent.Get("_key")))
		}
		out, err = h.Actions.Do(c.Request().Context(), respond.Actor(c), fleet.UpgradeAction, raw, opts...)
	}
	if f, ok := invalid(err); ok {
		if p.Asks, err = h.asks(c, s, sent, f.Fields); err != nil {
			return err
		}
		p.Asks.Said = f.Public
		return respond.Invalid(c, fleetMeta(s.Name), fleetview.Show(p))
	}
	if err != nil {
		return err
	}
	if plan, ok := planned(out); ok {
		p.Plan = &plan
		if p.Asks, err = h.asks(c, s, sent, nil); err != nil {
			return err
		}
		return respond.Page(c, fleetMeta(s.Name), fleetview.Show(p))
	}
	return respond.Done(c, out)
}

// planned is what a dry run of an upgrade has answered.
func planned(out action.Output) (fleet.Plan, bool) {
	body, _ := out.Body.(map[string]any)
	plan, ok := body["preview"].(fleet.Plan)
	return plan, ok
}

func (h *Fleet) showUpgrade(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	u, err := h.Reader.Upgrade(ctx, v, c.Param("id"))
	if err != nil {
		return err
	}
	s, err := h.Reader.Service(ctx, v, u.Base)
	if err != nil {
		return err
	}
	p := fleetview.NewUpgrade(u, s)
	p.News, p.Key = newsHTML(h.Engine.Changes(ctx, u.Template, u.From, u.To)), newKey()
	p.CanMerge = p.Open && s.Host == forge.Host && respond.May(c, fleet.MergeAction, s.Team)
	p.CanClose = p.Open && respond.May(c, fleet.CloseAction, s.Team)
	if owner, name, ok := strings.Cut(s.Repository, "/"); ok && s.Host == forge.Host && u.Commit != "" {
		p.Fetch = "git clone --branch " + u.Branch + " " + h.Diffs.CloneURL(owner, name)
		if respond.May(c, "clone-repository", s.Team) {
			files, err := h.Diffs.Diff(ctx, owner, name, u.Commit)
			if err != nil && !fault.Is(err, fault.NotFound) { // the repository may be gone
				return err
			}
			if p.Files = files; len(files) > 0 {
				p.Changed = nil
			}
		}
	}
	return respond.Page(c, fleetMeta(p.Title), fleetview.UpgradePage(p))
}

func (h *Fleet) merge(c echo.Context) error {
	out, err := respond.Do(c, h.Actions, fleet.MergeAction, object("upgrade", c.Param("id")))
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

func (h *Fleet) close(c echo.Context) error {
	raw, err := json.Marshal(map[string]any{"upgrade": c.Param("id"), "merged": c.FormValue("merged") == "true"})
	if err != nil {
		return err
	}
	out, err := respond.Do(c, h.Actions, fleet.CloseAction, raw)
	if err != nil {
		return err
	}
	return respond.Done(c, out)
}

func (h *Fleet) bulk(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	list, err := h.Reader.UpgradesIn(ctx, v, c.Param("id"))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fleet.ErrNoUpgrade
	}
	p := fleetview.BulkProps{Total: len(list)}
	names, err := h.names(ctx, v, list)
	if err != nil {
		return err
	}
	for _, u := range list {
		if u.State != fleet.Running {
			p.Done++
		}
		p.Rows = append(p.Rows, fleetview.NewUpgradeRow(u, names[u.Base]))
	}
	p.Share = float64(p.Done) / float64(p.Total)
	return respond.Page(c, fleetMeta("Upgrades"), fleetview.Bulk(p))
}

// names are those of the services of upgrades.
func (h *Fleet) names(ctx context.Context, v access.Viewer, list []fleet.Upgrade) (map[string]string, error) {
	ids := make([]string, len(list))
	for i, u := range list {
		ids[i] = u.Base
	}
	found, err := h.Reader.ServicesIn(ctx, v, ids)
	out := map[string]string{}
	for _, s := range found {
		out[s.ID] = s.Name
	}
	return out, err
}
