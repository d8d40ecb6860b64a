package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/cost"
	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

var numbersNow = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

type noLog struct{}

func (noLog) Append(context.Context, tx.Tx, event.Event) error { return nil }

// onlyPlatform lets the platform team import bills and nobody else.
type onlyPlatform struct{}

func (onlyPlatform) Authorize(_ context.Context, a action.Actor, permission, _ string) error {
	if a.ID == "user:default/grace" {
		return nil
	}
	return fault.New(fault.Forbidden, "You may not "+permission+".")
}

type noTeams struct{}

func (noTeams) ScopeServices(context.Context, access.Viewer, delivery.Scope) ([]string, error) {
	return nil, fault.New(fault.NotFound, "There is no such team.")
}
func (noTeams) ServiceOwner(context.Context, string) (string, error) { return "", nil }
func (noTeams) ServiceOf(context.Context, string) (string, error)    { return "", nil }

// numbers is a server with the pages and routes of costs and delivery on a
// database of its own.
type numbers struct {
	echo     *echo.Echo
	store    *store.Store
	delivery *delivery.Engine
}

func newNumbers(t *testing.T) *numbers {
	t.Helper()
	s := storetest.SQLite(t)
	now := func() time.Time { return numbersNow }
	costs := cost.New(cost.Options{Store: s, Catalog: s, Events: noLog{}, Now: now, Spool: t.TempDir()})
	d, err := delivery.New(delivery.Options{Store: s, Catalog: noTeams{}, Events: noLog{}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	reg := action.NewRegistry(action.Ports{DB: s, Events: noLog{}, Access: onlyPlatform{}, Keys: s})
	for _, a := range append(costs.Actions(), d.Actions()...) {
		if err := reg.Register(a); err != nil {
			t.Fatal(err)
		}
	}
	e := echo.New()
	e.HTTPErrorHandler = numbersError
	as := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, access.Viewer{Actor: action.Actor{ID: c.Request().Header.Get("As")}}, "page")
			return next(c)
		}
	}
	pages, v1 := e.Group("", as, respond.WithAccess(onlyPlatform{})), e.Group("/api/v1", as, respond.WithAccess(onlyPlatform{}))
	(&handlers.Costs{Reader: costs, Spool: costs, Names: s, Actions: reg}).Register(pages)
	(&handlers.DORA{Reader: d, Catalog: s}).Register(pages)
	(&api.Costs{Reader: costs, Uploads: costs, Actions: reg}).Register(v1, e.Group("", as))
	(&api.Delivery{Reader: d}).Register(v1)
	return &numbers{e, s, d}
}

// numbersError stands in for the server's map of errors.
func numbersError(err error, c echo.Context) {
	status := map[fault.Kind]int{fault.NotFound: 404, fault.Invalid: 400, fault.Forbidden: 403, fault.Conflict: 409}[fault.KindOf(err)]
	var he *echo.HTTPError
	if errors.As(err, &he) {
		status = he.Code
	}
	if status == 0 {
		status = 500
	}
	c.String(status, err.Error())
}

func (n *numbers) do(method, path, who, contentType string, body []byte, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, bytes.NewReader(body))
	req.Header.Set("As", "user:default/"+who)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	n.echo.ServeHTTP(rec, req)
	return rec
}

func (n *numbers) get(path string) *httptest.ResponseRecorder {
	return n.do("GET", path, "ada", "", nil)
}

