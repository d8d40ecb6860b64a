package api

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// templateCatalog holds the shipped template and one whose file is gone.
type templateCatalog struct{}

func (templateCatalog) Entities(context.Context, access.Viewer, catalog.Filter) (catalog.Page, error) {
	return catalog.Page{Total: 2, Items: []catalog.Summary{
		{Ref: catalog.MustRef("template:default/go-rest-api"), Title: "REST service in Go"},
		{Ref: catalog.MustRef("template:default/broken"), Title: "Broken"}}}, nil
}

func (templateCatalog) Entity(context.Context, access.Viewer, catalog.Ref) (catalog.Entity, error) {
	return catalog.Entity{}, catalog.ErrNotFound
}

// emptyForge has no repository.
type emptyForge struct{ scaffold.Forge }

func (emptyForge) FS(context.Context, string, string, string) (fs.FS, error) {
	return nil, forge.ErrNotFound
}

func getTemplates(t *testing.T, path string, into any) error {
	t.Helper()
	library, err := scaffold.NewLibrary(os.DirFS("../../templates/golden-paths"), templateCatalog{}, emptyForge{})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	var failed error
	e.HTTPErrorHandler = func(err error, _ echo.Context) { failed = err }
	(&Templates{Reader: templateCatalog{}, Library: library}).Register(e.Group(""))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if failed == nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%s: %v in %s", path, err, w.Body)
		}
	}
	return failed
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	var list List[Template]
	if err := getTemplates(t, "/templates", &list); err != nil {
		t.Fatal(err)
	}
	if list.Total != 2 || list.Items[0].Version != "2.0.0" || !list.Items[0].Strict || list.Items[0].Owner != "group:default/platform-team" || list.Items[0].Problem != "" {
		t.Errorf("got %+v", list)
	}
	if list.Items[1].Problem == "" {
		t.Error("a template without a file has no problem")
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	var one Template
	if err := getTemplates(t, "/templates/default/go-rest-api", &one); err != nil {
		t.Fatal(err)
	}
	if len(one.Pages) != 2 || len(one.Steps) != 4 || one.Steps[2].Action != "publish:git" || len(one.Unsupported) != 0 {
		t.Errorf("got %+v", one)
	}
	if err := getTemplates(t, "/templates/default/none", &one); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown: %v, want not found", err)
	}
}
