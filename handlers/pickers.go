package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/formview"
	"github.com/waymark-portal/waymark/views/ui"
)

// PickerStore finds what the pickers of forms offer.
type PickerStore interface {
	PickEntities(ctx context.Context, v access.Viewer, p catalog.Pick) (catalog.Picked, error)
	EntityCounts(ctx context.Context, v access.Viewer, f catalog.Filter, field string) ([]catalog.Count, error)
}

// pickers offers the choices of a form's pickers to one viewer. A group is
// offered as owner only where the viewer has the permission; whatever is sent
// is checked again.
type pickers struct {
	c          echo.Context
	store      PickerStore
	permission string
	strict     bool
	hosts      []string // of repositories, the first one is offered first
}

// maxAllowed bounds how many groups are looked at for those one may act for.
const maxAllowed = 500

// Choices implements form.Resolver.
func (p pickers) Choices(ctx context.Context, q form.Pick) (form.Choices, bool, error) {
	var c form.Choices
	var err error
	switch q.Field {
	case "OwnerPicker", "MyGroupsPicker":
		c, err = p.owners(ctx, q)
	case "EntityPicker", "OwnedEntityPicker", "MultiEntityPicker":
		c, err = p.entities(ctx, q)
	case "EntityTagsPicker":
		c, err = p.tags(ctx, q)
	case form.RepoField:
		return p.repository(ctx, q)
	case "RepoOwnerPicker":
		c, err = p.repoOwners(ctx, q)
	default:
		return form.Choices{}, false, nil
	}
	return c, true, err
}

func (p pickers) entities(ctx context.Context, q form.Pick) (form.Choices, error) {
	pick := scaffold.Picker{Field: q.Field, Options: q.Options, Strict: p.strict}
	v := respond.Viewer(p.c)
	found, err := p.store.PickEntities(ctx, v, pick.Pick(v, q.Text, q.Limit))
	c := form.Choices{Options: entityOptions(found.Items), More: found.Total > len(found.Items), Free: pick.Free()}
	if err == nil && found.Total == 0 && q.Text == "" {
		c.Note = nothingToPick(pick)
	}
	return c, err
}

func nothingToPick(p scaffold.Picker) string {
	what := "entity"
	if kinds := p.Kinds(); len(kinds) > 0 {
		what = strings.Join(kinds, " or ")
	}
	if p.Field == "OwnedEntityPicker" {
		what += " of your groups"
	}
	if p.Free() {
		return fmt.Sprintf("The catalog holds no %s to choose; write a reference.", what)
	}
	return fmt.Sprintf("The catalog holds no %s to choose.", what)
}

func entityOptions(items []catalog.Summary) []form.Option {
	out := make([]form.Option, len(items))
	for i, s := range items {
		label := s.Title
		if label == "" {
			label = s.Ref.Name
		}
		out[i] = form.Option{Value: s.Ref.String(), Label: label, Help: s.Ref.String()}
	}
	return out
}

// owners offers the groups that one may act for, one's own first.
func (p pickers) owners(ctx context.Context, q form.Pick) (form.Choices, error) {
	pick, v := scaffold.Picker{Field: q.Field, Options: q.Options}, respond.Viewer(p.c)
	ask := pick.Pick(v, q.Text, maxAllowed)
	own := ask
	own.Refs = append([]string{}, v.Groups...)
	var items []catalog.Summary
	var total int
	for _, a := range []catalog.Pick{own, ask} {
		found, err := p.store.PickEntities(ctx, v, a)
		if err != nil {
			return form.Choices{}, err
		}
		items, total = append(items, found.Items...), found.Total
	}
	var out []catalog.Summary
	for _, s := range items {
		seen := slices.ContainsFunc(out, func(o catalog.Summary) bool { return o.Ref == s.Ref })
		if !seen && (s.Ref.Kind != "group" || respond.May(p.c, p.permission, s.Ref.String())) && (s.Ref.Kind != "user" || s.Ref.String() == v.ID || v.All) {
			out = append(out, s)
		}
	}
	c := form.Choices{More: len(out) > q.Limit || total > maxAllowed && v.All}
	c.Options = entityOptions(out[:min(len(out), q.Limit)])
	if len(out) == 0 && q.Text == "" {
		c.Note = "You may act for no group yet. Ask your lead or the platform team for a role."
	}
	return c, nil
}