// bill is a form with a FOCUS file; no text means no file.
func bill(t *testing.T, text string, fields ...string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if text != "" {
		f, err := w.CreateFormFile("file", "bill.csv")
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

const goodBill = "BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName,Tags\n" +
	"12.5,10.25,USD,2026-11-03T00:00:00Z,2026-11-04T00:00:00Z,AWS,EC2,\"{\"\"team\"\":\"\"payments\"\",\"\"service\"\":\"\"<script>x\"\"}\"\n" +
	"-2,-2,USD,2026-10-03T00:00:00Z,2026-10-04T00:00:00Z,AWS,EC2,\n"

func (n *numbers) load(t *testing.T) {
	t.Helper()
	ct, body := bill(t, goodBill, "source", "aws")
	if rec := n.do("POST", "/api/v1/actions/import-costs", "grace", ct, body); rec.Code != 200 {
		t.Fatalf("import: %d %s", rec.Code, rec.Body)
	}
}

func TestCostsImportRoute(t *testing.T) {
	n := newNumbers(t)
	tests := []struct {
		name, who, text string
		fields          []string
		want            int
		says            string
	}{
		{"refused", "ada", goodBill, []string{"source", "aws"}, 403, "You may not"},
		{"no file", "grace", "", []string{"source", "aws"}, 400, "Choose a file"},
		{"no source", "grace", goodBill, nil, 400, "This is needed"},
		{"source that leads away", "grace", goodBill, []string{"source", "../../etc"}, 400, "short name"},
		{"source too long", "grace", goodBill, []string{"source", strings.Repeat("a", 1<<20)}, 400, "too long"},
		{"period of another form", "grace", goodBill, []string{"source", "aws", "period", "2026-13"}, 400, "month"},
		{"broken row", "grace", goodBill + "x,1,USD,2026-11-03,2026-11-04,a,b,\n", []string{"source", "aws"}, 400, "Row 4, column BilledCost"},
		{"not a bill", "grace", "\x00\x01\x02", []string{"source", "aws"}, 400, "BilledCost is missing"},
		{"good", "grace", goodBill, []string{"source", "aws"}, 200, `"rows":2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ct, body := bill(t, tt.text, tt.fields...)
			rec := n.do("POST", "/api/v1/actions/import-costs", tt.who, ct, body)
			if rec.Code != tt.want || !strings.Contains(rec.Body.String(), tt.says) {
				t.Errorf("%d %s; want %d saying %q", rec.Code, rec.Body, tt.want, tt.says)
			}
		})
	}
	again := func(text string) *httptest.ResponseRecorder {
		ct, body := bill(t, text, "source", "gcp")
		return n.do("POST", "/api/v1/actions/import-costs", "grace", ct, body, "Idempotency-Key", "k1")
	}
	var first, second cost.Receipt
	for _, to := range []*cost.Receipt{&first, &second} {
		if rec := again(goodBill); rec.Code != 200 || json.Unmarshal(rec.Body.Bytes(), to) != nil {
			t.Fatalf("the same key and file: %d %s", rec.Code, rec.Body)
		}
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the same key and file were imported twice (-first +second):\n%s", diff)
	}
	if rec := again(goodBill + "\n"); rec.Code != 409 {
		t.Errorf("the same key and another file: %d, want 409", rec.Code)
	}
	rec := n.do("POST", "/api/v1/actions/import-costs", "grace", "application/json", []byte(`{"source":"nowhere"}`))
	if rec.Code != 400 {
		t.Errorf("JSON without a known source: %d, want 400", rec.Code)
	}
}

func TestCostsPages(t *testing.T) {
	n := newNumbers(t)
	if rec := n.get("/costs"); rec.Code != 200 || !strings.Contains(rec.Body.String(), "No bill has been imported yet.") {
		t.Errorf("without bills: %d", rec.Code)
	}
	n.load(t)
	tests := []struct {
		path string
		want int
		has  string
	}{
		{"/costs", 200, "#costs-option"}, {"/costs?group=service", 200, "table"}, {"/costs?group=day&from=2026-11-01&to=2026-12-01", 200, "table"},
		{"/costs?team=payments&group=service", 200, "table"}, {"/costs?service=payment-api&group=serviceName", 200, ".empty-state"},
		{"/costs/imports", 200, "table"}, {"/costs?measure=list", 200, ".empty-state"},
		{"/costs?group=colour", 400, ""}, {"/costs?measure=guess", 400, ""}, {"/costs?from=yesterday", 400, ""},
		{"/costs?from=2026-11-02&to=2026-11-01", 400, ""}, {"/costs?from=1971-01-01&to=2026-01-01", 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			rec := n.get(tt.path)
			if rec.Code != tt.want {
				t.Fatalf("status %d, want %d: %s", rec.Code, tt.want, rec.Body)
			}
			if tt.has != "" && document(t, rec).Find(tt.has).Length() == 0 {
				t.Errorf("the page has no %s", tt.has)
			}
			if strings.Contains(rec.Body.String(), "<script>x") {
				t.Error("a tag of the bill became markup")
			}
		})
	}
	csv := n.get("/costs.csv?group=team")
	if csv.Code != 200 || !strings.Contains(csv.Body.String(), "2026-11,group:default/payments,payments,10.25,USD,effective") {
		t.Errorf("CSV %d:\n%s", csv.Code, csv.Body)
	}
}

func document(t *testing.T, rec *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCostsImportForm(t *testing.T) {
	n := newNumbers(t)
	if d := document(t, n.get("/costs/imports")); d.Find("input[type=file]").Length() != 0 {
		t.Error("somebody who may not import is offered the form")
	}
	if d := document(t, n.do("GET", "/costs/imports", "grace", "", nil)); d.Find("form input[type=file]").Length() != 1 {
		t.Error("the platform team is not offered the form")
	}
	ct, body := bill(t, goodBill, "source", "aws")
	if rec := n.do("POST", "/costs/imports", "ada", ct, body); rec.Code != 403 {
		t.Errorf("refused: %d, want 403", rec.Code)
	}
	if rec := n.do("POST", "/costs/imports", "grace", ct, body); rec.Code != 303 || rec.Header().Get("Location") != "/costs/imports" {
		t.Errorf("good: %d to %q, want 303", rec.Code, rec.Header().Get("Location"))
	}
	ct, body = bill(t, "a,b\n", "source", "aws", "period", "2026-10")
	rec := n.do("POST", "/costs/imports", "grace", ct, body)
	d := document(t, rec)
	if rec.Code != 422 || d.Find("#f-file[aria-invalid]").Length() != 1 || d.Find("#f-period").AttrOr("value", "") != "2026-10" {
		t.Errorf("broken file: %d; want 422, the file marked, what was typed kept", rec.Code)
	}
	if rec := n.do("POST", "/costs/imports", "grace", "application/json", []byte("{}")); rec.Code != 422 {
		t.Errorf("JSON: %d, want 422", rec.Code)
	}
}

func TestCostsAPI(t *testing.T) {
	n := newNumbers(t)
	n.load(t)
	var got struct {
		Items []struct {
			Key, Amount string
			Share       *float64
		}
		Total, Unallocated, Currency, From, To, Definition string
	}
	rec := n.get("/api/v1/costs?group=team&from=2026-10-01&to=2026-12-01")
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Total != "8.25" || got.Unallocated != "-2" || got.Currency != "USD" || len(got.Items) != 2 || got.Items[0].Amount != "10.25" ||
		got.From != "2026-10-01" || got.Definition == "" {
		t.Errorf("costs %+v", got)
	}
	rec = n.get("/api/costs")
	if want := `{"team":"payments","current":10.25,`; !strings.Contains(rec.Body.String(), want) {
		t.Errorf("published form %s; want it to hold %s", rec.Body, want)
	}
	if rec := n.get("/api/v1/costs/imports"); !strings.Contains(rec.Body.String(), `"total":2`) {
		t.Errorf("imports %s", rec.Body)
	}
	if rec := n.get("/api/v1/costs?group=x"); rec.Code != http.StatusBadRequest {
		t.Errorf("unknown group: %d", rec.Code)
	}
}

func TestDORAPages(t *testing.T) {
	n := newNumbers(t)
	if d := document(t, n.get("/dora")); d.Find(".stat").Length() != 6 || !strings.Contains(d.Text(), "No deployment to production has been recorded yet.") {
		t.Error("without deployments each number wants a dash and its reason")
	}
	b := delivery.Batch{Source: "t", Delivery: "1"}
	for i := range 60 {
		end := numbersNow.Add(-time.Duration(i) * 20 * time.Hour)
		b.Deployments = append(b.Deployments, delivery.DeploymentInput{ID: fmt.Sprintf("d%d", i), Service: "ledger", Environment: "production",
			FinishedAt: end.Format(time.RFC3339), Version: "<b>1</b>", URL: "javascript:alert(1)",
			Commits: []delivery.CommitInput{{ID: fmt.Sprintf("c%d", i), CommittedAt: end.Add(-time.Hour).Format(time.RFC3339)}}})
	}
	b.Incidents = []delivery.IncidentInput{{ID: "INC-1", Service: "ledger", StartedAt: numbersNow.Add(-39 * time.Hour).Format(time.RFC3339), ResolvedAt: numbersNow.Add(-38 * time.Hour).Format(time.RFC3339)}}
	if _, err := n.delivery.Ingest(context.Background(), n.store, b); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		want int
		has  string
	}{
		{"/dora", 200, "#dora-lead-option"}, {"/dora?scope=service:ledger&bands=2024", 200, ".stat a"}, {"/dora.csv", 200, ""},
		{"/dora/events?metric=changeFailRate", 200, "tbody tr"}, {"/dora/events?metric=change-lead-time", 200, "tbody tr"},
		{"/dora/events?metric=changeFailRate&only=part", 200, "tbody tr"}, {"/dora/events?metric=timeToRestore", 200, "tbody tr"},
		{"/dora/events?metric=failedDeploymentRecoveryTime", 200, "tbody tr"}, {"/dora/events?metric=deploymentReworkRate", 200, "tbody tr"},
		{"/deployments", 200, "tbody tr"}, {"/deployments?environment=staging", 200, ".empty-state"}, {"/deployments?scope=service:ledger", 200, "tbody tr"},
		{"/dora?scope=team:nobody", 404, ""}, {"/dora?scope=planet:mars", 400, ""}, {"/dora?bands=1999", 400, ""}, {"/dora?from=2027-01-01&to=2026-01-01", 400, ""},
		{"/dora/events?metric=luck", 400, ""}, {"/dora/events", 400, ""}, {"/dora/events?metric=timeToRestore&cursor=zz!", 400, ""},
		{"/deployments?cursor=x", 400, ""}, {"/deployments?limit=many", 400, ""}, {"/deployments?scope=team:nobody", 404, ""},
		{"/api/v1/dora", 200, ""}, {"/api/v1/dora?scope=x", 400, ""}, {"/api/v1/dora/events?metric=changeFailRate", 200, ""},
		{"/api/v1/dora/events?metric=x", 400, ""}, {"/api/v1/dora/events?metric=changeFailRate&limit=-1", 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			rec := n.get(tt.path)
			if rec.Code != tt.want {
				t.Fatalf("status %d, want %d: %s", rec.Code, tt.want, rec.Body)
			}
			if strings.Contains(rec.Body.String(), "<b>1</b>") || strings.Contains(rec.Body.String(), `href="javascript:`) {
				t.Error("what a webhook said became markup")
			}
			if tt.has != "" && document(t, rec).Find(tt.has).Length() == 0 {
				t.Errorf("the page has no %s", tt.has)
			}
		})
	}
}

// The evidence of the API holds as many rows as the number's n, over all pages.
func TestDORAEvidencePages(t *testing.T) {
	n := newNumbers(t)
	b := delivery.Batch{Source: "t", Delivery: "1"}
	for i := range 25 {
		b.Deployments = append(b.Deployments, delivery.DeploymentInput{ID: fmt.Sprintf("d%d", i), Service: "ledger", Environment: "production",
			FinishedAt: numbersNow.Add(-time.Duration(i%5) * time.Hour).Format(time.RFC3339)})
	}
	if _, err := n.delivery.Ingest(context.Background(), n.store, b); err != nil {
		t.Fatal(err)
	}
	if page := n.get("/deployments").Body.String(); !strings.Contains(page, "component:default/ledger") {
		t.Error("a service that the catalog does not hold is not listed")
	}
	seen, next := map[string]bool{}, ""
	for {
		var page struct {
			Items []struct{ ID string }
			Total int
			Next  string
		}
		rec := n.get("/api/v1/dora/events?metric=deploymentFrequency&limit=4&cursor=" + next)
		if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		if page.Total != 25 {
			t.Fatalf("total %d, want 25", page.Total)
		}
		for _, i := range page.Items {
			if seen[i.ID] {
				t.Fatalf("%s came twice", i.ID)
			}
			seen[i.ID] = true
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d rows, want 25", len(seen))
	}
}
