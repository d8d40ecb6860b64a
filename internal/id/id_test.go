package id_test

import (
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/id"
)

func TestTime(t *testing.T) {
	t.Parallel()
	before := time.Now().Add(-time.Millisecond)
	got, ok := id.Time(id.New("run"))
	if !ok || got.Before(before) || got.After(time.Now()) {
		t.Errorf("made at %s (%v), not just now", got, ok)
	}
	for _, s := range []string{"", "run", "run_", "run_dry", "run_01j9zq3x5k8w2v7t4n6m1c0d9", "run_01j9zq3x5k8w2v7t4n6m1c0dil"} {
		if got, ok := id.Time(s); ok {
			t.Errorf("%q was made at %s", s, got)
		}
	}
}
