package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/search"
)

type searchFake struct{ asked search.Query }

func (f *searchFake) Search(_ context.Context, _ access.Viewer, q search.Query) (search.Results, error) {
	f.asked = q
	if _, err := q.Check(); err != nil {
		return search.Results{}, err
	}
	return search.Results{Total: 3, Took: 1500 * time.Microsecond, Kinds: []search.Facet{{Value: "docs", Count: 3}},
		Items: []search.Hit{{Kind: "docs", Title: "Refund", URL: "/docs/x/", Score: 4.2, Snippet: []search.Fragment{{Text: "<i>"}, {Text: "refund", Hit: true}}}}}, nil
}

// ask calls a route below /api/v1 and decodes its answer.
func ask(t *testing.T, register func(*echo.Group), path string, out any) int {
	t.Helper()
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		status := map[fault.Kind]int{fault.NotFound: 404, fault.Invalid: 400}[fault.KindOf(err)]
		if err := c.NoContent(max(status, 400)); err != nil {
			t.Error(err)
		}
	}
	register(e.Group("/api/v1"))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1"+path, nil))
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			t.Fatalf("%v in\n%s", err, w.Body)
		}
	}
	return w.Code
}

func TestSearchAnswers(t *testing.T) {
	f := &searchFake{}
	h := &Search{Index: f}
	var got Found
	if code := ask(t, h.Register, "/search?q=refund&kind=docs,api&kind=group&owner=a&limit=1&cursor=1", &got); code != 200 {
		t.Fatalf("status %d", code)
	}
	if got.Total != 3 || got.TookMS != 1.5 || got.Next != "2" || got.Items[0].Snippet != "&lt;i&gt;<mark>refund</mark>" || got.Facets["kind"][0].Count != 3 || got.Facets["owner"] == nil {
		t.Errorf("got %+v", got)
	}
	if q := f.asked; len(q.Kinds) != 3 || q.Owners[0] != "a" || q.Limit != 1 || q.Skip != 1 {
		t.Errorf("asked %+v", q)
	}
	for _, path := range []string{"/search?limit=1000&q=x", "/search?limit=x&q=x", "/search?cursor=x&q=x", "/search?cursor=-1&q=x"} {
		if code := ask(t, h.Register, path, &got); code != 400 {
			t.Errorf("%s: status %d, want 400", path, code)
		}
	}
}

type docsRoots struct{}

func (docsRoots) Root(_ context.Context, _ access.Viewer, ref string) (docs.Root, error) {
	if ref != "component:default/x" {
		return docs.Root{}, docs.ErrNoSite
	}
	return docs.Root{Ref: ref, FS: fstest.MapFS{"docs/index.md": {Data: []byte("# X\n\n[gone](gone.md)\n\n```json\n{\n```\n")}}}, nil
}

func (docsRoots) Roots(context.Context, access.Viewer) ([]docs.Root, error) { return nil, nil }

func TestDocsCheckAnswers(t *testing.T) {
	h := &Docs{Engine: docs.New(docsRoots{})}
	var got Checked
	if code := ask(t, h.Register, "/docs/check?site=x", &got); code != 200 {
		t.Fatalf("status %d", code)
	}
	if got.Site != "component:default/x" || got.Pages != 1 || got.Broken != 1 || got.Total != 2 || got.Items[0].Rule != docs.RuleLink || got.Items[0].Line != 3 {
		t.Errorf("got %+v", got)
	}
	for path, want := range map[string]int{"/docs/check": 400, "/docs/check?site=component:default/none": 404} {
		if code := ask(t, h.Register, path, &got); code != want {
			t.Errorf("%s: status %d, want %d", path, code, want)
		}
	}
}
