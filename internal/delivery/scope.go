package delivery

import (
	"strings"
	"unicode"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Scope is what numbers are about: all, or one service, team or system.
type Scope struct {
	Kind string // all, service, team, system
	Ref  string // entity reference; empty for all
}

// scopeKinds maps a scope's kind to the entity kind of its reference.
var scopeKinds = map[string]string{"service": "component", "team": "group", "system": "system"}

// ParseScope reads all, service:…, team:… or system:…; after the colon stands
// a name or a reference. Empty is all.
func ParseScope(s string) (Scope, error) {
	if s == "" || s == "all" {
		return Scope{Kind: "all"}, nil
	}
	kind, text, _ := strings.Cut(s, ":")
	entity, ok := scopeKinds[kind]
	if !ok || text == "" || strings.ContainsFunc(text, unicode.IsControl) {
		return Scope{}, badScope()
	}
	ref, err := catalog.ParseRef(text, entity, "")
	if err != nil {
		return Scope{}, badScope()
	}
	return Scope{kind, ref.String()}, nil
}

func badScope() error {
	return fault.InvalidField("scope", "pattern", "A scope is all, or service:, team: or system: with a name or reference.")
}

// String is the form that ParseScope reads.
func (s Scope) String() string {
	if s.Ref == "" {
		return "all"
	}
	return s.Kind + ":" + s.Ref
}
