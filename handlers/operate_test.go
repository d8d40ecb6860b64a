package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/handlers/respond"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

const opsOwner = "group:default/payments-team"

// The people of these tests: a member of the owner, somebody else, and who
// may do everything.
var (
	opsAda   = access.Viewer{Actor: action.Actor{ID: "user:default/ada"}, Reads: []string{opsOwner}, Team: opsOwner}
	opsBen   = access.Viewer{Actor: action.Actor{ID: "user:default/ben"}, Reads: []string{"group:default/ledger-team"}}
	opsGrace = access.Viewer{Actor: action.Actor{ID: "user:default/grace"}, All: true}
)

// opsAccess lets ada do what is her team's, grace everything, ben nothing.
type opsAccess struct{}

func (opsAccess) Authorize(_ context.Context, a action.Actor, permission, owner string) error {
	if a.ID == opsGrace.ID || a.ID == opsAda.ID && owner == opsOwner && permission != "read-audit" {
		return nil
	}
	return fault.New(fault.Forbidden, "no")
}

type opsDB struct{}

func (opsDB) Write(_ context.Context, f func(tx.Tx) error) error { return f(nil) }

type opsLog struct{}

func (opsLog) Append(context.Context, tx.Tx, event.Event) error { return nil }

// opsDoor knows the actions of these pages and keeps what came through.
func opsDoor(t *testing.T, got *string, refuse error) *action.Registry {
	t.Helper()
	r := action.NewRegistry(action.Ports{DB: opsDB{}, Events: opsLog{}, Access: opsAccess{}})
	for _, name := range []string{"cancel-run", "retry-run", "waive-policy"} {
		err := r.Register(action.Def{Name: name, Permission: name, Schema: json.RawMessage(`{"type":"object"}`),
			Prepare: func(_ context.Context, _ action.Actor, in json.RawMessage) (action.Prepared, error) {
				return action.Prepared{Owner: opsOwner, Execute: func(context.Context, tx.Tx) (action.Output, error) {
					*got = name + " " + string(in)
					return action.Output{Location: "/runs/run_1", Message: "Done."}, nil
				}}, refuse
			}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// opsCall sends one request as somebody; a fault is returned as it is.
func opsCall(register func(*echo.Group), v access.Viewer, r *http.Request) (*httptest.ResponseRecorder, error) {
	e := echo.New()
	var failed error
	e.HTTPErrorHandler = func(err error, c echo.Context) { failed = err; c.NoContent(http.StatusTeapot) }
	register(e.Group("", respond.WithAccess(opsAccess{}), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			respond.SetViewer(c, v, "page")
			return next(c)
		}
	}))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w, failed
}

func opsGet(path string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func opsPost(path string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func opsCheck(t *testing.T, body string, has, hasNot []string) {
	t.Helper()
	for _, s := range has {
		if !strings.Contains(body, s) {
			t.Errorf("lacks %q:\n%s", s, body)
		}
	}
	for _, s := range hasNot {
		if strings.Contains(body, s) {
			t.Errorf("has %q", s)
		}
	}
}
