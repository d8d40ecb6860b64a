package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/cost"
)

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
