package handlers

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/search"
)

// docsRoots knows two sites; the second is for one team only.
type docsRoots struct{}

const docsRef = "component:default/payment-api"

func docsFiles() fs.FS {
	f := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"docs/index.md":       f("# Payment API\n\n## When it burns\n\nCall. [x](guide/a.md)\n\n## After\n\nRest.\n"),
		"docs/guide/a.md":     f("# A guide\n"),
		"docs/img/a.svg":      f("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
		"docs/img/x.html":     f("<script>alert(1)</script>"),
		"docs/files/hello.py": f("print(1)"),
		"catalog-info.yaml":   f("secret: x"),
	}
}

func (docsRoots) Root(_ context.Context, v access.Viewer, ref string) (docs.Root, error) {
	switch {
	case ref == docsRef:
		return docs.Root{Ref: ref, Title: "Payment API", Owner: "group:default/payments-team", FS: docsFiles(), EditURL: "https://example.com/edit/main"}, nil
	case ref == "component:default/alias":
		return docs.Root{Ref: docsRef, FS: docsFiles()}, nil
	case ref == "component:default/broken":
		return docs.Root{}, errors.New("the disk is gone")
	case ref == "component:default/hidden" && v.MayRead("group:default/secret-team"):
		return docs.Root{Ref: ref, Title: "Hidden", FS: docsFiles()}, nil
	}
	return docs.Root{}, docs.ErrNoSite
}

func (r docsRoots) Roots(ctx context.Context, v access.Viewer) ([]docs.Root, error) {
	var out []docs.Root
	for _, ref := range []string{docsRef, "component:default/hidden"} {
		if one, err := r.Root(ctx, v, ref); err == nil {
			out = append(out, one)
		}
	}
	return out, nil
}

// docsApp serves the handler to a reader of the given groups.
func docsApp(t *testing.T, register func(*echo.Group), groups ...string) *echo.Echo {
	t.Helper()
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		status := map[fault.Kind]int{fault.NotFound: 404, fault.Invalid: 422}[fault.KindOf(err)]
		if status == 0 {
			status = 500
		}
		if err := c.String(status, err.Error()); err != nil {
			t.Error(err)
		}
	}
	register(e.Group("", func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, access.Viewer{Actor: action.Actor{ID: "user:default/ada"}, Reads: groups}, "page")
			return next(c)
		}
	}))
	return e
}

func getPath(e *echo.Echo, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestDocs(t *testing.T) {
	h := &Docs{Engine: docs.New(docsRoots{}), Own: "component:default/waymark", URL: "https://portal.example"}
	e := docsApp(t, h.Register)
	const base = "/docs/default/component/payment-api/"
	tests := []struct {
		name, path string
		status     int
		has, not   string
		header     map[string]string
	}{
		{"list", "/docs", 200, `href="` + base + `"`, "Hidden", nil},
		{"list filtered", "/docs?q=nothing", 200, "No docs match “nothing”", base, nil},
		{"page", base, 200, `<h2 id="when-it-burns">When it burns<a`, "", nil},
		{"page's policy", base, 200, "", "", map[string]string{"Content-Security-Policy": docsPolicy}},
		{"title", base, 200, "<title>Payment API · Waymark</title>", "", nil},
		{"contents", base, 200, `href="#when-it-burns"`, "", nil},
		{"next page", base, 200, `rel="next" href="` + base + `guide/a/"`, "", nil},
		{"edit link", base, 200, `href="https://example.com/edit/main/docs/index.md"`, "", nil},
		{"letter case", "/docs/Default/COMPONENT/Payment-API/Guide/A/", 200, "A guide", "", nil},
		{"without slash", base + "guide/a", 302, "", "", map[string]string{"Location": base + "guide/a/"}},
		{"site without slash", strings.TrimSuffix(base, "/"), 302, "", "", map[string]string{"Location": base}},
		{"docs of another entity", "/docs/default/component/alias/guide/a/?x=1", 302, "", "", map[string]string{"Location": base + "guide/a/?x=1"}},
		{"source", base + "guide/a.md", 200, "# A guide", "<", map[string]string{"Content-Type": "text/markdown; charset=utf-8"}},
		{"no such source", base + "guide/b.md", 404, "There is no such page", "", nil},
		{"picture", base + "img/a.svg", 200, "<svg", "", map[string]string{"Content-Security-Policy": filePolicy, "Content-Type": "image/svg+xml"}},
		{"a page of HTML is a download", base + "img/x.html", 200, "", "", map[string]string{"Content-Disposition": "attachment", "Content-Type": "application/octet-stream"}},
		{"text", base + "files/hello.py", 200, "print(1)", "", map[string]string{"Content-Type": "text/plain; charset=utf-8"}},
		{"no such page", base + "guide/aa/", 404, `href="` + base + `guide/a/"`, "", nil},
		{"outside", base + "..%2fcatalog-info.yaml", 404, "There is no such page", "secret", nil},
		{"outside, plainly", base + "../../../catalog-info.yaml", 404, "", "secret", nil},
		{"no docs", "/docs/default/component/nobody/", 404, "", "", nil},
		{"hidden", "/docs/default/component/hidden/", 404, "", "", nil},
		{"our fault", "/docs/default/component/broken/", 500, "", "", nil},
		{"check", "/docs/check?site=" + docsRef, 200, "nothing to mend", "", nil},
		{"check of nothing", "/docs/check", 422, "", "", nil},
		{"check of what is hidden", "/docs/check?site=component:default/hidden", 404, "", "", nil},
		{"llms.txt", "/llms.txt", 200, "[Payment API](https://portal.example" + base + "index.md)", "Hidden", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := getPath(e, tt.path)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) {
				t.Errorf("status %d, want %d and %q in\n%s", w.Code, tt.status, tt.has, w.Body)
			}
			if tt.not != "" && strings.Contains(w.Body.String(), tt.not) {
				t.Errorf("%q stands in\n%s", tt.not, w.Body)
			}
			for k, want := range tt.header {
				if got := w.Header().Get(k); got != want {
					t.Errorf("%s: %q, want %q", k, got, want)
				}
			}
		})
	}
	if w := getPath(docsApp(t, h.Register, "group:default/secret-team"), "/docs/default/component/hidden/"); w.Code != 200 {
		t.Errorf("who may see hidden docs gets %d", w.Code)
	}
	etag := getPath(e, base+"img/a.svg").Header().Get("ETag")
	if w := getPath(e, base+"img/a.svg", "If-None-Match", etag); w.Code != http.StatusNotModified {
		t.Errorf("an unchanged picture answers %d", w.Code)
	}
}

