package handlers

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/views/createview"
	"github.com/waymark-portal/waymark/views/ui"
)

// GitForge is what Git clients and the page of a repository need.
type GitForge interface {
	Repository(ctx context.Context, owner, name string) (forge.Repository, error)
	Advertise(ctx context.Context, c forge.Call, w io.Writer) error
	Exchange(ctx context.Context, c forge.Call, body io.Reader, w io.Writer) error
	Limit(body io.Reader) io.Reader
	Commits(ctx context.Context, owner, name string, n int) ([]forge.Commit, error)
	CloneURL(owner, name string) string
	HasGit() bool
}

// Git serves repositories over smart HTTP, and a page for each.
type Git struct {
	Forge GitForge
	// Hidden reports whether a repository holds what the viewer may not see;
	// nil: none does.
	Hidden func(ctx context.Context, v access.Viewer, owner, name string) (bool, error)
}

// Register adds the routes for Git clients to g, which is not yet signed in,
// and the page to pages.
func (h *Git) Register(g, pages *echo.Group) {
	g.GET("/:owner/:name/info/refs", h.refs)
	g.POST("/:owner/:name/git-upload-pack", h.exchange(forge.UploadPack))
	g.POST("/:owner/:name/git-receive-pack", h.exchange(forge.ReceivePack))
	pages.GET("/git/:owner/:name", h.show)
}

// refs begins a clone, fetch or push.
func (h *Git) refs(c echo.Context) error {
	service := forge.Service(c.QueryParam("service"))
	if !service.Valid() {
		return c.String(http.StatusForbidden, "This forge speaks the smart protocol only; use a newer Git.\n")
	}
	call, err := h.call(c, service)
	if err != nil {
		return gitRefused(c, err)
	}
	header(c, string(service)+"-advertisement")
	return h.answer(c, h.Forge.Advertise(c.Request().Context(), call, c.Response()))
}

func (h *Git) exchange(service forge.Service) echo.HandlerFunc {
	return func(c echo.Context) error {
		call, err := h.call(c, service)
		if err != nil {
			return gitRefused(c, err)
		}
		body, err := h.body(c.Request())
		if err != nil {
			return gitRefused(c, err)
		}
		header(c, string(service)+"-result")
		return h.answer(c, h.Forge.Exchange(c.Request().Context(), call, body, c.Response()))
	}
}

// body is what the client sent, unpacked and bounded.
func (h *Git) body(r *http.Request) (io.Reader, error) {
	switch r.Header.Get("Content-Encoding") {
	case "":
		return h.Forge.Limit(r.Body), nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(h.Forge.Limit(r.Body))
		if err != nil {
			return nil, fault.InvalidField("", "gzip", "The body is not gzip.").Because(err)
		}
		return h.Forge.Limit(z), nil
	}
	return nil, fault.InvalidField("", "encoding", "The body may be plain or gzip.")
}

// call finds the repository and decides: who may clone, and for a push that a
// token of the owning team's is shown, never only a browser's session.
func (h *Git) call(c echo.Context, service forge.Service) (forge.Call, error) {
	v := respond.Viewer(c)
	if !v.SignedIn() {
		return forge.Call{}, fault.New(fault.Unauthenticated, "Sign in: any name, and an API token as the password. Tokens are made under Settings.")
	}
	name, dotGit := strings.CutSuffix(c.Param("name"), ".git")
	r, err := h.repository(c, name)
	if err != nil || !dotGit {
		return forge.Call{}, errors.Join(forge.ErrNotFound, err)
	}
	permission := "clone-repository"
	if service == forge.ReceivePack {
		permission = "push-repository"
		if v.Session != "" || v.Scopes != nil && !slices.Contains(v.Scopes, permission) {
			return forge.Call{}, fault.New(fault.Forbidden, "Pushing needs an API token of yours that is not limited to some actions; a browser session is not enough.")
		}
	}
	if err := respond.Require(c, permission, r.Team); err != nil {
		return forge.Call{}, err
	}
	return forge.Call{Owner: r.Owner, Name: r.Name, Service: service, Protocol: c.Request().Header.Get("Git-Protocol")}, nil
}

// repository finds the repository of the address, if the viewer may see it.
func (h *Git) repository(c echo.Context, name string) (forge.Repository, error) {
	ctx := c.Request().Context()
	r, err := h.Forge.Repository(ctx, c.Param("owner"), name)
	if err != nil || h.Hidden == nil {
		return r, err
	}
	if hidden, err := h.Hidden(ctx, respond.Viewer(c), r.Owner, r.Name); err != nil || hidden {
		return forge.Repository{}, errors.Join(forge.ErrNotFound, err)
	}
	return r, nil
}

func header(c echo.Context, kind string) {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/x-"+kind)
	h.Set(echo.HeaderCacheControl, "no-store")
}

// answer ends an exchange. Once the answer has begun, a fault can only be
// logged; Git itself tells the client.
func (h *Git) answer(c echo.Context, err error) error {
	if err == nil {
		return nil
	}
	if c.Response().Committed {
		slog.Info("git exchange ended early", "path", c.Request().URL.Path, "error", err)
		return nil
	}
	c.Response().Header().Del(echo.HeaderContentType)
	return gitRefused(c, err)
}

// gitRefused answers in plain text, which Git shows to the person.
func gitRefused(c echo.Context, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err
	}
	status := map[fault.Kind]int{fault.Unauthenticated: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden, fault.NotFound: http.StatusNotFound,
		fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Invalid: http.StatusBadRequest, fault.Unavailable: http.StatusServiceUnavailable}[f.Kind]
	if status == 0 {
		return err
	}
	if status == http.StatusUnauthorized {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Basic realm="Waymark", charset="UTF-8"`)
	}
	return c.String(status, f.Public+"\n")
}

// shownCommits is how many commits the page lists.
const shownCommits = 20

func (h *Git) show(c echo.Context) error {
	ctx := c.Request().Context()
	if name, ok := strings.CutSuffix(c.Param("name"), ".git"); ok {
		return c.Redirect(http.StatusFound, createview.RepoURL(c.Param("owner"), name))
	}
	r, err := h.repository(c, c.Param("name"))
	if err != nil {
		return err
	}
	commits, err := h.Forge.Commits(ctx, r.Owner, r.Name, shownCommits)
	if err != nil && !fault.Is(err, fault.NotFound) { // reserved only: nothing is there yet
		return err
	}
	p := createview.RepoProps{Owner: r.Owner, Name: r.Name, Clone: h.Forge.CloneURL(r.Owner, r.Name), CanPush: respond.May(c, "push-repository", r.Team), NoGit: !h.Forge.HasGit()}
	if ref, err := catalog.ParseRef(r.Team, "group", ""); err == nil {
		p.Team = ui.Link{Label: ref.Name, URL: ref.Path()}
	}
	for _, k := range commits {
		p.Commits = append(p.Commits, createview.CommitRow{Hash: k.Hash[:min(10, len(k.Hash))], Message: k.Message, Author: k.Author, When: ui.Pair{Body: ui.RelTime(k.When)}})
	}
	return respond.Page(c, respond.Meta{Title: r.Slug(), Nav: "/catalog"}, createview.Repo(p))
}
