package handlers_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// workshopFake is what the workshop stands on.
type workshopFake struct{ owns bool }

func (f workshopFake) Entities(_ context.Context, _ access.Viewer, filter catalog.Filter) (catalog.Page, error) {
	ref := catalog.Ref{Kind: "template", Namespace: "default", Name: "own"}
	if len(filter.Owners) > 0 && !f.owns {
		return catalog.Page{}, nil
	}
	return catalog.Page{Items: []catalog.Summary{{Ref: ref, Title: "Own"}}}, nil
}

func (f workshopFake) Template(_ context.Context, _ access.Viewer, ref catalog.Ref) (*scaffold.Template, error) {
	if ref.Name != "own" {
		return nil, scaffold.ErrNoTemplate
	}
	files := fstest.MapFS{"template.yaml": {Data: []byte(scaffold.NewTemplate)}, "skeleton/OWN.md": {Data: []byte("# own\n")}}
	return scaffold.Parse([]byte(scaffold.NewTemplate), "template.yaml", files)
}

func (workshopFake) Check(context.Context, string, any) (action.Decision, error) {
	return action.Decision{Violations: []fault.Violation{{Rule: "named-well", Severity: "advisory", Message: "The name could be better."}}}, nil
}

// grants allows the permissions that it names.
type grants []string

func (g grants) Authorize(_ context.Context, _ action.Actor, permission, _ string) error {
	for _, p := range g {
		if p == permission {
			return nil
		}
	}
	return fault.New(fault.Forbidden, "You may not do this.")
}

func workshopApp(f workshopFake, g grants) *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		status := http.StatusInternalServerError
		switch fault.KindOf(err) {
		case fault.Forbidden:
			status = http.StatusForbidden
		case fault.NotFound:
			status = http.StatusNotFound
		case fault.Invalid:
			status = http.StatusUnprocessableEntity
		}
		c.String(status, err.Error())
	}
	group := e.Group("", respond.WithAccess(g), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, access.Viewer{Actor: action.Actor{ID: "user:default/ada", Groups: []string{"group:default/payments"}}}, "session")
			return next(c)
		}
	})
	(&handlers.Workshop{Store: f, Templates: f, Engine: scaffold.Alone(), Judge: f}).Register(group)
	return e
}

// send posts the workshop's form.
func send(e *echo.Echo, fields url.Values, uploads map[string][]byte) *httptest.ResponseRecorder {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, values := range fields {
		for _, v := range values {
			w.WriteField(name, v)
		}
	}
	for name, data := range uploads {
		part, _ := w.CreateFormFile("upload", name)
		part.Write(data)
	}
	w.Close()
	r := httptest.NewRequest(http.MethodPost, "/create/workshop", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, r)
	return rec
}

func workshopForm(change ...string) url.Values {
	f := url.Values{"text": {scaffold.NewTemplate}, "files": {scaffold.NewSkeleton}, "folder": {"skeleton"}, "_go": {"try"},
		"values.name": {"refund-api"}, "values.owner": {"group:default/payments"}}
	for i := 0; i+1 < len(change); i += 2 {
		f.Set(change[i], change[i+1])
	}
	return f
}

