package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"gopkg.in/yaml.v3"
)

// CatalogHost is a host that may be read, with what it needs for it.
type CatalogHost struct {
	Host      string `yaml:"host" help:"Name of the host, with its port if it is an unusual one." example:"git.example.com"`
	Kind      string `yaml:"kind" help:"github, gitlab, gitea, git (repositories without an API) or plain (single files). Default: by name for github.com, gitlab.com, gitea.com and codeberg.org, else plain." example:"gitea"`
	API       string `yaml:"api" help:"Base address of the API, where it is not the kind's usual one." example:"https://git.example.com/api/v4"`
	User      string `yaml:"user" help:"Name to send with the token, where a host wants one." example:"portal"`
	Token     string `yaml:"token" secret:"true" help:"Access token that may read. Better: token_env or token_file."`
	TokenEnv  string `yaml:"token_env" help:"Variable that holds the token. Default: WAYMARK_TOKEN_ and the host in capitals, such as WAYMARK_TOKEN_GITHUB_COM, if it is set." example:"GITHUB_TOKEN"`
	TokenFile string `yaml:"token_file" help:"File that holds the token." example:"/run/secrets/github"`
	HTTP      bool   `yaml:"http" help:"Read over plain http; only in the networks of catalog.allow_private." example:"true"`

	WriteToken     string   `yaml:"write_token" secret:"true" help:"Access token with which templates publish there; without one they need a person's own. It reads too where there is no other. Better: write_token_env or write_token_file."`
	WriteTokenEnv  string   `yaml:"write_token_env" help:"Variable that holds it. Default: WAYMARK_WRITE_TOKEN_ and the host in capitals, if it is set." example:"GITHUB_WRITE_TOKEN"`
	WriteTokenFile string   `yaml:"write_token_file" help:"File that holds it." example:"/run/secrets/github-write"`
	WriteOwners    []string `yaml:"write_owners" help:"Templates publish for owners that match one of these patterns only. Default: for all that the token may write to." example:"[acme, acme/**]"`
}

// String is the host with what may be shown of it.
func (h CatalogHost) String() string {
	s := h.Host
	if h.Kind != "" {
		s += " (" + h.Kind + ")"
	}
	if h.Token != "" {
		s += " (token set)"
	}
	if h.WriteToken != "" {
		s += " (write token set)"
	}
	return s
}

// GoString is String, so that no way of printing shows the token.
func (h CatalogHost) GoString() string { return h.String() }

// CatalogOrg is an organisation, group or user of a host, whose repositories
// are read.
type CatalogOrg struct {
	URL      string   `yaml:"url" help:"Address of the organisation, group or user." example:"https://github.com/acme"`
	Path     string   `yaml:"path" help:"File or glob that is read in each repository. Default: catalog-info.yaml." example:"**/catalog-info.yaml"`
	Match    string   `yaml:"match" help:"Only repositories whose name matches this pattern." example:"payments-*"`
	Exclude  string   `yaml:"exclude" help:"No repositories whose name matches this pattern." example:"sandbox-*"`
	Topics   []string `yaml:"topics" help:"Only repositories with one of these topics." example:"[backstage]"`
	Archived bool     `yaml:"archived" help:"Archived repositories too." example:"true"`
	Forks    bool     `yaml:"forks" help:"Forks too." example:"true"`
	People   bool     `yaml:"people" help:"Its teams and members become Groups and Users; needs trusted." example:"true"`
	Trusted  bool     `yaml:"trusted" help:"The host's teams and members are taken as true. Files in its repositories never are." example:"true"`
}

// CatalogRule allows kinds, from everywhere or from some locations.
type CatalogRule struct {
	Allow     []CatalogAllow `yaml:"allow" help:"Kinds, or {kind, spec.type} pairs." example:"[Component, API]"`
	Locations []CatalogPlace `yaml:"locations" help:"Where the rule counts, each {type, exact or pattern}; none: everywhere." example:"[{type: url, pattern: 'https://github.com/acme/**'}]"`
}

// CatalogAllow is a kind, written as a text or with its spec.type.
type CatalogAllow struct{ Kind, Type string }

// UnmarshalYAML implements yaml.Unmarshaler.
func (a *CatalogAllow) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		a.Kind = n.Value
		return nil
	}
	var m map[string]string
	if err := n.Decode(&m); err != nil {
		return err
	}
	for k, v := range m {
		switch k {
		case "kind":
			a.Kind = v
		case "spec.type":
			a.Type = v
		default:
			return fmt.Errorf("line %d: field %s not found in a rule's allow; write kind or spec.type", n.Line, k)
		}
	}
	return nil
}

// CatalogPlace is a sort of location.
type CatalogPlace struct {
	Type    string `yaml:"type"`
	Exact   string `yaml:"exact"`
	Pattern string `yaml:"pattern"`
}

var kinds = []string{"", "plain", "git", "github", "gitlab", "gitea"}

// knownHosts are the hosts whose kind everybody knows.
var knownHosts = map[string]string{"github.com": "github", "gitlab.com": "gitlab", "gitea.com": "gitea", "codeberg.org": "gitea"}

var notInNames = regexp.MustCompile(`[^A-Z0-9]+`)

// complete fills in a host's kind and token. getenv is os.Getenv.
func (h *CatalogHost) complete(getenv func(string) string) error {
	h.Host = strings.ToLower(h.Host)
	if h.Kind == "" {
		h.Kind = knownHosts[h.Host]
	}
	var err error
	if h.Token, err = tokenOf("", h.Host, h.Token, h.TokenEnv, h.TokenFile, getenv); err != nil {
		return err
	}
	h.WriteToken, err = tokenOf("write_", h.Host, h.WriteToken, h.WriteTokenEnv, h.WriteTokenFile, getenv)
	return err
}

