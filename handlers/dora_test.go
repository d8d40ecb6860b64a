package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/delivery"
)

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
