package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/config"
)

const hostToken = "ghp_verysecrettoken"

// loadFile loads the settings of a file and checks them.
func loadFile(t *testing.T, text string, vars map[string]string) (config.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "waymark.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"WAYMARK_CONFIG": file}
	for k, v := range vars {
		all[k] = v
	}
	c, err := config.Load(env(all))
	if err != nil {
		return c, err
	}
	return c, c.Check()
}

func TestHostsTakeTheirTokens(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte(hostToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MY_TOKEN", hostToken)
	t.Setenv("WAYMARK_TOKEN_GIT_EXAMPLE_COM_3000", hostToken)
	c, err := loadFile(t, `catalog:
  poll: 5m
  hosts:
    - {host: GitHub.com, token_env: MY_TOKEN}
    - {host: gitlab.com, token_file: "`+secret+`"}
    - {host: "git.example.com:3000", kind: gitea}
    - {host: plain.example.com, token: `+hostToken+`}
  orgs:
    - {url: "https://github.com/acme", people: true, trusted: true}
  rules:
    - allow: [Component, {kind: API, spec.type: openapi}]
      locations: [{type: url, pattern: "https://github.com/**"}]
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, kind := range []string{"github", "gitlab", "gitea", ""} {
		if h := c.Catalog.Hosts[i]; h.Token != hostToken || h.Kind != kind {
			t.Errorf("%s: kind %q and token %v, want %q and the token", h.Host, h.Kind, h.Token == hostToken, kind)
		}
	}
	if a := c.Catalog.Rules[0].Allow; len(a) != 2 || a[1].Kind != "API" || a[1].Type != "openapi" {
		t.Errorf("rule allows %+v", a)
	}
	var shown bytes.Buffer
	for _, k := range c.Keys() {
		shown.WriteString(k.Text())
	}
	fmt.Fprintf(&shown, "%v %+v %#v %s", c.Catalog, c.Catalog, c.Catalog.Hosts, c.Catalog.Hosts)
	if strings.Contains(shown.String(), hostToken) {
		t.Errorf("a token is shown: %s", shown.String())
	}
}

func TestWritingIsATokenOfItsOwn(t *testing.T) {
	t.Setenv("WAYMARK_WRITE_TOKEN_GITHUB_COM", hostToken)
	c, err := loadFile(t, "catalog:\n  hosts:\n    - {host: github.com, write_owners: [acme]}\n    - {host: gitlab.com, token: reads-only}\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	if h := c.Catalog.Hosts[0]; h.WriteToken != hostToken || h.Token != "" || strings.Contains(fmt.Sprintf("%+v %#v", h, h), hostToken) {
		t.Errorf("github.com: write token %v, token %v, shown as %v", h.WriteToken == hostToken, h.Token != "", h)
	}
	if h := c.Catalog.Hosts[1]; h.WriteToken != "" {
		t.Error("a token to read became one to write")
	}
}

func TestHostsByVariable(t *testing.T) {
	c, err := config.Load(env(map[string]string{"WAYMARK_CATALOG_HOSTS": "github.com, git.example.com=gitea"}))
	if err != nil || len(c.Catalog.Hosts) != 2 || c.Catalog.Hosts[1].Kind != "gitea" || c.Catalog.Hosts[1].Host != "git.example.com" {
		t.Errorf("got %+v %v", c.Catalog.Hosts, err)
	}
}

func TestBadCatalogSettingsNameTheirKey(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"address as host":      {"hosts: [{host: 'https://github.com'}]", "catalog.hosts[0].host"},
		"name and password":    {"hosts: [{host: 'ada:pw@github.com'}]", "catalog.hosts[0].host"},
		"unknown kind":         {"hosts: [{host: a.example, kind: svn}]", "catalog.hosts[0].kind"},
		"twice":                {"hosts: [{host: github.com}, {host: github.com}]", "named twice"},
		"missing variable":     {"hosts: [{host: github.com, token_env: NOT_SET_ANYWHERE}]", "NOT_SET_ANYWHERE"},
		"missing file":         {"hosts: [{host: github.com, token_file: /nowhere/token}]", "catalog.hosts[0].token_file"},
		"plain API":            {"hosts: [{host: a.example, api: 'http://a.example/api'}]", "catalog.hosts[0].api"},
		"http nowhere":         {"hosts: [{host: a.example, http: true}]", "catalog.hosts[0].http"},
		"our own name":         {"hosts: [{host: waymark}]", "catalog.hosts[0].host"},
		"missing to write":     {"hosts: [{host: github.com, write_token_env: NOT_SET_ANYWHERE}]", "catalog.hosts[0].write_token_env"},
		"pattern of owners":    {"hosts: [{host: github.com, write_owners: ['[']}]", "write_owners"},
		"unknown key":          {"hosts: [{host: a.example, tokn: x}]", "tokn"},
		"network":              {"allow_private: ['true']", "catalog.allow_private"},
		"too often":            {"poll: 10ms", "catalog.poll"},
		"organisation unknown": {"orgs: [{url: 'https://github.com/acme'}]", "not among catalog.hosts"},
		"organisation of none": {"hosts: [{host: a.example}]\n  orgs: [{url: 'https://a.example/acme'}]", "no github, gitlab or gitea"},
		"people untrusted":     {"hosts: [{host: github.com}]\n  orgs: [{url: 'https://github.com/acme', people: true}]", "catalog.orgs[0].people"},
		"rule without a kind":  {"rules: [{allow: []}]", "catalog.rules[0].allow"},
		"rule with a typo":     {"rules: [{allow: [{kind: API, type: x}]}]", "spec.type"},
		"rule with a pattern":  {"rules: [{allow: [API], locations: [{pattern: '[a'}]}]", "not a pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadFile(t, "catalog:\n  "+c.text+"\n", nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "pw@github") && name != "name and password" {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
