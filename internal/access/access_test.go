package access_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
)

// directory is a small organisation: company > payments > cards, and data.
type directory struct{ users map[string][]string }

var above = map[string][]string{
	"group:default/company":  {},
	"group:default/payments": {"group:default/company"},
	"group:default/cards":    {"group:default/payments", "group:default/company"},
	"group:default/data":     {"group:default/company"},
}

func (d directory) UserByEmail(_ context.Context, email string) (string, bool, error) {
	name, _, _ := strings.Cut(email, "@")
	_, ok := d.users["user:default/"+name]
	if !ok {
		return "", false, nil
	}
	return "user:default/" + name, true, nil
}

func (d directory) GroupsOf(_ context.Context, user string) (direct, all []string, found bool, err error) {
	direct, found = d.users[user]
	for _, g := range direct {
		all = append(append(all, g), above[g]...)
	}
	return direct, all, found, nil
}

func (d directory) GroupAncestors(_ context.Context, group string) ([]string, bool, error) {
	a, ok := above[group]
	return a, ok, nil
}

type noEvents struct{}

func (noEvents) Append(context.Context, tx.Tx, event.Event) error { return nil }

func shippedRoles(t *testing.T, more string) *access.Roles {
	t.Helper()
	b, err := os.ReadFile("../../templates/roles/roles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r, err := access.ParseRoles(b, []byte(more))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAuthorize(t *testing.T) {
	roles := shippedRoles(t, `assignments: []`)
	z := &access.Authorizer{Roles: roles, Directory: directory{}}
	grant := func(role, group string) action.Actor {
		return action.Actor{ID: "user:default/x", Grants: []action.Grant{{Role: "viewer"}, {Role: role, Group: group}}}
	}
	for _, c := range []struct {
		name       string
		actor      action.Actor
		permission string
		owner      string
		want       bool
	}{
		{"viewer launches", grant("viewer", ""), "launch-environment", "group:default/cards", false},
		{"developer for the own group", grant("developer", "group:default/cards"), "launch-environment", "group:default/cards", true},
		{"developer above is not a member", grant("developer", "group:default/payments"), "launch-environment", "group:default/cards", false},
		{"developer of another group", grant("developer", "group:default/data"), "launch-environment", "group:default/cards", false},
		{"developer and staging", grant("developer", "group:default/cards"), "launch-environment.staging", "group:default/cards", false},
		{"lead above", grant("lead", "group:default/payments"), "launch-environment.staging", "group:default/cards", true},
		{"lead and production", grant("lead", "group:default/payments"), "launch-environment.production", "group:default/cards", true},
		{"developer and production", grant("developer", "group:default/cards"), "launch-environment.production", "group:default/cards", false},
		{"lead beside", grant("lead", "group:default/data"), "launch-environment.staging", "group:default/cards", false},
		{"platform anywhere", grant("platform", ""), "launch-environment.production", "group:default/cards", true},
		{"platform and an orphan", grant("platform", ""), "destroy-environment", "group:default/gone", true},
		{"lead and an orphan", grant("lead", "group:default/gone"), "destroy-environment", "group:default/gone", false},
		{"auditor reads the audit", grant("auditor", ""), "read-audit", "", true},
		{"auditor changes nothing", grant("auditor", ""), "launch-environment", "group:default/cards", false},
		{"admin", grant("admin", ""), "anything-at-all", "", true},
		{"nobody", action.Actor{}, "answer-survey", "", false},
		{"the system", action.System("ttl"), "destroy-environment", "group:default/gone", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := z.Authorize(t.Context(), c.actor, c.permission, c.owner)
			if (err == nil) != c.want {
				t.Errorf("allowed %v (%v), want %v", err == nil, err, c.want)
			}
		})
	}
}

func TestRoleFilesThatAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"unknown key":     "role: {}",
		"unknown role":    "assignments: [{role: king, user: 'user:default/x'}]",
		"nobody named":    "roles: {a: {}}\nassignments: [{role: a}]",
		"circle":          "roles: {a: {includes: [b]}, b: {includes: [a]}}",
		"unknown include": "roles: {a: {includes: [c]}}",
	} {
		if _, err := access.ParseRoles([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// world is a service on a real database with ada in cards.
type world struct {
	*access.Service
	store *store.Store
	dir   directory
	now   time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: directory{map[string][]string{"user:default/ada": {"group:default/cards"}}}, now: time.Now()}
	clock := func() time.Time { return w.now }
	s, err := store.Open(t.Context(), store.Options{URL: filepath.Join(t.TempDir(), "w.db"), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.store = s
	w.Service = access.New(access.Options{DB: s, Store: s, Events: noEvents{}, Directory: w.dir, Life: time.Hour, Now: clock,
		Roles:   shippedRoles(t, "assignments: [{role: developer, group: '*'}, {role: platform, claim: wm-platform}]"),
		ClaimTo: map[string]string{"idp-data": "group:default/data", "idp-ghost": "group:default/ghost"}})
	return w
}

func (w *world) signIn(t *testing.T, who access.Identity) (string, access.Viewer) {
	t.Helper()
	secret, _, err := w.SignIn(t.Context(), who, "Firefox", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.BySession(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return secret, v
}

func TestSignInLinksByVerifiedAddress(t *testing.T) {
	w := newWorld(t)
	_, v := w.signIn(t, access.Identity{Issuer: "https://i", Subject: "1", Name: "Ada", Email: "ada@example.com"})
	if v.ID != "user:default/ada" || !slices.Contains(v.Reads, "group:default/payments") || slices.Contains(v.Groups, "group:default/payments") {
		t.Errorf("got %+v; want ada, reading as payments, a direct member of cards only", v)
	}
	_, v = w.signIn(t, access.Identity{Issuer: "https://i", Subject: "2", Name: "Eve"})
	if !strings.HasPrefix(v.ID, "account:") || len(v.Groups) > 0 || v.All {
		t.Errorf("no match: got %+v, want a viewer without a team", v)
	}
}

func TestClaimsGiveGroupsAndRoles(t *testing.T) {
	w := newWorld(t)
	_, v := w.signIn(t, access.Identity{Issuer: "https://i", Subject: "1", Name: "Ada", Email: "ada@example.com", Claims: []string{"idp-data", "idp-ghost", "wm-platform"}})
	if !slices.Contains(v.Groups, "group:default/data") || slices.Contains(v.Groups, "group:default/ghost") {
		t.Errorf("groups %v; want data from the claim, and no group that the catalog does not hold", v.Groups)
	}
	if !v.All {
		t.Error("the claim that the role file names gave no role")
	}
}

func TestSessionsEnd(t *testing.T) {
	ada := access.Identity{Issuer: "https://i", Subject: "1", Name: "Ada", Email: "ada@example.com"}
	for name, end := range map[string]func(t *testing.T, w *world, secret string){
		"signed out": func(t *testing.T, w *world, secret string) {
			if err := w.SignOut(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
		},
		"expired": func(_ *testing.T, w *world, _ string) { w.now = w.now.Add(2 * time.Hour) },
		"the User is gone": func(_ *testing.T, w *world, _ string) {
			delete(w.dir.users, "user:default/ada")
			w.now = w.now.Add(time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			secret, _ := w.signIn(t, ada)
			end(t, w, secret)
			if v, err := w.BySession(t.Context(), secret); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("still %q (%v)", v.ID, err)
			}
		})
	}
}

func TestEachSignInIsANewSession(t *testing.T) {
	w := newWorld(t)
	who := access.Identity{Issuer: "https://i", Subject: "1", Name: "Ada", Email: "ada@example.com"}
	first, _ := w.signIn(t, who)
	second, _ := w.signIn(t, who)
	if first == second {
		t.Error("the same secret twice")
	}
}

// door is the one door with this package's actions.
func (w *world) door(t *testing.T) *action.Registry {
	t.Helper()
	reg := action.NewRegistry(action.Ports{DB: w.store, Events: noEvents{}, Keys: w.store, Quota: w.store,
		Access: &access.Authorizer{Roles: w.Roles, Directory: w.dir}})
	for _, d := range w.Actions(w.store, func(name string) bool { return name == "launch-environment" }) {
		if err := reg.Register(d); err != nil {
			t.Fatal(err)
		}
	}
	return reg
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	_, ada := w.signIn(t, access.Identity{Issuer: "https://i", Subject: "1", Name: "Ada", Email: "ada@example.com", Claims: []string{"wm-platform"}})
	reg := w.door(t)
	out, err := reg.Do(t.Context(), ada.Actor, "create-token", json.RawMessage(`{"name":"ci","role":"developer","scopes":["launch-environment"],"expires":"1h"}`))
	if err != nil {
		t.Fatal(err)
	}
	body := out.Body.(map[string]any)
	v, err := w.ByToken(t.Context(), body["token"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if v.ID != ada.ID || v.All || !slices.Equal(v.Scopes, []string{"launch-environment"}) {
		t.Errorf("got %+v; want ada as a developer with one scope", v)
	}
	if _, err := reg.Do(t.Context(), v.Actor, "create-token", json.RawMessage(`{"name":"more"}`)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a limited token made a token: %v", err)
	}
	if _, err := reg.Do(t.Context(), ada.Actor, "revoke-token", json.RawMessage(`{"token":"`+body["id"].(string)+`"}`)); err != nil {
		t.Fatal(err)
	}
	w.Forget()
	if _, err := w.ByToken(t.Context(), body["token"].(string)); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a revoked token: %v", err)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	w := newWorld(t)
	_, ada := w.signIn(t, access.Identity{Issuer: "https://i", Subject: "1", Name: "Ada", Email: "ada@example.com"})
	reg := w.door(t)
	for in, field := range map[string]string{
		`{"name":""}`:                        "name",
		`{"name":"x","role":"admin"}`:        "role",
		`{"name":"x","scopes":["no-such"]}`:  "scopes.0",
		`{"name":"x","expires":"soon"}`:      "expires",
		`{"name":"x","expires":"99999h"}`:    "expires",
		`{"name":"x","owner":"user:eve/x"}`:  "owner",
		`{"name":"x","scopes":"everything"}`: "scopes",
	} {
		_, err := reg.Do(t.Context(), ada.Actor, "create-token", json.RawMessage(in))
		if f := fields(err); !slices.Contains(f, field) {
			t.Errorf("%s: fields %v (%v), want %s", in, f, err, field)
		}
	}
}

func TestMachines(t *testing.T) {
	w := newWorld(t)
	token := strings.Repeat("b", 40)
	m, err := access.Machines(w.Roles, token, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Machines = m
	if v, err := w.ByToken(t.Context(), token); err != nil || v.ID != "machine:bootstrap" || !v.All {
		t.Errorf("got %+v, %v; want the bootstrap machine", v, err)
	}
	if _, err := access.Machines(w.Roles, "", []string{"ci:king:" + strings.Repeat("0", 64)}); err == nil {
		t.Error("an unknown role was accepted")
	}
}