// tokenOf finds a token where its three keys say, else in the variable that
// bears the host's name; empty when there is none.
func tokenOf(key, host, token, env, file string, getenv func(string) string) (string, error) {
	switch {
	case token != "":
		return token, nil
	case env != "":
		if token = strings.TrimSpace(getenv(env)); token == "" {
			return "", fmt.Errorf("%stoken_env: the variable %s is not set", key, env)
		}
		return token, nil
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("%stoken_file: %w", key, err)
		}
		if token = strings.TrimSpace(string(b)); token == "" {
			return "", fmt.Errorf("%stoken_file: %s is empty", key, file)
		}
		return token, nil
	}
	return strings.TrimSpace(getenv("WAYMARK_" + strings.ToUpper(key) + "TOKEN_" + notInNames.ReplaceAllString(strings.ToUpper(host), "_"))), nil
}

// checkCatalog completes the hosts and refuses what cannot work, each with
// its key.
func (c *Catalog) checkCatalog(getenv func(string) string) []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	names := map[string]bool{}
	for i := range c.Hosts {
		h, key := &c.Hosts[i], fmt.Sprintf("catalog.hosts[%d]", i)
		if u, err := url.Parse("https://" + h.Host); err != nil || h.Host == "" || u.Host != h.Host || strings.ToLower(h.Host) == "waymark" {
			bad("%s.host: %q is not the name of a host, such as git.example.com", key, h.Host)
			continue
		}
		if !slices.Contains(kinds, h.Kind) {
			bad("%s.kind: %q is none of plain, git, github, gitlab, gitea", key, h.Kind)
		}
		if err := h.complete(getenv); err != nil {
			bad("%s.%w", key, err)
		}
		if u, err := url.Parse(h.API); h.API != "" && (err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && !h.HTTP)) {
			bad("%s.api: %q is not an https address without name and password", key, h.API)
		}
		if h.HTTP && len(c.AllowPrivate) == 0 {
			bad("%s.http: works in the networks of catalog.allow_private only, and there are none", key)
		}
		for _, p := range h.WriteOwners {
			if !doublestar.ValidatePattern(p) {
				bad("%s.write_owners: %q is not a pattern such as acme/**", key, p)
			}
		}
		if names[h.Host] {
			bad("%s.host: %q is named twice", key, h.Host)
		}
		names[h.Host] = true
	}
	for _, n := range c.AllowPrivate {
		if _, err := netip.ParsePrefix(n); err != nil {
			bad("catalog.allow_private: %q is not a network such as 10.0.0.0/8", n)
		}
	}
	if c.Poll != 0 && c.Poll < minPoll {
		bad("catalog.poll: %s is too often; use at least %s", c.Poll, minPoll)
	}
	if c.OrphanGrace < 0 {
		bad("catalog.orphan_grace: must not be negative")
	}
	return append(append(errs, c.checkOrgs(names)...), c.checkRules()...)
}

func (c *Catalog) checkOrgs(hosts map[string]bool) []error {
	var errs []error
	seen := map[string]bool{}
	for i, o := range c.Orgs {
		bad := func(field, format string, args ...any) {
			errs = append(errs, fmt.Errorf("catalog.orgs[%d].%s: %s", i, field, fmt.Sprintf(format, args...)))
		}
		u, err := url.Parse(o.URL)
		if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") == "" {
			bad("url", "%q is not the address of an organisation, such as https://github.com/acme", o.URL)
			continue
		}
		at := slices.IndexFunc(c.Hosts, func(h CatalogHost) bool { return h.Host == strings.ToLower(u.Host) })
		switch {
		case at < 0:
			bad("url", "%s is not among catalog.hosts", u.Host)
		case !slices.Contains([]string{"github", "gitlab", "gitea"}, c.Hosts[at].Kind):
			bad("url", "%s is no github, gitlab or gitea; only those can list repositories", u.Host)
		}
		for field, p := range map[string]string{"path": o.Path, "match": o.Match, "exclude": o.Exclude} {
			if p != "" && !doublestar.ValidatePattern(p) {
				bad(field, "%q is not a pattern such as payments-*", p)
			}
		}
		if o.People && !o.Trusted {
			bad("people", "Groups and Users are accepted from trusted sources only; set trusted: true as well")
		}
		if seen[strings.TrimSuffix(o.URL, "/")] {
			bad("url", "%q is named twice", o.URL)
		}
		seen[strings.TrimSuffix(o.URL, "/")] = true
	}
	return errs
}

func (c *Catalog) checkRules() []error {
	var errs []error
	for i, r := range c.Rules {
		if len(r.Allow) == 0 {
			errs = append(errs, fmt.Errorf("catalog.rules[%d].allow: names no kind", i))
		}
		for _, a := range r.Allow {
			if a.Kind == "" {
				errs = append(errs, fmt.Errorf("catalog.rules[%d].allow: a kind is missing", i))
			}
		}
		for _, p := range r.Locations {
			if !slices.Contains([]string{"", "file", "url", "org"}, p.Type) {
				errs = append(errs, fmt.Errorf("catalog.rules[%d].locations: %q is none of file, url, org", i, p.Type))
			}
			if p.Pattern != "" && !doublestar.ValidatePattern(p.Pattern) {
				errs = append(errs, fmt.Errorf("catalog.rules[%d].locations: %q is not a pattern", i, p.Pattern))
			}
		}
	}
	return errs
}
