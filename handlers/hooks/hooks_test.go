package hooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/fault"
)

const secret = "a secret for tests"

// recorder keeps the last batch.
type recorder struct {
	got   *delivery.Batch
	fails error
}

func (r *recorder) Ingest(_ context.Context, _ delivery.Inbox, b delivery.Batch) (delivery.Outcome, error) {
	r.got = &b
	return delivery.Outcome{Outcome: "recorded"}, r.fails
}

func (r *recorder) ServiceOf(_ context.Context, repository string) (string, error) {
	return "component:default/" + repository[strings.LastIndexByte(repository, '/')+1:], nil
}

func sign(body string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(body))
	return hex.EncodeToString(m.Sum(nil))
}

// post sends a message and returns the status and what was recorded.
func post(t *testing.T, source, body string, header ...string) (int, *delivery.Batch) {
	t.Helper()
	r := &recorder{}
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		status := map[fault.Kind]int{fault.NotFound: 404, fault.Unauthenticated: 401, fault.Invalid: 400}[fault.KindOf(err)]
		if status == 0 {
			status = 500
		}
		c.NoContent(status)
	}
	h := &Hooks{Recorder: r, Secret: func(s string) (string, bool) { return secret, s != "gitlab-off" && s != "gitea" }}
	h.Register(e.Group("/hooks"))
	req := httptest.NewRequest(http.MethodPost, "/hooks/"+source, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, req)
	return rec.Code, r.got
}

func github(t *testing.T, event, body string) *delivery.Batch {
	t.Helper()
	code, b := post(t, "github", body, "X-GitHub-Event", event, "X-GitHub-Delivery", "1", "X-Hub-Signature-256", "sha256="+sign(body))
	if code != http.StatusAccepted {
		t.Fatalf("status %d, want 202", code)
	}
	return b
}

func TestHooksWantProof(t *testing.T) {
	const body = `{"type":"incident","id":"i","service":"s","startedAt":"2026-10-01T00:00:00Z"}`
	tests := []struct {
		name, source, body string
		header             []string
		want               int
	}{
		{"right bearer", "waymark", body, []string{"Authorization", "Bearer " + secret}, 202},
		{"right signature", "waymark", body, []string{"X-Waymark-Signature-256", "sha256=" + sign(body)}, 202},
		{"wrong bearer", "waymark", body, []string{"Authorization", "Bearer x" + secret}, 401},
		{"no proof", "waymark", body, nil, 401},
		{"signature of another body", "waymark", body + " ", []string{"X-Waymark-Signature-256", "sha256=" + sign(body)}, 401},
		{"wrong signature beside the right bearer", "waymark", body, []string{"X-Waymark-Signature-256", "sha256=00", "Authorization", "Bearer " + secret}, 401},
		{"github without signature", "github", "{}", []string{"X-GitHub-Event", "ping"}, 401},
		{"github with the old signature only", "github", "{}", []string{"X-Hub-Signature", "sha1=" + sign("{}")}, 401},
		{"github signature not hex", "github", "{}", []string{"X-Hub-Signature-256", "sha256=zz"}, 401},
		{"gitlab token", "gitlab", "{}", []string{"X-Gitlab-Token", secret}, 202},
		{"gitlab wrong token", "gitlab", "{}", []string{"X-Gitlab-Token", secret + "x"}, 401},
		{"source without a secret", "gitea", "{}", []string{"X-Gitea-Signature", sign("{}")}, 404},
		{"unknown source", "svn", "{}", []string{"Authorization", "Bearer " + secret}, 404},
		{"not JSON", "waymark", "{", []string{"Authorization", "Bearer " + secret}, 400},
		{"JSON of another kind", "waymark", "[]", []string{"Authorization", "Bearer " + secret}, 400},
		{"unknown event of ours", "waymark", `{"type":"party"}`, []string{"Authorization", "Bearer " + secret}, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, b := post(t, tt.source, tt.body, tt.header...)
			if got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
			if (b != nil) != (tt.want == 202) {
				t.Errorf("recorded %+v at status %d", b, got)
			}
		})
	}
}

const deploymentStatus = `{"action":"created",
 "deployment_status":{"id":90001,"state":"%STATE%","environment":"production","created_at":"2026-10-01T09:12:00Z","target_url":"https://ci.example/1"},
 "deployment":{"id":4711,"sha":"3f5c2d1","environment":"production","production_environment":true,"created_at":"2026-10-01T09:05:00Z",
  "description":"v2.41.0","creator":{"login":"ada"},"payload":%PAYLOAD%},
 "repository":{"full_name":"harbour-pay/payment-api"}}`

func status(state, payload string) string {
	return strings.NewReplacer("%STATE%", state, "%PAYLOAD%", payload).Replace(deploymentStatus)
}

