package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/fault"
)

type ruleCounts []int

func (c ruleCounts) VisibilityCounts(context.Context, access.Viewer) ([]int, error) { return c, nil }

func TestVisibilityPageIsForThoseWhoKeepThePortal(t *testing.T) {
	h := &Visibility{Rules: []config.VisibilityRule{{Name: "pay", Reason: "Private.", Match: config.VisibleMatch{Owner: config.OneOrMany{"hr"}}}}, Counts: ruleCounts{4}}
	for _, v := range []access.Viewer{opsAda, opsBen} {
		if _, err := opsCall(h.Register, v, httptest.NewRequest(http.MethodGet, "/visibility", nil)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v, want forbidden", v.ID, err)
		}
	}
	rec, err := opsCall(h.Register, opsGrace, httptest.NewRequest(http.MethodGet, "/visibility", nil))
	if err != nil || rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "hides 4 entities") {
		t.Errorf("%d %v %s", rec.Code, err, rec.Body.String())
	}
}
