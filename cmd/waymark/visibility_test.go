package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/config"
)

// A rule that names a role that there is not must stop the start: it would
// hide from those it means, or show to those it does not.
func TestAnUnknownRoleOfAVisibilityRuleStopsTheStart(t *testing.T) {
	cfg := config.Config{Listen: "127.0.0.1:0", Data: filepath.Join(t.TempDir(), "data"), Timezone: "UTC", LogFormat: "text", LogLevel: "error"}
	cfg.Catalog.Visibility = []config.VisibilityRule{{Name: "pay", Match: config.VisibleMatch{Owner: config.OneOrMany{"hr"}}, Visible: config.VisibleTo{Roles: config.OneOrMany{"auditors"}}}}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	a, err := open(t.Context(), cfg)
	if err == nil {
		a.close()
	}
	if want := `catalog.visibility[0] (pay): visible_to.roles: there is no role "auditors"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}
