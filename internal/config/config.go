// Package config is the settings: one struct, filled from defaults, then a
// file, then the environment, then flags. Unknown keys, bad values and unsafe
// combinations are errors that name the key.
package config

import (
	"time"
)

// Config is every setting. The tags are the documentation: yaml is the key in
// the file, env the variable, default and example its values, help a sentence;
// a secret is never printed.
type Config struct {
	Listen         string        `yaml:"listen" env:"WAYMARK_LISTEN" default:"127.0.0.1:8080" help:"Address and port to listen on." example:"0.0.0.0:8080"`
	URL            string        `yaml:"url" env:"WAYMARK_URL" help:"Public address, for sign-in, mail, webhooks and clone URLs. Default: http:// and the listen address." example:"https://portal.example.com"`
	Data           string        `yaml:"data" env:"WAYMARK_DATA" default:"./data" help:"Folder for the database, repositories, keys and work folders." example:"/var/lib/waymark"`
	Database       string        `yaml:"database" env:"WAYMARK_DATABASE" secret:"true" help:"postgres:// address, or the path of a SQLite file. Default: waymark.db in the data folder." example:"postgres://waymark@db/waymark"`
	DataShared     bool          `yaml:"data_shared" env:"WAYMARK_DATA_SHARED" default:"false" help:"With PostgreSQL: every copy sees the same data folder, so the embedded forge and local stores may be used." example:"true"`
	TrustedProxies []string      `yaml:"trusted_proxies" env:"WAYMARK_TRUSTED_PROXIES" help:"Networks whose forwarding headers count, in CIDR form." example:"10.0.0.0/8"`
	Timezone       string        `yaml:"timezone" env:"WAYMARK_TIMEZONE" default:"UTC" help:"IANA time zone in which pages show times until a person chooses one." example:"Europe/Vienna"`
	Engine         string        `yaml:"engine" env:"WAYMARK_ENGINE" help:"Path of tofu or terraform. Default: tofu, then terraform on PATH, then bin/tofu." example:"/usr/bin/tofu"`
	LogFormat      string        `yaml:"log_format" env:"WAYMARK_LOG_FORMAT" default:"text" help:"Log as text or json." example:"json"`
	LogLevel       string        `yaml:"log_level" env:"WAYMARK_LOG_LEVEL" default:"info" help:"Log from debug, info, warn or error." example:"warn"`
	OTLP           string        `yaml:"otlp_endpoint" env:"WAYMARK_OTLP_ENDPOINT" help:"Send traces to this OTLP address over HTTP. Empty: no traces." example:"http://127.0.0.1:4318"`
	Roles          string        `yaml:"roles" env:"WAYMARK_ROLES" help:"File that maps people and groups to roles. Default: every member of a group is a developer of it." example:"/etc/waymark/roles.yaml"`
	SessionLife    time.Duration `yaml:"session_life" env:"WAYMARK_SESSION_LIFE" default:"12h" help:"A session ends this long after sign-in." example:"8h"`
	StopGrace      time.Duration `yaml:"stop_grace" env:"WAYMARK_STOP_GRACE" default:"20s" help:"How long a stop waits for requests and steps to hand over." example:"1m"`
	KeepLogs       time.Duration `yaml:"keep_logs" env:"WAYMARK_KEEP_LOGS" default:"2160h" help:"How long the log of a run is kept after its end; its steps stay." example:"720h"`
	Catalog        Catalog       `yaml:"catalog"`
	Scaffolder     Scaffolder    `yaml:"scaffolder"`
	OIDC           OIDC          `yaml:"oidc"`
	Hooks          Hooks         `yaml:"hooks"`
	BootstrapToken string        `yaml:"bootstrap_token" env:"WAYMARK_BOOTSTRAP_TOKEN" secret:"true" help:"An administrator's API token for a first start and for automation, at least 32 characters." example:"(openssl rand -hex 32)"`
	StaticTokens   []string      `yaml:"static_tokens" env:"WAYMARK_STATIC_TOKENS" secret:"true" help:"API tokens for machines, each name:role:sha256 of the token in hex." example:"ci:developer:9f86d0…"`
	Sample         bool          `yaml:"-" help:"Set by serve --sample only."`
}