// The policies are held literally, so that a change of one is meant.
func TestDocsPolicies(t *testing.T) {
	for got, want := range map[string]string{
		docsPolicy:    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; frame-src 'self'",
		diagramPolicy: "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-scripts",
		filePolicy:    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
	} {
		if got != want {
			t.Errorf("policy %q", got)
		}
	}
	w := getPath(docsApp(t, (&Diagram{Mermaid: "/assets/m.js", Frame: "/assets/f.js"}).Register), "/docs/diagram")
	if w.Code != 200 || w.Header().Get("Content-Security-Policy") != diagramPolicy || !strings.Contains(w.Body.String(), `src="/assets/m.js"`) {
		t.Errorf("frame: %d %v\n%s", w.Code, w.Header(), w.Body)
	}
}

// searchFake answers everything with what it was asked.
type searchFake struct{ asked search.Query }

func (f *searchFake) Search(_ context.Context, _ access.Viewer, q search.Query) (search.Results, error) {
	f.asked = q
	if q.Text == "" || q.Text == "none" {
		return search.Results{}, nil
	}
	terms := search.Terms(q.Text)
	hit := search.Hit{Kind: "docs", Title: `Refund <b>`, URL: "/docs/x/#a", Owner: "group:default/payments-team", Context: "Payment API",
		TitleParts: search.Mark("Refund <b>", terms), Snippet: search.Snippet("How to refund <script>", terms)}
	return search.Results{Items: []search.Hit{hit}, Total: 30, Corrected: map[bool]string{true: "refund"}[q.Text == "refnud"],
		Kinds: []search.Facet{{Value: "docs", Count: 30}}, Owners: []search.Facet{{Value: "group:default/payments-team", Count: 30}}}, nil
}

func TestSearchPage(t *testing.T) {
	f := &searchFake{}
	e := docsApp(t, (&Search{Index: f}).Register)
	tests := []struct {
		name, path string
		status     int
		has, not   string
		part       bool
	}{
		{name: "nothing asked", path: "/search", status: 200, has: "What are you looking for?"},
		{name: "marked and escaped", path: "/search?q=refund", status: 200, has: "<mark>Refund</mark> &lt;b&gt;", not: "<script>"},
		{name: "next page keeps the filters", path: "/search?q=refund&kind=docs&owner=group:default/payments-team", status: 200, has: "from=1&amp;kind=docs&amp;owner=group%3Adefault%2Fpayments-team&amp;q=refund"},
		{name: "corrected", path: "/search?q=refnud", status: 200, has: "These are the results for “refund”."},
		{name: "nothing found", path: "/search?q=none", status: 200, has: "Nothing matches “none”"},
		{name: "nothing found with filters", path: "/search?q=none&kind=docs", status: 200, has: "Clear the filters"},
		{name: "part", path: "/search?q=refund", status: 200, has: `id="search-results"`, not: "<form class=\"row search-form\"", part: true},
		{name: "palette", path: "/search?q=refund&part=palette", status: 200, has: `role="option"`, not: "<h1"},
		{name: "too long", path: "/search?q=" + strings.Repeat("x", 400), status: 422},
		{name: "no number", path: "/search?q=x&from=y", status: 422},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var header []string
			if tt.part {
				header = []string{"HX-Request", "true", "HX-Request-Type", "partial"}
			}
			w := getPath(e, tt.path, header...)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) {
				t.Errorf("status %d, want %d and %q in\n%s", w.Code, tt.status, tt.has, w.Body)
			}
			if tt.not != "" && strings.Contains(w.Body.String(), tt.not) {
				t.Errorf("%q stands in\n%s", tt.not, w.Body)
			}
		})
	}
	getPath(e, "/search?q=refund&kind=docs&kind=api&from=20")
	if got := f.asked; len(got.Kinds) != 2 || got.Skip != 20 || got.Limit != search.DefaultLimit {
		t.Errorf("asked %+v", got)
	}
}