func TestHooksReadGitHubDeployments(t *testing.T) {
	b := github(t, "deployment_status", status("success", `{"version":"2.41.0","kind":"rollback","rollsBack":"4710","commits":[{"id":"a","committedAt":"2026-09-30T15:20:00Z"}]}`))
	d := b.Deployments[0]
	if d.ID != "github:harbour-pay/payment-api/4711" || d.Service != "component:default/payment-api" || d.Result != "success" ||
		d.FinishedAt != "2026-10-01T09:12:00Z" || d.RollsBack != "github:harbour-pay/payment-api/4710" || len(d.Commits) != 1 || !d.Production {
		t.Errorf("deployment %+v", d)
	}
	if b.Delivery != "1" || b.Source != "github" || len(b.Hash) != 64 {
		t.Errorf("batch %+v", b)
	}
	for _, payload := range []string{`""`, `"{\"kind\":\"hotfix\"}"`, `{}`, `null`, `[1]`, `"text"`} {
		d := github(t, "deployment_status", status("failure", payload)).Deployments[0]
		if d.Result != "failure" || len(d.Commits) != 1 || d.Commits[0].ID != "3f5c2d1" {
			t.Errorf("payload %s: %+v; want a failure that brings its own commit", payload, d)
		}
		if strings.Contains(payload, "hotfix") && d.Kind != "hotfix" {
			t.Errorf("payload %s: kind %q", payload, d.Kind)
		}
	}
	for _, state := range []string{"in_progress", "queued", "pending", "inactive", "waiting", ""} {
		if b := github(t, "deployment_status", status(state, "{}")); len(b.Deployments) > 0 {
			t.Errorf("state %q was recorded", state)
		}
	}
	if b := github(t, "workflow_run", `{"anything":1}`); len(b.Deployments)+len(b.Incidents)+len(b.Pushes) > 0 {
		t.Errorf("unknown event was recorded: %+v", b)
	}
}

func TestHooksReadGitHubForms(t *testing.T) {
	body := url.Values{"payload": {status("success", "{}")}}.Encode()
	code, b := post(t, "github", body, "Content-Type", "application/x-www-form-urlencoded", "X-GitHub-Event", "deployment_status",
		"X-Hub-Signature-256", "sha256="+sign(body))
	if code != 202 || len(b.Deployments) != 1 {
		t.Errorf("status %d, %+v", code, b)
	}
}

func TestHooksReadGitHubIssuesAndPushes(t *testing.T) {
	issue := `{"action":"closed","repository":{"full_name":"o/ledger"},"issue":{"number":12,"title":"Down","state":"closed","html_url":"https://x/12",
	 "created_at":"2026-10-01T09:00:00Z","updated_at":"2026-10-01T10:00:00Z","closed_at":"2026-10-01T10:00:00Z","labels":[{"name":"Incident"},{"name":"severity: high"}]}}`
	i := github(t, "issues", issue).Incidents[0]
	if i.ID != "github:o/ledger#12" || i.ResolvedAt == "" || i.Severity != "high" || i.Service != "component:default/ledger" {
		t.Errorf("incident %+v", i)
	}
	if b := github(t, "issues", strings.Replace(issue, "Incident", "bug", 1)); len(b.Incidents) > 0 {
		t.Errorf("an issue without the label was recorded")
	}
	p := github(t, "push", `{"repository":{"full_name":"o/ledger"},"commits":[{"id":"a","timestamp":"2026-10-01T11:00:00+02:00","message":"x"}]}`).Pushes[0]
	if p.Service != "component:default/ledger" || p.Commits[0].CommittedAt != "2026-10-01T11:00:00+02:00" {
		t.Errorf("push %+v", p)
	}
}

func TestHooksReadGitLab(t *testing.T) {
	code, b := post(t, "gitlab", `{"object_kind":"deployment","status":"success","status_changed_at":"2026-10-01 21:50:00 +0200","deployment_id":15,
	 "environment":"live","environment_tier":"production","project":{"path_with_namespace":"g/app"},"commit_url":"https://gl/g/app/-/commit/279484c0","user":{"username":"root"}}`,
		"X-Gitlab-Token", secret, "X-Gitlab-Event-UUID", "u")
	if code != 202 || len(b.Deployments) != 1 {
		t.Fatalf("status %d, %+v", code, b)
	}
	if d := b.Deployments[0]; d.ID != "gitlab:g/app/15" || d.FinishedAt != "2026-10-01T19:50:00Z" || !d.Production || d.Revision != "279484c0" {
		t.Errorf("deployment %+v", d)
	}
}

