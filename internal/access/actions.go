package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// maxTokenLife bounds how long a token may live.
const maxTokenLife = 366 * 24 * time.Hour

// Ledger is what the actions of this package keep and look up.
type Ledger interface {
	Store
	AccountByActor(ctx context.Context, actor string) (Account, error)
	Token(ctx context.Context, account, id string) (Token, error)
	RevokeToken(ctx context.Context, t tx.Tx, account, id string) error
	SetZone(ctx context.Context, t tx.Tx, account, zone string) error
}

// Actions are the actions on one's own tokens, sessions and settings. names
// lists every action, for scopes.
func (s *Service) Actions(l Ledger, exists func(name string) bool) []action.Def {
	return []action.Def{s.createToken(l, exists), s.revokeToken(l), s.endSession(l), s.setTimezone(l)}
}

type tokenInput struct {
	Name    string   `json:"name"`
	Role    string   `json:"role"`
	Scopes  []string `json:"scopes"`
	Expires string   `json:"expires"`
}

const tokenSchema = `{"type":"object","additionalProperties":false,"required":["name"],"properties":{
"name":{"type":"string","title":"Name","minLength":1,"maxLength":80,"ui:help":"What the token is for, such as release pipeline."},
"role":{"type":"string","title":"Role","maxLength":40,"ui:help":"At most this role of yours; empty for all that you may do."},
"scopes":{"type":"array","title":"Actions","uniqueItems":true,"maxItems":100,"items":{"type":"string","maxLength":80},"ui:help":"Only these actions; none chosen means every action."},
"expires":{"type":"string","title":"Lives for","default":"720h","maxLength":20,"ui:help":"A duration such as 720h, at most 366 days."}}}`

func (s *Service) createToken(l Ledger, exists func(string) bool) action.Def {
	return action.Def{Name: "create-token", Title: "Create an API token", Permission: "create-token",
		Summary: "Makes a token that acts as you, within the role and the actions that you choose. It is shown once.",
		Traits:  action.Traits{Sensitive: true}, Schema: json.RawMessage(tokenSchema),
		Prepare: func(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
			var in tokenInput
			if err := json.Unmarshal(raw, &in); err != nil {
				return action.Prepared{}, err
			}
			life, err := s.checkToken(a, in, exists)
			if err != nil {
				return action.Prepared{}, err
			}
			account, err := l.AccountByActor(ctx, a.ID)
			if err != nil {
				return action.Prepared{}, errNoAccount
			}
			return action.Prepared{Subject: a.ID, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
				secret := newSecret("wmt_")
				k := Token{ID: id.New("tok"), Name: in.Name, Account: account.ID, Role: in.Role, Scopes: in.Scopes,
					CreatedAt: t.Now(), ExpiresAt: t.Now().Add(life)}
				body := map[string]any{"id": k.ID, "name": k.Name, "token": secret, "expiresAt": k.ExpiresAt.Format(time.RFC3339)}
				return action.Output{Body: body}, l.CreateToken(ctx, t, hashSecret(secret), k)
			}}, nil
		}}
}

var errNoAccount = fault.New(fault.Forbidden, "This caller has no account of its own, so it cannot do this. Sign in as a person.")

// checkToken refuses a token that would do more than its maker, all faults at
// once, and returns its life.
func (s *Service) checkToken(a action.Actor, in tokenInput, exists func(string) bool) (time.Duration, error) {
	var bad []fault.Field
	if in.Expires == "" {
		in.Expires = "720h"
	}
	life, err := time.ParseDuration(in.Expires)
	if err != nil || life < time.Minute || life > maxTokenLife {
		bad = append(bad, fault.Field{Field: "expires", Code: "duration", Message: "This must be a duration from 1m to 8784h, such as 720h."})
	}
	if in.Role != "" && !holds(a, in.Role) {
		bad = append(bad, fault.Field{Field: "role", Code: "role", Message: fmt.Sprintf("You do not hold the role %s.", in.Role)})
	}
	for i, name := range in.Scopes {
		if !exists(name) {
			bad = append(bad, fault.Field{Field: fmt.Sprintf("scopes.%d", i), Code: "unknown", Message: fmt.Sprintf("There is no action %q.", name)})
		}
	}
	if a.Limited {
		return 0, fault.New(fault.Forbidden, "A token that may do less than its owner cannot make tokens.")
	}
	if len(bad) > 0 {
		return 0, fault.InvalidFields(bad...)
	}
	return life, nil
}

func holds(a action.Actor, role string) bool {
	for _, g := range a.Grants {
		if g.Role == role {
			return true
		}
	}
	return false
}

func (s *Service) revokeToken(l Ledger) action.Def {
	return s.own(l, "revoke-token", "Revoke an API token", "Ends a token of yours at once.", "token", true,
		func(ctx context.Context, account Account, tokenID string) (func(context.Context, tx.Tx) error, error) {
			if _, err := l.Token(ctx, account.ID, tokenID); err != nil {
				return nil, fault.New(fault.NotFound, "You have no such token.").Because(err)
			}
			return func(ctx context.Context, t tx.Tx) error { return l.RevokeToken(ctx, t, account.ID, tokenID) }, nil
		})
}

func (s *Service) endSession(l Ledger) action.Def {
	return s.own(l, "end-session", "End a session", "Signs one of your browsers out.", "session", true,
		func(_ context.Context, account Account, sessionID string) (func(context.Context, tx.Tx) error, error) {
			return func(ctx context.Context, t tx.Tx) error {
				if err := l.EndSession(ctx, t, account.ID, sessionID); err != nil {
					return fault.New(fault.NotFound, "You have no such session.").Because(err)
				}
				return nil
			}, nil
		})
}

func (s *Service) setTimezone(l Ledger) action.Def {
	return s.own(l, "set-timezone", "Choose a time zone", "Times on pages stand in this zone.", "timezone", false,
		func(_ context.Context, account Account, zone string) (func(context.Context, tx.Tx) error, error) {
			if _, err := time.LoadLocation(zone); err != nil {
				return nil, fault.InvalidField("timezone", "timezone", "This is not a time zone such as Europe/Vienna.")
			}
			return func(ctx context.Context, t tx.Tx) error { return l.SetZone(ctx, t, account.ID, zone) }, nil
		})
}

// own is an action with one text input on something of the caller's own.
func (s *Service) own(l Ledger, name, title, summary, field string, destructive bool,
	find func(ctx context.Context, account Account, value string) (func(context.Context, tx.Tx) error, error)) action.Def {
	schema := fmt.Sprintf(`{"type":"object","additionalProperties":false,"required":[%q],"properties":{%q:{"type":"string","minLength":1,"maxLength":80}}}`, field, field)
	return action.Def{Name: name, Title: title, Summary: summary, Permission: name, Schema: json.RawMessage(schema),
		Traits: action.Traits{Destructive: destructive, Idempotent: true},
		Prepare: func(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
			var in map[string]string
			if err := json.Unmarshal(raw, &in); err != nil {
				return action.Prepared{}, err
			}
			account, err := l.AccountByActor(ctx, a.ID)
			if err != nil {
				return action.Prepared{}, errNoAccount
			}
			do, err := find(ctx, account, in[field])
			if err != nil {
				return action.Prepared{}, err
			}
			return action.Prepared{Subject: a.ID, Committed: s.Forget, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
				return action.Output{Body: map[string]any{field: in[field]}}, do(ctx, t)
			}}, nil
		}}
}
