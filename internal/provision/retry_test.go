package provision_test

import (
	"context"
	"testing"

	"github.com/waymark-portal/waymark/internal/provision"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store/storetest"
)

// retry runs a failed run again.
func (p *portal) retry(a answer) provision.Environment {
	p.t.Helper()
	err := p.store.Write(context.Background(), func(t tx.Tx) error {
		return p.runs.Retry(context.Background(), t, a.Run.ID, ada.ID, nil)
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.work(a)
}

// What failed in the last step, after everything was made or removed, can be
// tried again from there.
func TestRetryOfTheLastStep(t *testing.T) {
	p := newPortal(t, storetest.SQLite(t))
	twice := func(a answer, want provision.State) {
		p.catalog.broken = true
		if env := p.work(a); env.State != provision.Failed {
			t.Fatalf("state %s, want failed", env.State)
		}
		p.catalog.broken = false
		if env := p.retry(a); env.State != want {
			t.Fatalf("state %s: %s\n%s", env.State, env.Reason, p.log(a.Run.ID))
		}
	}
	launch := p.launch(map[string]any{"slowness": 0})
	twice(launch, provision.Ready)
	destroy, err := p.call("destroy-environment", map[string]any{"environment": launch.Environment.ID})
	if err != nil {
		t.Fatal(err)
	}
	destroy.Environment.ID = launch.Environment.ID
	twice(destroy, provision.Destroyed)
	p.nothingLeft(launch.Environment.ID)
}
