package main

import (
	"context"
	"io/fs"
	"time"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/templates"
	"github.com/waymark-portal/waymark/web"
)

// policyArea is what judges.
type policyArea struct {
	policy *policy.Engine
}

// wirePolicy compiles the rules and puts them at the one door.
func (a *app) wirePolicy() error {
	files, err := fs.Sub(templates.FS, "policies")
	if err != nil {
		return err
	}
	if a.policy, err = policy.New(context.Background(), files, a.store, a.store, time.Now); err != nil {
		return err
	}
	a.judge.Policy = a.policy
	a.nav = append(a.nav, web.NavEntry{Group: "Govern", Label: "Policies", URL: "/policies", Icon: "gavel", Key: "y"})
	return a.register(a.policy.Actions()...)
}

func (a *app) mountPolicy(m mounts) {
	(&handlers.Policies{Rules: a.policy, Reader: a.store, Actions: a.actions, Now: time.Now}).Register(m.Pages)
	(&api.Policies{Rules: a.policy, Reader: a.store, Now: time.Now}).Register(m.API)
}
