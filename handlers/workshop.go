package handlers

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/workshopview"
)

// WorkshopPermission lets people use the workshop whatever they own.
const WorkshopPermission = "use-workshop"

// WorkshopStore is what the workshop needs from storage.
type WorkshopStore interface {
	Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error)
}

// Attempter tries templates; *scaffold.Engine does.
type Attempter interface {
	Attempt(ctx context.Context, v access.Viewer, in scaffold.Attempt) (scaffold.Attempted, error)
}

// Judge says which rules something breaks; *policy.Engine does.
type Judge interface {
	Check(ctx context.Context, action string, input any) (action.Decision, error)
}

// Workshop serves the page on which templates are written and tried. Nothing
// is kept: what was typed comes back with each answer.
type Workshop struct {
	Store     WorkshopStore
	Templates Templates
	Engine    Attempter
	Judge     Judge
}

// Register adds the page to g, whose multipart forms may be large.
func (h *Workshop) Register(g *echo.Group) {
	g.GET(workshopview.URL, h.show)
	g.POST(workshopview.URL, h.try)
}

// MayUseWorkshop reports whether the caller may use the workshop: the platform
// role, and who owns a template.
func MayUseWorkshop(c echo.Context, store WorkshopStore) (bool, error) {
	if respond.May(c, WorkshopPermission, "") {
		return true, nil
	}
	v := respond.Viewer(c)
	if len(v.Groups) == 0 {
		return false, nil
	}
	page, err := store.Entities(c.Request().Context(), v, catalog.Filter{Kinds: scaffold.Makers, Owners: append([]string{v.ID}, v.Groups...), Limit: 1})
	return len(page.Items) > 0, err
}

// Allowed refuses who may not use the workshop.
func (h *Workshop) Allowed(c echo.Context) error {
	may, err := MayUseWorkshop(c, h.Store)
	if err == nil && !may {
		err = fault.New(fault.Forbidden, "The workshop is for the platform team and for those who own a template. Nothing was tried.")
	}
	return err
}

// show is the workshop with an empty template, or with one of the catalog's.
func (h *Workshop) show(c echo.Context) error {
	if err := h.Allowed(c); err != nil {
		return err
	}
	b := bench{h: h, c: c, text: scaffold.NewTemplate, folder: "skeleton"}
	_, b.files, _ = scaffold.Unbundle(scaffold.NewSkeleton)
	if name := c.QueryParam("template"); name != "" {
		if err := b.open(name); err != nil {
			return err
		}
	}
	return b.page(http.StatusOK, nil)
}

// open begins with a template of the catalog and its folder.
func (b *bench) open(name string) error {
	ref, err := catalog.ParseRef(name, "template", catalog.DefaultNamespace)
	if err != nil {
		return fault.InvalidField("template", "reference", publicText(err))
	}
	ctx := b.c.Request().Context()
	t, err := b.h.Templates.Template(ctx, respond.Viewer(b.c), ref)
	if err != nil {
		return err
	}
	b.begun = ref.Canonical().String()
	b.text, b.files, err = t.Written(ctx)
	return err
}

var caseName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,60}$`)

// try tries what was sent, or answers a recorded case of it.
func (h *Workshop) try(c echo.Context) error {
	if err := h.Allowed(c); err != nil {
		return err
	}
	b := bench{h: h, c: c}
	if err := b.read(); err != nil {
		return b.page(http.StatusUnprocessableEntity, err)
	}
	record := b.sent.Get("_go") == "record"
	if name := b.sent.Get("case"); record && !caseName.MatchString(name) {
		return b.page(http.StatusUnprocessableEntity, fault.New(fault.Invalid, "A case is named with small letters, digits and hyphens, such as with-database."))
	}
	got, err := h.Engine.Attempt(c.Request().Context(), respond.Viewer(c), b.attempt())
	if err != nil {
		if fault.KindOf(err) == fault.Internal {
			return err
		}
		return b.page(http.StatusUnprocessableEntity, err)
	}
	b.got = &got
	if record && !failed(got) {
		return b.record()
	}
	status := http.StatusOK
	if failed(got) {
		status = http.StatusUnprocessableEntity
	}
	return b.page(status, nil)
}

func failed(got scaffold.Attempted) bool {
	return len(got.Flaws) > 0 && !got.Flaws[0].Warning
}

// record answers the case as a file.
func (b *bench) record() error {
	name := b.sent.Get("case")
	values := b.values
	secrets := map[string]string{}
	for k := range b.secrets {
		secrets[k] = "stand-in-for-" + k
	}
	text, err := scaffold.Record(scaffold.Case{Name: name, Values: values, Secret: secrets, Files: b.got.Files})
	if err != nil {
		return err
	}
	b.c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`.txt"`)
	return b.c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(text))
}

// templateChoices are templates to begin with.
func (b *bench) choices() ([]form.Option, error) {
	page, err := b.h.Store.Entities(b.c.Request().Context(), respond.Viewer(b.c), catalog.Filter{Kinds: scaffold.Makers, Limit: maxTemplates})
	if err != nil {
		return nil, err
	}
	var out []form.Option
	for _, s := range page.Items {
		value := strings.TrimPrefix(s.Ref.String(), "template:")
		label := s.Title
		if label == "" {
			label = s.Ref.Name
		}
		out = append(out, form.Option{Value: value, Label: label, Selected: b.begun == s.Ref.String()})
	}
	return out, nil
}
