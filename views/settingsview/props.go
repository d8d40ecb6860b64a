// Package settingsview shows a person's own settings, API tokens and sessions.
package settingsview

import (
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/views/ui"
)

// Role is one role of a person in words.
type Role struct{ Title, Summary, For string }

// Props are those of Settings.
type Props struct {
	Name, Ref, Email string
	Groups           []string
	Roles            []Role
	Zone             string
	Problem          string // why the zone was refused
	Theme            string
}

// Choice is one value of a select or a list of boxes.
type Choice struct{ Value, Label string }

// TokenForm is the form for a new token with what was typed.
type TokenForm struct {
	Name, Role, Expires string
	Scopes              []string
	Roles, Actions      []Choice
	Faults              []fault.Field
}

// AddRole offers a role once.
func (f *TokenForm) AddRole(name, title string) {
	if !slices.Contains(f.Roles, Choice{name, title}) {
		f.Roles = append(f.Roles, Choice{name, title})
	}
}

func (f TokenForm) message(field string) string {
	for _, x := range f.Faults {
		if x.Field == field {
			return x.Message
		}
	}
	return ""
}

func (f TokenForm) summary() []ui.FieldFault {
	out := make([]ui.FieldFault, len(f.Faults))
	for i, x := range f.Faults {
		out[i] = ui.FieldFault{ID: "token-" + x.Field, Label: x.Field, Message: x.Message}
	}
	return out
}

// TokensProps are those of Tokens.
type TokensProps struct {
	Tokens []access.Token
	Form   TokenForm
	Secret string // a new token's text, shown this once
}

func state(k access.Token, now time.Time) (ui.Tone, string) {
	switch {
	case !k.RevokedAt.IsZero():
		return ui.Neutral, "revoked"
	case now.After(k.ExpiresAt):
		return ui.Neutral, "expired"
	}
	return ui.Good, "active"
}

// zones are offered as suggestions; any IANA name is taken.
var zones = []string{"UTC", "Europe/London", "Europe/Paris", "Europe/Berlin", "Europe/Vienna", "Europe/Warsaw", "Europe/Athens",
	"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "Africa/Lagos",
	"Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"}
