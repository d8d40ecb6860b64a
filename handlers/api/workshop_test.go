package api_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// tryFake is what the workshop's routes stand on.
type tryFake struct{}

func (tryFake) TemplateUsage(context.Context, access.Viewer, string) (map[string]scaffold.Usage, error) {
	return map[string]scaffold.Usage{"template:default/my-service": {Made: 3, Ended: 1, Median: 20 * time.Second, Ratings: 2, Rating: 4.5}}, nil
}

func (tryFake) Check(context.Context, string, any) (action.Decision, error) {
	return action.Decision{Violations: []fault.Violation{{Rule: "named-well"}}}, nil
}

func (tryFake) Template(_ context.Context, _ access.Viewer, ref catalog.Ref) (*scaffold.Template, error) {
	if ref.Name != "my-service" {
		return nil, scaffold.ErrNoTemplate
	}
	files := fstest.MapFS{"template.yaml": {Data: []byte(scaffold.NewTemplate)}, "tests/one.txt": {Data: []byte("values: {}\nfails: name\n")}}
	return scaffold.Parse([]byte(scaffold.NewTemplate), "template.yaml", files)
}

func tryApp(allowed error) *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		status := map[fault.Kind]int{fault.Forbidden: 403, fault.Invalid: 422, fault.NotFound: 404, fault.TooLarge: 413}[fault.KindOf(err)]
		c.String(max(status, 400), err.Error())
	}
	w := &api.Workshop{Engine: scaffold.Alone(), Reader: tryFake{}, Library: tryFake{}, Judge: tryFake{}, Allowed: func(echo.Context) error { return allowed }}
	w.Register(e.Group("/api/v1"), e.Group(""))
	return e
}

func call(e *echo.Echo, method, path, body string) (int, string) {
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
	return rec.Code, rec.Body.String()
}

func tryBody(t *testing.T, name, file string) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"template": scaffold.NewTemplate, "values": map[string]any{"name": name, "owner": "group:default/x"},
		"directoryContents": []map[string]any{{"path": "skeleton/a.md", "text": file}, {"path": "skeleton/b.bin", "base64Content": base64.StdEncoding.EncodeToString([]byte{0xff})}},
		"previous":          []map[string]any{{"path": "a.md", "text": "before\n"}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTryTemplate(t *testing.T) {
	t.Parallel()
	status, body := call(tryApp(nil), http.MethodPost, "/api/v1/templates/try", tryBody(t, "refund-api", "${{ values.name }}\n"))
	var out api.TryOutput
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != 200 {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	if !out.Works || len(out.Files) != 2 || len(out.Policies) != 1 || len(out.Diffs) != 2 || !strings.Contains(out.Diffs[0].Text, "+refund-api") {
		t.Errorf("got %+v", out)
	}
	if _, body = call(tryApp(nil), http.MethodPost, "/api/v1/templates/try", tryBody(t, "x", "${{ values.nme }}")); !strings.Contains(body, `"works":false`) || !strings.Contains(body, `"line":1`) || !strings.Contains(body, `"file":"skeleton/a.md"`) {
		t.Errorf("what does not work: %s", body)
	}
	for name, tt := range map[string]struct {
		allowed error
		body    string
		want    int
	}{
		"not allowed": {fault.New(fault.Forbidden, "No."), "{}", 403}, "not JSON": {nil, "{", 422},
		"not base 64": {nil, `{"template":"x","directoryContents":[{"path":"a","base64Content":"!"}]}`, 422},
		"too much":    {nil, `{"template":"` + strings.Repeat("x", scaffold.MaxSent+1) + `"}`, 413},
	} {
		if got, body := call(tryApp(tt.allowed), http.MethodPost, "/api/v1/templates/try", tt.body); got != tt.want {
			t.Errorf("%s: %d %.200s, want %d", name, got, body, tt.want)
		}
	}
}

func TestTemplateUsageAndCases(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/api/v1/templates/default/my-service/usage": `"success":0.75,"medianSeconds":20,"savedHours":12`,
		"/api/v1/templates/default/my-service/cases": `"name":"one","path":"tests/one.txt","passed":true`,
	} {
		if status, body := call(tryApp(nil), http.MethodGet, path, ""); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s, want %s", path, status, body, want)
		}
		if status, _ := call(tryApp(nil), http.MethodGet, strings.Replace(path, "my-service", "none", 1), ""); status != 404 {
			t.Errorf("%s of no template: %d, want 404", path, status)
		}
	}
}