// Catalog says where entities come from.
type Catalog struct {
	Locations    []string         `yaml:"locations" env:"WAYMARK_CATALOG_LOCATIONS" help:"Files, folders or globs to read entities from; file: or url: in front." example:"file:/srv/catalog/**/catalog-info.yaml"`
	Trusted      []string         `yaml:"trusted" env:"WAYMARK_CATALOG_TRUSTED" help:"Those of the locations from which User, Group, Template, Blueprint and Policy are accepted." example:"file:/srv/catalog/org.yaml"`
	Visibility   []VisibilityRule `yaml:"visibility" help:"Rules that hide entities from everybody whom they do not name; the guide Who sees what explains them." example:"{name: pay, match: {owner: hr}, visible_to: {groups: hr}}"`
	Hosts        []CatalogHost    `yaml:"hosts" env:"WAYMARK_CATALOG_HOSTS" help:"Hosts that may be read; no other is. In the variable: names, each with =kind if it needs one." example:"github.com,git.example.com=gitea"`
	AllowPrivate []string         `yaml:"allow_private" env:"WAYMARK_CATALOG_ALLOW_PRIVATE" help:"Private networks in which those hosts may be; addresses of others are refused, link-local ones always." example:"10.20.0.0/16"`
	Orgs         []CatalogOrg     `yaml:"orgs" help:"Organisations, groups and users of GitHub, GitLab and Gitea whose repositories are read." example:"- url: https://github.com/acme"`
	Rules        []CatalogRule    `yaml:"rules" help:"Which kinds may come from where. None: all; with rules, only what one of them allows." example:"- allow: [Component, API]"`
	Kinds        string           `yaml:"kinds" env:"WAYMARK_CATALOG_KINDS" help:"Folder of files that describe kinds of your own; see Custom kinds." example:"/etc/waymark/kinds"`
	Poll         time.Duration    `yaml:"poll" env:"WAYMARK_CATALOG_POLL" default:"100s" help:"How often a source is read that neither files nor webhooks tell of." example:"10m"`
	OrphanGrace  time.Duration    `yaml:"orphan_grace" env:"WAYMARK_CATALOG_ORPHAN_GRACE" default:"10m" help:"How long an entity that a remote source no longer holds stays, with a mark." example:"24h"`
	Readonly     bool             `yaml:"readonly" env:"WAYMARK_CATALOG_READONLY" default:"false" help:"Nobody registers or takes away locations; the configuration alone says what is read." example:"true"`
}

// minPoll keeps a typing error from wearing a host out.
const minPoll = time.Second

// OIDC says how people sign in.
type OIDC struct {
	Issuer       string            `yaml:"issuer" env:"WAYMARK_OIDC_ISSUER" help:"OpenID Connect issuer. Empty: no sign-in but tokens and the one-time link." example:"https://login.example.com"`
	ClientID     string            `yaml:"client_id" env:"WAYMARK_OIDC_CLIENT_ID" help:"Client id at the issuer." example:"waymark"`
	ClientSecret string            `yaml:"client_secret" env:"WAYMARK_OIDC_CLIENT_SECRET" secret:"true" help:"Client secret at the issuer." example:"…"`
	Scopes       []string          `yaml:"scopes" env:"WAYMARK_OIDC_SCOPES" default:"openid,profile,email,groups" help:"Scopes to ask for." example:"openid,profile,email"`
	UserClaim    string            `yaml:"user_claim" env:"WAYMARK_OIDC_USER_CLAIM" default:"email" help:"Claim that links an account to a User by spec.profile.email; email counts only when email_verified." example:"upn"`
	GroupsClaim  string            `yaml:"groups_claim" env:"WAYMARK_OIDC_GROUPS_CLAIM" default:"groups" help:"Claim that lists groups." example:"roles"`
	Groups       map[string]string `yaml:"groups" help:"From a value of the groups claim to a group reference." example:"idp-payments: group:default/payments-team"`
}

// Hooks holds the secrets of the webhooks that come in.
type Hooks struct {
	GitHub       string `yaml:"github" env:"WAYMARK_HOOK_GITHUB" secret:"true" help:"Secret of GitHub's webhook." example:"…"`
	GitLab       string `yaml:"gitlab" env:"WAYMARK_HOOK_GITLAB" secret:"true" help:"Secret token of GitLab's webhook." example:"…"`
	Gitea        string `yaml:"gitea" env:"WAYMARK_HOOK_GITEA" secret:"true" help:"Secret of Gitea's webhook." example:"…"`
	CDEvents     string `yaml:"cdevents" env:"WAYMARK_HOOK_CDEVENTS" secret:"true" help:"Bearer token for CDEvents." example:"…"`
	Alertmanager string `yaml:"alertmanager" env:"WAYMARK_HOOK_ALERTMANAGER" secret:"true" help:"Bearer token for Alertmanager." example:"…"`
	Waymark      string `yaml:"waymark" env:"WAYMARK_HOOK_WAYMARK" secret:"true" help:"Secret of plain JSON posts to /hooks/waymark." example:"…"`
}

// Secret returns the secret of a webhook source; false when it is not known
// or has none, and then the source is refused.
func (h Hooks) Secret(source string) (string, bool) {
	s := map[string]string{"github": h.GitHub, "gitlab": h.GitLab, "gitea": h.Gitea, "cdevents": h.CDEvents,
		"alertmanager": h.Alertmanager, "waymark": h.Waymark}[source]
	return s, s != ""
}
