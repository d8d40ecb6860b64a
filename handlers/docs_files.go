package handlers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/docs"
)

// filePolicy is the Content-Security-Policy of files beside the pages: nothing
// in them may run, whatever they are and however they are opened.
const filePolicy = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

// fileTypes are the files that a browser may show by itself. Everything else
// is offered for download.
var fileTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif",
	".svg": "image/svg+xml", ".ico": "image/x-icon", ".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8",
	".json": "application/json", ".yaml": "text/plain; charset=utf-8", ".yml": "text/plain; charset=utf-8", ".toml": "text/plain; charset=utf-8",
	".go": "text/plain; charset=utf-8", ".py": "text/plain; charset=utf-8", ".sh": "text/plain; charset=utf-8", ".sql": "text/plain; charset=utf-8",
	".js": "text/plain; charset=utf-8", ".ts": "text/plain; charset=utf-8", ".log": "text/plain; charset=utf-8", ".rego": "text/plain; charset=utf-8",
	".tf": "text/plain; charset=utf-8", ".proto": "text/plain; charset=utf-8",
}

// serveDocsFile answers a picture or another file of a site.
func serveDocsFile(c echo.Context, s *docs.Site, file string) error {
	b, err := s.Read(file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	head := c.Response().Header()
	head.Set(echo.HeaderContentSecurityPolicy, filePolicy)
	head.Set("Cache-Control", "private, no-cache")
	head.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	mime, ok := fileTypes[strings.ToLower(path.Ext(file))]
	if !ok {
		mime = echo.MIMEOctetStream
		head.Set(echo.HeaderContentDisposition, "attachment")
	}
	head.Set(echo.HeaderContentType, mime)
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(b))
	return nil
}

// llms lists the docs for programs that read Markdown.
func (h *Docs) llms(c echo.Context) error {
	ctx, v := c.Request().Context(), respond.Viewer(c)
	roots, err := h.Engine.Roots(ctx, v)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("# Waymark\n\n> The developer portal: catalog, golden paths, environments, docs and measures. Every page below is Markdown.\n")
	if s, err := h.Engine.Site(ctx, v, h.Own); err == nil {
		b.WriteString("\n## How to use the portal\n\n")
		for _, i := range docs.Flat(s.Nav) {
			fmt.Fprintf(&b, "- [%s](%s)\n", plainLine(i.Title), h.URL+s.Base+i.Page)
		}
	}
	b.WriteString("\n## Docs of services\n\n")
	for _, r := range roots {
		if r.Ref != h.Own {
			fmt.Fprintf(&b, "- [%s](%s): %s\n", plainLine(r.Title), h.URL+docs.BaseURL(r.Ref)+"index.md", plainLine(r.Description))
		}
	}
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(b.String()))
}

// plainLine keeps a text from leaving its line or its brackets.
func plainLine(s string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", "[", "(", "]", ")").Replace(s)
}
