package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/webhook"
)

// Scaffolder says what steps of templates may do outside the portal.
type Scaffolder struct {
	Hosts        []string            `yaml:"hosts" env:"WAYMARK_SCAFFOLDER_HOSTS" help:"Hosts to which http:request may send; http:// in front for plain http, which works in private networks only. None: the action is off." example:"api.example.com,http://tickets.lan:8080"`
	AllowPrivate []string            `yaml:"allow_private" env:"WAYMARK_SCAFFOLDER_ALLOW_PRIVATE" help:"Private networks in which those hosts, and those of scaffolder.actions, may be." example:"10.20.0.0/16"`
	Actions      []ScaffolderAction  `yaml:"actions" help:"Actions that machines of yours do, by signed HTTP; the guide Actions of your own explains them." example:"- id: acme:budget:open"`
	Off          []string            `yaml:"off" env:"WAYMARK_SCAFFOLDER_OFF" help:"Actions that no template may use." example:"http:request,debug:wait"`
	Roles        map[string][]string `yaml:"roles" help:"By action: the roles of which a person needs one to use a template with it." example:"publish:github: [lead, platform]"`
	Parameters   map[string]any      `yaml:"parameters" help:"What every template sees as environment.parameters." example:"region: eu-central-1"`
	Secrets      map[string]string   `yaml:"secrets" help:"What the inputs of steps see as environment.secrets: by name, the variable that holds it." example:"NPM_TOKEN: WAYMARK_NPM_TOKEN"`

	secrets map[string]string
}

// EnvironmentSecrets are the values of scaffolder.secrets.
func (s Scaffolder) EnvironmentSecrets() map[string]string { return s.secrets }

// ScaffolderAction is an action that another machine does.
type ScaffolderAction struct {
	ID          string        `yaml:"id" help:"Name of the action, with a colon." example:"acme:budget:open"`
	Description string        `yaml:"description" help:"One sentence." example:"Opens a budget in the finance system."`
	URL         string        `yaml:"url" help:"Where each use is posted to." example:"https://finance.example.com/waymark"`
	Secret      string        `yaml:"secret" secret:"true" help:"Key of the signature. Better: secret_env or secret_file."`
	SecretEnv   string        `yaml:"secret_env" help:"Variable that holds the key." example:"FINANCE_KEY"`
	SecretFile  string        `yaml:"secret_file" help:"File that holds the key." example:"/run/secrets/finance"`
	Input       any           `yaml:"input" help:"JSON Schema of the input." example:"{type: object}"`
	Output      any           `yaml:"output" help:"JSON Schema of the output." example:"{type: object}"`
	Timeout     time.Duration `yaml:"timeout" help:"How long one attempt may take; 30s when left out, 5m at most." example:"1m"`
	DryRun      bool          `yaml:"dry_run" help:"Ask in dry runs too, with dryRun set in the message." example:"true"`
	Undo        string        `yaml:"undo" help:"What becomes of what it did when a later step fails." example:"The budget closes by itself after a day without bookings."`
	Examples    []struct {
		Description string `yaml:"description"`
		Input       any    `yaml:"input"`
	} `yaml:"examples" help:"Uses of it, each {description, input}." example:"[]"`
}

// String is the action with what may be shown of it.
func (a ScaffolderAction) String() string { return a.ID + " (" + a.URL + ")" }

// GoString is String, so that no way of printing shows the key.
func (a ScaffolderAction) GoString() string { return a.String() }

var actionID = regexp.MustCompile(`^[a-z][a-z0-9-]*(:[a-zA-Z0-9][a-zA-Z0-9-]*)+$`)

// longestAction bounds what one attempt of a custom action may take.
const longestAction = 5 * time.Minute

// check completes the section and refuses what cannot work, each with its key.
func (s *Scaffolder) check(getenv func(string) string) []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("scaffolder."+format, args...)) }
	for i, h := range s.Hosts {
		if u := hostURL(h); u == nil {
			bad("hosts[%d]: %q is not the name of a host, such as api.example.com", i, h)
		} else if u.Scheme == "http" && len(s.AllowPrivate) == 0 {
			bad("hosts[%d]: plain http works in the networks of scaffolder.allow_private only, and there are none", i)
		}
	}
	for _, n := range s.AllowPrivate {
		if _, err := netip.ParsePrefix(n); err != nil {
			bad("allow_private: %q is not a network such as 10.0.0.0/8", n)
		}
	}
	s.secrets = map[string]string{}
	for name, variable := range s.Secrets {
		if s.secrets[name] = strings.TrimSpace(getenv(variable)); s.secrets[name] == "" {
			bad("secrets.%s: the variable %s is not set", name, variable)
		}
	}
	ids := map[string]bool{}
	for i := range s.Actions {
		a, key := &s.Actions[i], fmt.Sprintf("actions[%d]", i)
		if err := a.complete(getenv); err != nil {
			bad("%s.%w", key, err)
		}
		if ids[a.ID] {
			bad("%s.id: %q is named twice", key, a.ID)
		}
		ids[a.ID] = true
		if u := hostURL(a.URL); u != nil && u.Scheme == "http" && len(s.AllowPrivate) == 0 {
			bad("%s.url: plain http works in the networks of scaffolder.allow_private only, and there are none", key)
		}
	}
	return errs
}

// hostURL reads a host, or an address on one; nil when it is none.
func hostURL(text string) *url.URL {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || strings.ToLower(u.Hostname()) == "waymark" {
		return nil
	}
	return u
}

// complete fills in the key and refuses what cannot work.
func (a *ScaffolderAction) complete(getenv func(string) string) error {
	switch {
	case !actionID.MatchString(a.ID):
		return fmt.Errorf("id: %q is not a name such as acme:budget:open", a.ID)
	case a.Description == "":
		return fmt.Errorf("description: is needed, one sentence")
	case hostURL(a.URL) == nil || !strings.Contains(a.URL, "://"):
		return fmt.Errorf("url: %q is not an https address without name and password", a.URL)
	case a.Timeout < 0 || a.Timeout > longestAction:
		return fmt.Errorf("timeout: must be between 0 and %s", longestAction)
	}
	switch {
	case a.SecretEnv != "":
		a.Secret = strings.TrimSpace(getenv(a.SecretEnv))
	case a.SecretFile != "":
		b, err := os.ReadFile(a.SecretFile)
		if err != nil {
			return fmt.Errorf("secret_file: %w", err)
		}
		a.Secret = strings.TrimSpace(string(b))
	}
	if _, err := webhook.Key(a.Secret); err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	return nil
}
