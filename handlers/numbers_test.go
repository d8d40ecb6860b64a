package handlers_test

import (
	"bytes"
	"context"
	"errors"
	"mime/multipart"
	"net/http/httptest"
	"testing"
	"time"

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
func (noTeams) ServiceOwner(context.Context, access.Viewer, string) (string, error) { return "", nil }
func (noTeams) ServiceOf(context.Context, string) (string, error)                   { return "", nil }

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