func TestWorkshopIsForSome(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fake   workshopFake
		grants grants
		want   int
	}{
		{"platform", workshopFake{}, grants{handlers.WorkshopPermission}, 200},
		{"owner of a template", workshopFake{owns: true}, nil, 200},
		{"another", workshopFake{}, nil, 403},
	} {
		e := workshopApp(tt.fake, tt.grants)
		rec := httptest.NewRecorder()
		e.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/create/workshop", nil))
		if rec.Code != tt.want {
			t.Errorf("%s reads: %d, want %d", tt.name, rec.Code, tt.want)
		}
		if got := send(e, workshopForm(), nil).Code; got != tt.want {
			t.Errorf("%s tries: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestWorkshopTries(t *testing.T) {
	t.Parallel()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	f, _ := z.Create("docs/a.md")
	fmt.Fprint(f, "from the archive")
	z.Close()
	for _, tt := range []struct {
		name    string
		form    url.Values
		uploads map[string][]byte
		status  int
		want    []string
	}{
		{"good", workshopForm(), nil, 200, []string{"It works", "README.md", "# refund-api", "named-well", "compared with the skeleton"}},
		{"values as JSON", workshopForm("json", `{"name":"from-json","owner":"group:default/x"}`), nil, 200, []string{"# from-json"}},
		{"not JSON", workshopForm("json", `{`), nil, 422, []string{"not a JSON object", scaffold.NewTemplate[:30]}},
		{"undefined", workshopForm("files", "-- skeleton/a.md --\nx\n${{ values.nme }}\n"), nil, 422, []string{"does not work yet", "skeleton/a.md:2", "Did you mean `name`?", `<mark data-n="2"`}},
		{"missing value", workshopForm("values.name", ""), nil, 422, []string{"does not work yet", "values.name"}},
		{"not YAML", workshopForm("text", "a: ["), nil, 422, []string{"No form can be drawn", "not valid YAML"}},
		{"text before files", workshopForm("files", "hello\n-- a --\n"), nil, 422, []string{"Before the first file", "hello"}},
		{"upload", workshopForm(), map[string][]byte{"more.md": []byte("more text")}, 200, []string{"more.md", "more text", "-- skeleton/more.md [open] --"}},
		{"archive", workshopForm(), map[string][]byte{"all.zip": archive.Bytes()}, 200, []string{"docs/a.md", "from the archive"}},
		{"no archive", workshopForm(), map[string][]byte{"all.zip": []byte("no")}, 422, []string{"is not a zip archive"}},
		{"too much", workshopForm(), map[string][]byte{"big.bin": make([]byte, scaffold.MaxSent+1)}, 422, []string{"10 MB"}},
		{"bad name of a case", workshopForm("_go", "record", "case", "A B"), nil, 422, []string{"A case is named"}},
		{"a script in a file", workshopForm("files", "-- skeleton/a.md --\n<script>alert(1)</script>\n"), nil, 200, []string{"&lt;script&gt;"}},
		{"what was packed is nonsense", workshopForm("previous", "bm9uc2Vuc2U="), nil, 200, []string{"It works"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := send(workshopApp(workshopFake{}, grants{handlers.WorkshopPermission}), tt.form, tt.uploads)
			if rec.Code != tt.status {
				t.Errorf("status %d, want %d", rec.Code, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(rec.Body.String(), want) && !strings.Contains(rec.Body.String(), strings.NewReplacer("`", "&#96;").Replace(want)) {
					t.Errorf("the page lacks %q", want)
				}
			}
			if strings.Contains(rec.Body.String(), "<script>alert") {
				t.Error("what was typed is markup")
			}
		})
	}
}

func TestWorkshopOpensAndRecords(t *testing.T) {
	t.Parallel()
	e := workshopApp(workshopFake{}, grants{handlers.WorkshopPermission})
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/create/workshop?template=default/own", nil))
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), "-- skeleton/OWN.md --") {
		t.Errorf("opening a template: %d, its files are not there", rec.Code)
	}
	rec = httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/create/workshop?template=default/none", nil))
	if rec.Code != 404 {
		t.Errorf("a template that is not there: %d, want 404", rec.Code)
	}
	rec = send(e, workshopForm("_go", "record", "case", "plain"), nil)
	c, err := scaffold.ReadCase("tests/plain.txt", rec.Body.Bytes())
	if err != nil || rec.Header().Get("Content-Disposition") != `attachment; filename="plain.txt"` || len(c.Files) != 2 || c.Values["name"] != "refund-api" {
		t.Errorf("recorded %+v, %v, %v", c, err, rec.Header())
	}
}