// tags are the most frequent ones of the catalog.
func (p pickers) tags(ctx context.Context, q form.Pick) (form.Choices, error) {
	f := catalog.Filter{}
	if kinds, ok := q.Options["kinds"].([]any); ok {
		for _, k := range kinds {
			f.Kinds = append(f.Kinds, strings.ToLower(fmt.Sprint(k)))
		}
	}
	counts, err := p.store.EntityCounts(ctx, respond.Viewer(p.c), f, "tag")
	c := form.Choices{Free: true}
	show, said := q.Options["showCounts"].(bool)
	for _, n := range counts {
		if !strings.Contains(n.Value, strings.ToLower(q.Text)) {
			continue
		}
		o := form.Option{Value: n.Value, Label: n.Value}
		if show || !said {
			o.Help = ui.Plural(n.N, "entity", "entities")
		}
		if c.Options = append(c.Options, o); len(c.Options) == q.Limit {
			c.More = true
			break
		}
	}
	return c, err
}

// repository offers the parts of a repository's address.
func (p pickers) repository(ctx context.Context, q form.Pick) (form.Choices, bool, error) {
	switch {
	case q.Part == "host":
		var c form.Choices
		for _, h := range p.hosts {
			label := h
			if h == forge.Host {
				label = "Here, on this portal"
			}
			c.Options = append(c.Options, form.Option{Value: h, Label: label, Selected: h == q.Value})
		}
		return c, true, nil
	case q.Part == "owner" && p.host(q) == forge.Host:
		c, err := p.repoOwners(ctx, q)
		return c, true, err
	}
	return form.Choices{}, false, nil
}

// host is that of the address that is being filled in.
func (p pickers) host(q form.Pick) string {
	sent, err := p.c.FormParams()
	name := q.Name[:strings.LastIndexByte(q.Name, '.')+1] + "host"
	if err == nil && sent.Get(name) != "" {
		return sent.Get(name)
	}
	if list, ok := q.Options["allowedHosts"].([]any); ok && len(list) > 0 {
		return fmt.Sprint(list[0])
	}
	return forge.Host
}

// repoOwners are the names of the groups that one may act for: they own
// repositories on the embedded forge.
func (p pickers) repoOwners(ctx context.Context, q form.Pick) (form.Choices, error) {
	if host, ok := q.Options["host"].(string); ok && host != forge.Host {
		return form.Choices{Free: true}, nil
	}
	c, err := p.owners(ctx, form.Pick{Field: "OwnerPicker", Options: map[string]any{"catalogFilter": map[string]any{"kind": "Group"}}, Text: q.Text, Limit: q.Limit})
	excluded, _ := q.Options["excludedOwners"].([]any)
	c.Options = slices.DeleteFunc(c.Options, func(o form.Option) bool {
		return slices.ContainsFunc(excluded, func(x any) bool { return x == o.Value[strings.LastIndexByte(o.Value, '/')+1:] })
	})
	for i, o := range c.Options {
		c.Options[i].Value = o.Value[strings.LastIndexByte(o.Value, '/')+1:]
	}
	c.Free = q.Field == "RepoOwnerPicker"
	return c, err
}

// searchForm answers the search of a picker in one of the pages of a form.
func searchForm(c echo.Context, pages []*form.Schema, in form.Input) error {
	name := in.Sent.Get("_field")
	text := ""
	if list := in.Sent[name]; len(list) > 0 {
		text = list[len(list)-1]
	}
	for _, s := range pages {
		f, found, ok, err := s.Search(c.Request().Context(), in, name, searched(text))
		if err != nil {
			return err
		}
		if ok {
			p := formview.FoundProps{ID: f.ID, Label: f.Label, Options: found.Options, Count: countWords(found)}
			return respond.HTML(c, http.StatusOK, formview.Found(p), nil)
		}
	}
	return errNoField
}

// searched is what to search for: of a whole reference its name.
func searched(text string) string {
	if strings.ContainsRune(text, ':') {
		return text[strings.LastIndexAny(text, ":/")+1:]
	}
	return text
}

func countWords(c form.Choices) string {
	switch {
	case len(c.Options) == 0:
		return "Nothing matches."
	case c.More:
		return fmt.Sprintf("The first %d choices. Write more to see fewer.", len(c.Options))
	}
	return ui.Plural(len(c.Options), "choice", "choices")
}

// refresh reports whether a form asks for its fields alone, and carries out
// what a button of a list asked for.
func refresh(sent url.Values) bool {
	form.Edit(sent, sent.Get("_go"))
	return sent.Get("_refresh") != ""
}
