package main

import (
	"path/filepath"
	"testing"

	"github.com/waymark-portal/waymark/internal/config"
)

// Each page of the navigation has a place, an icon and a key of its own.
func TestNavigationKeysAreUnique(t *testing.T) {
	cfg := config.Config{Listen: "127.0.0.1:0", Data: filepath.Join(t.TempDir(), "data"), Timezone: "UTC", LogFormat: "text", LogLevel: "error"}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	a, err := open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	keys := map[string]string{"h": "/"}
	for _, e := range a.nav {
		if e.Group == "" || e.Icon == "" || e.URL == "" {
			t.Errorf("%s: no group, icon or address", e.Label)
		}
		if other := keys[e.Key]; e.Key != "" && other != "" {
			t.Errorf("g %s leads to %s and to %s", e.Key, other, e.URL)
		}
		keys[e.Key] = e.URL
	}
}
