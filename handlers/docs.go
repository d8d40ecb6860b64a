package handlers

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/docsview"
)

// docsPolicy is the Content-Security-Policy of pages of documentation: that of
// every page, and frames of our own for diagrams.
const docsPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; frame-src 'self'"

// DocsEngine is what the pages of documentation need.
type DocsEngine interface {
	Roots(ctx context.Context, v access.Viewer) ([]docs.Root, error)
	Site(ctx context.Context, v access.Viewer, ref string) (*docs.Site, error)
	Page(s *docs.Site, urlPath string) (docs.Page, error)
	Check(s *docs.Site) ([]docs.Problem, error)
}

// Docs serves documentation.
type Docs struct {
	Engine DocsEngine
	Own    string // reference of the portal's own docs
	URL    string // public address, for /llms.txt
}

// Register adds the routes to g.
func (h *Docs) Register(g *echo.Group) {
	g.GET("/docs", h.list)
	g.GET("/docs/check", h.check)
	g.GET("/docs/:namespace/:kind/:name", h.show)
	g.GET("/docs/:namespace/:kind/:name/*", h.show)
	g.GET("/llms.txt", h.llms)
}

func docsMeta(title string) respond.Meta { return respond.Meta{Title: title, Nav: "/docs"} }

// docsTitle is what stands in the browser's tab.
func docsTitle(page, site string) string {
	if page == "" || page == site {
		return site
	}
	return page + " – " + site
}

func (h *Docs) list(c echo.Context) error {
	roots, err := h.Engine.Roots(c.Request().Context(), respond.Viewer(c))
	if err != nil {
		return err
	}
	return respond.Page(c, docsMeta("Docs"), docsview.List(docsview.NewListProps(roots, h.Own, c.QueryParam("q"))))
}

func (h *Docs) check(c echo.Context) error {
	ref, err := catalog.ParseRef(c.QueryParam("site"), "component", "")
	if err != nil {
		return fault.InvalidField("site", "reference", "site is the reference of an entity with docs, such as component:default/waymark.")
	}
	s, err := h.Engine.Site(c.Request().Context(), respond.Viewer(c), ref.String())
	if err != nil {
		return err
	}
	found, err := h.Engine.Check(s)
	if err != nil {
		return err
	}
	return respond.Page(c, docsMeta("Checked docs of "+s.Title), docsview.Check(docsview.NewCheckProps(s, found)))
}

// docsAddress splits the path of a request into the entity's reference and what
// stands below the site's base.
func docsAddress(c echo.Context) (ref, rest string) {
	p := strings.SplitN(strings.TrimPrefix(c.Request().URL.Path, "/docs/"), "/", 4)
	if len(p) < 3 {
		return "", ""
	}
	if len(p) == 4 {
		rest = p[3]
	}
	return strings.ToLower(p[1] + ":" + p[0] + "/" + p[2]), rest
}

// show answers everything below a site's base: pages, their sources, pictures.
func (h *Docs) show(c echo.Context) error {
	ref, rest := docsAddress(c)
	s, err := h.Engine.Site(c.Request().Context(), respond.Viewer(c), ref)
	if err != nil {
		return err
	}
	if s.Ref != ref {
		return redirectDocs(c, s.Base, rest) // it shows the docs of another entity
	}
	if strings.EqualFold(path.Ext(rest), ".md") {
		return h.source(c, s, rest)
	}
	p, err := h.Engine.Page(s, rest)
	switch {
	case err == nil && rest == "" && !strings.HasSuffix(c.Request().URL.Path, "/"), err == nil && rest != "" && !strings.HasSuffix(rest, "/"):
		return redirectDocs(c, p.URL, "")
	case err == nil:
		c.Response().Header().Set(echo.HeaderContentSecurityPolicy, docsPolicy)
		return respond.Page(c, docsMeta(docsTitle(p.Title, s.Title)), docsview.Page(docsview.NewPageProps(s, p, s.Ref == h.Own)))
	case !docs.IsNoPage(err):
		return err
	case s.Serves(rest):
		return serveDocsFile(c, s, rest)
	}
	return missing(c, s, rest)
}

// redirectDocs sends on inside the docs, with the query.
func redirectDocs(c echo.Context, base, rest string) error {
	to := base + (&url.URL{Path: rest}).EscapedPath()
	if q := c.Request().URL.RawQuery; q != "" {
		to += "?" + q
	}
	return c.Redirect(http.StatusFound, to)
}

func missing(c echo.Context, s *docs.Site, rest string) error {
	m := docsMeta("No such page – " + s.Title)
	m.Status = http.StatusNotFound
	return respond.Page(c, m, docsview.Missing(docsview.NewMissingProps(s, rest)))
}

// source answers the Markdown of a page, for people and programs.
func (h *Docs) source(c echo.Context, s *docs.Site, rest string) error {
	file, ok := s.Source(rest)
	if !ok {
		return missing(c, s, rest)
	}
	b, err := s.Read(file)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "text/markdown; charset=utf-8", b)
}