func TestHooksReadCDEvents(t *testing.T) {
	const event = `{"context":{"version":"0.4.1","id":"e1","source":"/ci","type":"dev.cdevents.service.deployed.0.2.0","timestamp":"2026-10-01T09:12:00Z"},
	 "subject":{"id":"payment-api","type":"service","content":{"environment":{"id":"production"},"artifactId":"pkg:oci/x"}},"customData":{"kind":"hotfix"}}`
	forms := []struct {
		name, body string
		header     []string
	}{
		{"bare", event, nil},
		{"structured", `{"specversion":"1.0","id":"e1","source":"/ci","type":"dev.cdevents.service.deployed.0.2.0","data":` + event + `}`, nil},
		{"binary", event, []string{"ce-id", "e1", "ce-type", "dev.cdevents.service.deployed.0.2.0"}},
	}
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			code, b := post(t, "cdevents", f.body, append(f.header, "Authorization", "Bearer "+secret)...)
			if code != 202 || len(b.Deployments) != 1 || b.Delivery == b.Hash {
				t.Fatalf("status %d, %+v", code, b)
			}
			if d := b.Deployments[0]; d.Service != "payment-api" || d.Kind != "hotfix" || d.Environment != "production" {
				t.Errorf("deployment %+v", d)
			}
		})
	}
	_, b := post(t, "cdevents", strings.NewReplacer("service.deployed.0.2.0", "incident.resolved.0.3.0", `"artifactId":"pkg:oci/x"`, `"service":{"id":"ledger"}`).Replace(event),
		"Authorization", "Bearer "+secret)
	if len(b.Incidents) != 1 || b.Incidents[0].ResolvedAt == "" || b.Incidents[0].Service != "ledger" {
		t.Errorf("incident %+v", b)
	}
}

func TestHooksReadAlertmanager(t *testing.T) {
	_, b := post(t, "alertmanager", `{"version":"4","alerts":[
	 {"status":"resolved","labels":{"alertname":"High","service":"ledger","severity":"page"},"annotations":{"summary":"Slow"},"startsAt":"2026-10-01T09:00:00Z","endsAt":"2026-10-01T09:30:00Z","fingerprint":"f1"},
	 {"status":"firing","labels":{"alertname":"Disk"},"startsAt":"2026-10-01T09:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"f2"}]}`,
		"Authorization", "Bearer "+secret)
	if len(b.Incidents) != 1 || b.Incidents[0].Title != "Slow" || b.Incidents[0].ResolvedAt == "" {
		t.Errorf("incidents %+v; want one, resolved", b.Incidents)
	}
}

func TestHooksReadManyEvents(t *testing.T) {
	body := `{"events":[{"type":"deployment","id":"d","service":"s"},{"type":"incident","id":"i","service":"s"}]}`
	_, b := post(t, "waymark", body, "Authorization", "Bearer "+secret, "X-Waymark-Delivery", "w1")
	if len(b.Deployments) != 1 || len(b.Incidents) != 1 || b.Delivery != "w1" {
		t.Errorf("batch %+v", b)
	}
	many := `{"events":[` + strings.Repeat(`{"type":"incident"},`, maxEvents) + `{"type":"incident"}]}`
	if code, _ := post(t, "waymark", many, "Authorization", "Bearer "+secret); code != 400 {
		t.Errorf("%d events: status %d, want 400", maxEvents+1, code)
	}
}

// Whatever a proven sender writes, reading it ends in a batch or a refusal.
func FuzzHooksRead(f *testing.F) {
	f.Add(uint8(0), []byte(status("success", "{}")))
	f.Add(uint8(1), []byte(`{"object_kind":"deployment","commit_url":""}`))
	f.Add(uint8(2), []byte(`{"context":{"type":"dev.cdevents.incident"}}`))
	f.Add(uint8(3), []byte(`{"alerts":[{}]}`))
	f.Add(uint8(4), []byte(`{"events":[{"type":"deployment","commits":[{}]}]}`))
	readers := []func(message) (delivery.Batch, error){readGitHub, readGitLab, readCDEvents, readAlertmanager, readWaymark}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		for _, event := range []string{"deployment_status", "issues", "push"} {
			m := message{http.Header{"X-Github-Event": {event}}, bytes.Clone(body), func(string) (string, error) { return "s", nil }}
			_, err := readers[int(which)%len(readers)](m)
			var fe *fault.Error
			if err != nil && !errors.As(err, &fe) {
				t.Fatalf("%v is no refusal", err)
			}
		}
	})
}

func TestHooksAnswerSaysWhatBecameOfIt(t *testing.T) {
	e := echo.New()
	(&Hooks{Recorder: &recorder{}, Secret: func(string) (string, bool) { return secret, true }}).Register(e.Group("/hooks"))
	req := httptest.NewRequest(http.MethodPost, "/hooks/waymark", strings.NewReader(`{"type":"incident","id":"i"}`))
	req.Header.Set("Authorization", "Bearer "+secret)
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, req)
	var out delivery.Outcome
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || out.Outcome != "recorded" {
		t.Errorf("answer %s, %v", rec.Body, err)
	}
}
