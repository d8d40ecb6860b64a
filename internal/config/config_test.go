package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/config"
)

func env(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func TestLoadTakesTheLastWord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "waymark.yaml")
	if err := os.WriteFile(file, []byte("timezone: Europe/Vienna\ncatalog:\n  locations: [file:a]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(env(map[string]string{"WAYMARK_CONFIG": file, "WAYMARK_CATALOG_LOCATIONS": "file:b, file:c"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8080" || c.Timezone != "Europe/Vienna" || strings.Join(c.Catalog.Locations, " ") != "file:b file:c" {
		t.Errorf("got %q %q %q", c.Listen, c.Timezone, c.Catalog.Locations)
	}
}

func TestBadSettingsNameTheirKey(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		flag func(*config.Config)
		want string
	}{
		"duration":      {map[string]string{"WAYMARK_SESSION_LIFE": "soon"}, nil, "WAYMARK_SESSION_LIFE"},
		"zone":          {map[string]string{"WAYMARK_TIMEZONE": "Mars/North"}, nil, "timezone"},
		"proxy":         {map[string]string{"WAYMARK_TRUSTED_PROXIES": "10.0.0"}, nil, "trusted_proxies"},
		"short token":   {map[string]string{"WAYMARK_BOOTSTRAP_TOKEN": "short"}, nil, "bootstrap_token"},
		"static token":  {map[string]string{"WAYMARK_STATIC_TOKENS": "ci:developer:abc"}, nil, "static_tokens"},
		"sample abroad": {map[string]string{"WAYMARK_LISTEN": "0.0.0.0:8080"}, func(c *config.Config) { c.Sample = true }, "loopback"},
		"no client id":  {map[string]string{"WAYMARK_OIDC_ISSUER": "https://x.example"}, nil, "oidc.client_id"},
		"address":       {map[string]string{"WAYMARK_LISTEN": "8080"}, nil, "listen"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Load(env(c.env))
			if err == nil {
				if c.flag != nil {
					c.flag(&cfg)
				}
				err = cfg.Check()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that names %s", err, c.want)
			}
		})
	}
}

func TestUnknownKeyStopsTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "waymark.yaml")
	if err := os.WriteFile(file, []byte("lisen: 127.0.0.1:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(env(map[string]string{"WAYMARK_CONFIG": file})); err == nil || !strings.Contains(err.Error(), "lisen") {
		t.Errorf("got %v, want an error that names lisen", err)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	c, err := config.Load(env(map[string]string{"WAYMARK_BOOTSTRAP_TOKEN": strings.Repeat("s", 40)}))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range c.Keys() {
		if strings.Contains(k.Text(), "ssss") {
			t.Errorf("%s shows the secret", k.Key)
		}
	}
}

func TestThePageOfTheDocsIsCurrent(t *testing.T) {
	var b bytes.Buffer
	if err := config.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs-content/reference/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b.Bytes()) {
		t.Error("docs-content/reference/configuration.md is stale: run make gen")
	}
}
