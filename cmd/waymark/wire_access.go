package main

import (
	"context"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/asset"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/templates"
	"github.com/waymark-portal/waymark/views/signinview"
	"github.com/waymark-portal/waymark/web"
)

// wireAccess builds who may come in, what they may do, and the one door.
func (a *app) wireAccess() error {
	files, err := a.roleFiles()
	if err != nil {
		return err
	}
	if a.roles, err = access.ParseRoles(files...); err != nil {
		return err
	}
	if err := a.useVisibility(context.Background()); err != nil {
		return err
	}
	machines, err := access.Machines(a.roles, a.cfg.BootstrapToken, a.cfg.StaticTokens)
	if err != nil {
		return err
	}
	dir := directory{a.store}
	a.allow = &access.Authorizer{Roles: a.roles, Directory: dir}
	a.access = access.New(access.Options{DB: a.store, Store: a.store, Events: a.store, Directory: dir, Roles: a.roles,
		ClaimTo: a.cfg.OIDC.Groups, Life: a.cfg.SessionLife, Machines: machines})
	a.actions = action.NewRegistry(action.Ports{DB: a.store, Events: a.store, Access: a.allow, Policy: &a.judge, Quota: a.store, Keys: a.store})
	a.every("forget sessions and keys", time.Hour, func(ctx context.Context) error {
		if err := a.store.ForgetKeys(ctx); err != nil {
			return err
		}
		return a.store.ForgetSessions(ctx)
	})
	exists := func(name string) bool { _, err := a.actions.Lookup(name); return err == nil }
	return a.register(a.access.Actions(a.store, exists)...)
}

// useVisibility puts the visibility rules in force before anything is read. A
// copy of the server that still has other rules may write entities meanwhile,
// so what was written is looked at again.
func (a *app) useVisibility(ctx context.Context) error {
	rules, err := access.NewVisibility(a.cfg.Catalog.Visibility, a.roles)
	if err != nil {
		return err
	}
	a.every("visibility rules", 30*time.Second, a.store.CoverEntities)
	return a.store.UseVisibility(ctx, rules)
}

// register adds actions to the one door.
func (a *app) register(defs ...action.Def) error {
	for _, d := range defs {
		if err := a.actions.Register(d); err != nil {
			return err
		}
	}
	return nil
}

// lateJudge is policy's place at the door until its engine is wired; nothing
// passes before that, since the server does not listen yet.
type lateJudge struct{ action.Policy }

func (j *lateJudge) Check(ctx context.Context, name string, in any) (action.Decision, error) {
	if j.Policy == nil {
		return action.Decision{}, fault.New(fault.Unavailable, "Policy is not ready yet. Nothing was changed.")
	}
	return j.Policy.Check(ctx, name, in)
}

// directory is the catalog as access sees it.
type directory struct{ *store.Store }

// GroupsOf implements access.Directory.
func (d directory) GroupsOf(ctx context.Context, user string) (direct, all []string, found bool, err error) {
	found, err = d.Store.TrustedEntity(ctx, user)
	if err != nil || !found {
		return nil, nil, false, err
	}
	direct, all, err = d.Store.GroupsOf(ctx, user)
	return direct, all, true, err
}

func (a *app) mountActions(m mounts) {
	(&api.Actions{Registry: a.actions}).Register(m.API)
	(&api.Me{Quotas: a.store}).Register(m.API)
	(&api.OpenAPI{Registry: a.actions, Version: version, URL: a.cfg.URL}).Register(m.API)
	(&handlers.Visibility{Rules: a.cfg.Catalog.Visibility, Counts: a.store}).Register(m.Pages)
	(&handlers.Settings{Accounts: a.store, Actions: a.actions, Roles: a.roles, Theme: web.ThemeCookie}).Register(m.Pages, m.Public)
}

func (a *app) mountSignIn(m mounts, srv *web.Server, _ *asset.Set) {
	h := &handlers.SignIn{Access: a.access, Frame: srv.Bare, Cookie: web.SessionCookie, Secure: strings.HasPrefix(a.cfg.URL, "https://")}
	switch {
	case a.cfg.Sample:
		h.Sample = &handlers.SamplePeople{Listen: a.cfg.Listen, List: a.samplePeople}
	case a.cfg.OIDC.Issuer != "":
		h.OIDC = &access.OIDC{Config: a.cfg.OIDC, Redirect: a.cfg.URL + "/sign-in/callback", DB: a.store, Store: a.store}
	default:
		a.first = handlers.NewFirstCode()
		h.First = a.first
	}
	h.Register(m.Public, srv.Guessing())
}

// signInHint tells whoever started the server how to sign in.
func (a *app) signInHint() string {
	switch {
	case a.cfg.Sample:
		return "Sign in as one of the sample people; no password is needed on this machine."
	case a.first != nil:
		return "No sign-in service is configured (oidc.issuer). The first administrator signs in once, within an hour, at\n  " +
			a.cfg.URL + "/sign-in/first?code=" + a.first.Code()
	}
	return "Sign in at " + a.cfg.OIDC.Issuer + "."
}

// samplePeople lists those of templates/sample/people.yaml with their names
// from the catalog.
func (a *app) samplePeople(ctx context.Context) ([]signinview.Person, error) {
	if err := a.awaitSampleCatalog(ctx, time.Now()); err != nil { // only in the first moments of a new sample
		return nil, err
	}
	b, err := templates.FS.ReadFile("sample/people.yaml")
	if err != nil {
		return nil, err
	}
	var people []signinview.Person
	if err := yaml.Unmarshal(b, &people); err != nil {
		return nil, err
	}
	out := people[:0]
	for _, p := range people { // a handful, read once per sign-in page
		ref, err := catalog.ParseRef(p.Ref, "user", "default")
		if err != nil {
			return nil, err
		}
		if _, err := a.store.Entity(ctx, access.System("sign-in"), ref); err == nil {
			p.Initials = web.Initials(p.Name)
			out = append(out, p)
		} else if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
			return nil, err
		}
	}
	return out, nil
}
