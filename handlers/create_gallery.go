package handlers

import (
	"context"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/ui"
	"github.com/waymark-portal/waymark/views/workshopview"
)

// maxTemplates bounds the gallery.
const maxTemplates = 200

// recommended is the tag with which templates say that they come first.
const recommended = "recommended"

// galleryQuery is what the gallery is narrowed by.
type galleryQuery struct {
	Text        string `query:"q"`
	Tag         string `query:"tag"`
	Owner       string `query:"owner"`
	Type        string `query:"type"`
	Recommended bool   `query:"recommended"`
	Starred     bool   `query:"starred"`
}

func (q galleryQuery) filter(stars []string) catalog.Filter {
	f := catalog.Filter{Kinds: scaffold.Makers, Text: strings.TrimSpace(q.Text), Limit: maxTemplates, Facets: true}
	for _, set := range []struct {
		value string
		into  *[]string
	}{{q.Tag, &f.Tags}, {q.Owner, &f.Owners}, {q.Type, &f.Types}} {
		if set.value != "" {
			*set.into = []string{set.value}
		}
	}
	if q.Recommended {
		f.Tags = []string{recommended} // of two tags, the one that was ticked
	}
	if q.Starred {
		f.Refs = append([]string{}, stars...)
	}
	return f
}

func (h *Create) list(c echo.Context) error {
	var q galleryQuery
	if err := respond.Bind(c, &q); err != nil {
		return err
	}
	ctx, v := c.Request().Context(), respond.Viewer(c)
	stars, err := h.Stars.Stars(ctx, v)
	if err != nil {
		return err
	}
	page, err := h.Store.Entities(ctx, v, q.filter(stars))
	if err != nil {
		return err
	}
	counts, err := h.Store.ScaffoldCounts(ctx, v)
	if err != nil {
		return err
	}
	var usage map[string]scaffold.Usage
	if h.Usage != nil {
		if usage, err = h.Usage.TemplateUsage(ctx, v, ""); err != nil {
			return err
		}
	}
	p := createview.GalleryProps{Find: createview.Find{Text: q.Text, Tag: q.Tag, Owner: q.Owner, Type: q.Type, Recommended: q.Recommended, Starred: q.Starred,
		Tags: facet(page, "tag"), Owners: facet(page, "owner"), Types: facet(page, "type"), CanStar: respond.May(c, "star-entity", "")}}
	if may, err := MayUseWorkshop(c, h.Store); err != nil {
		return err
	} else if may {
		p.Workshop = workshopview.URL
	}
	for _, s := range page.Items {
		card := h.card(ctx, s, counts, usage)
		card.Starred = slices.Contains(stars, s.Ref.String())
		p.Cards = append(p.Cards, card)
	}
	slices.SortStableFunc(p.Cards, func(a, b createview.Card) int { return rankCard(a) - rankCard(b) })
	if p.Begun, err = h.begun(c); err != nil {
		return err
	}
	return respond.Page(c, createMeta("Create"), createview.Gallery(p))
}

// rankCard puts starred templates first, then recommended ones.
func rankCard(c createview.Card) int {
	switch {
	case c.Starred:
		return 0
	case slices.Contains(c.Tags, recommended):
		return 1
	}
	return 2
}

func facet(p catalog.Page, field string) []string {
	var out []string
	for _, n := range p.Facets[field] {
		out = append(out, n.Value)
	}
	slices.Sort(out)
	return out
}

// card is a template in the gallery; one that cannot be read says so on its
// own page.
func (h *Create) card(ctx context.Context, s catalog.Summary, counts map[string]int, usage map[string]scaffold.Usage) createview.Card {
	card := createview.Card{Ref: s.Ref.String(), Title: s.Title, Text: s.Description, URL: createview.TemplateURL(s.Ref.Namespace, s.Ref.Name), Tags: s.Tags, Type: s.Type}
	if !s.Owner.IsZero() {
		card.Owner = ui.Link{Label: s.Owner.Name, URL: s.Owner.Path()}
	}
	if n := counts[s.Ref.String()]; n > 0 {
		card.Made = "made " + ui.Plural(n, "service", "services")
	}
	if t, err := h.Templates.Template(ctx, access.System("create"), s.Ref); err == nil {
		card.Version, card.Gets, card.Saves = t.Version, gains(t), saves(t.TimeSaved)
		card.Deprecated = t.Deprecated().Message
		if told := BriefUsage(t, usage[s.Ref.String()]).Line(); told != "" {
			card.Made, card.Saves = told, ""
		}
	}
	return card
}
