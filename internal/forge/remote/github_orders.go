package remote

import (
	"context"
	"net/http"
	"strconv"

	"github.com/google/go-github/v84/github"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// order does the small things that steps ask of GitHub, by the action's name.
func (g *gitHubWrite) order(ctx context.Context, name string, in map[string]any) (map[string]any, error) {
	do, ok := map[string]func(context.Context, map[string]any) (map[string]any, error){
		"github:actions:dispatch":         g.dispatch,
		"github:webhook":                  g.webhook,
		"github:issues:label":             g.label,
		"github:issues:create":            g.issue,
		"github:environment:create":       g.environment,
		"github:deployKey:create":         g.deployKey,
		"github:autolinks:create":         g.autolink,
		"github:pages:enable":             g.pages,
		"github:branch-protection:create": g.protection,
	}[name]
	if !ok {
		return nil, fault.Newf(fault.Invalid, "%s cannot do %s", g.host, name)
	}
	out, err := do(ctx, in)
	return out, err
}

func (g *gitHubWrite) dispatch(ctx context.Context, in map[string]any) (map[string]any, error) {
	inputs, _ := in["workflowInputs"].(map[string]any)
	_, _, err := g.api.Actions.CreateWorkflowDispatchEventByFileName(ctx, g.place.Owner, g.place.Name, text(in, "workflowId"),
		github.CreateWorkflowDispatchEventRequest{Ref: text(in, "branchOrTagName"), Inputs: inputs})
	return nil, g.said(err)
}

func (g *gitHubWrite) webhook(ctx context.Context, in map[string]any) (map[string]any, error) {
	events := texts(in, "events")
	if s := text(in, "events"); s != "" {
		events = []string{s}
	}
	if len(events) == 0 {
		events = []string{"push"}
	}
	insecure := "0"
	if yes(in, "insecureSsl", false) {
		insecure = "1"
	}
	hook := &github.Hook{Name: new("web"), Active: new(yes(in, "active", true)), Events: events, Config: &github.HookConfig{URL: new(text(in, "webhookUrl")),
		ContentType: new(first(text(in, "contentType"), "form")), InsecureSSL: &insecure}}
	if s := text(in, "webhookSecret"); s != "" {
		hook.Config.Secret = &s
	}
	there, _, err := g.api.Repositories.ListHooks(ctx, g.place.Owner, g.place.Name, &github.ListOptions{PerPage: perPage})
	if err != nil {
		return nil, g.said(err)
	}
	for _, h := range there {
		if h.GetConfig().GetURL() == hook.GetConfig().GetURL() {
			return nil, nil // by an earlier attempt
		}
	}
	_, _, err = g.api.Repositories.CreateHook(ctx, g.place.Owner, g.place.Name, hook)
	return nil, g.said(err)
}

func (g *gitHubWrite) label(ctx context.Context, in map[string]any) (map[string]any, error) {
	n := whole(in, "number", 0)
	if s := text(in, "number"); s != "" {
		n, _ = strconv.ParseInt(s, 10, 32) // the schema takes digits only
	}
	_, _, err := g.api.Issues.AddLabelsToIssue(ctx, g.place.Owner, g.place.Name, int(n), texts(in, "labels"))
	return nil, g.said(err)
}

func (g *gitHubWrite) issue(ctx context.Context, in map[string]any) (map[string]any, error) {
	r := &github.IssueRequest{Title: new(text(in, "title"))}
	if s := text(in, "body"); s != "" {
		r.Body = &s
	}
	if list := texts(in, "labels"); len(list) > 0 {
		r.Labels = &list
	}
	if list := texts(in, "assignees"); len(list) > 0 {
		r.Assignees = &list
	}
	if n := int(whole(in, "milestone", 0)); n > 0 {
		r.Milestone = &n
	}
	made, _, err := g.api.Issues.Create(ctx, g.place.Owner, g.place.Name, r)
	if err != nil {
		return nil, g.said(err)
	}
	return map[string]any{"issueUrl": made.GetHTMLURL(), "issueNumber": made.GetNumber()}, nil
}

func (g *gitHubWrite) environment(ctx context.Context, in map[string]any) (map[string]any, error) {
	e := &github.CreateUpdateEnvironment{}
	if m, ok := in["deploymentBranchPolicy"].(map[string]any); ok {
		e.DeploymentBranchPolicy = &github.BranchPolicy{ProtectedBranches: new(yes(m, "protected_branches", false)), CustomBranchPolicies: new(yes(m, "custom_branch_policies", false))}
	}
	if n := int(whole(in, "waitTimer", 0)); n > 0 {
		e.WaitTimer = &n
	}
	_, _, err := g.api.Repositories.CreateUpdateEnvironment(ctx, g.place.Owner, g.place.Name, text(in, "name"), e)
	return nil, g.said(err)
}

func (g *gitHubWrite) deployKey(ctx context.Context, in map[string]any) (map[string]any, error) {
	_, _, err := g.api.Repositories.CreateKey(ctx, g.place.Owner, g.place.Name,
		&github.Key{Title: new(text(in, "deployKeyName")), Key: new(text(in, "publicKey")), ReadOnly: new(true)})
	if err != nil && g.statusIs(http.StatusUnprocessableEntity) && g.hasKey(ctx, text(in, "deployKeyName")) {
		err = nil // by an earlier attempt
	}
	return nil, g.said(err)
}

func (g *gitHubWrite) hasKey(ctx context.Context, title string) bool {
	list, _, err := g.api.Repositories.ListKeys(ctx, g.place.Owner, g.place.Name, &github.ListOptions{PerPage: perPage})
	for _, k := range list {
		if err == nil && k.GetTitle() == title {
			return true
		}
	}
	return false
}

func (g *gitHubWrite) autolink(ctx context.Context, in map[string]any) (map[string]any, error) {
	_, _, err := g.api.Repositories.AddAutolink(ctx, g.place.Owner, g.place.Name, &github.AutolinkOptions{KeyPrefix: new(text(in, "keyPrefix")),
		URLTemplate: new(text(in, "urlTemplate")), IsAlphanumeric: new(yes(in, "isAlphanumeric", true))})
	return nil, g.said(err)
}

func (g *gitHubWrite) pages(ctx context.Context, in map[string]any) (map[string]any, error) {
	p := &github.Pages{BuildType: new(first(text(in, "buildType"), "workflow"))}
	if branch := text(in, "sourceBranch"); branch != "" {
		p.Source = &github.PagesSource{Branch: &branch, Path: new(first(text(in, "sourcePath"), "/"))}
	}
	_, _, err := g.api.Repositories.EnablePages(ctx, g.place.Owner, g.place.Name, p)
	if err != nil && g.statusIs(http.StatusConflict) {
		return nil, nil // it is on already
	}
	return nil, g.said(err)
}

func (g *gitHubWrite) protection(ctx context.Context, in map[string]any) (map[string]any, error) {
	branch := text(in, "branch")
	if branch == "" {
		found, err := g.find(ctx)
		if err != nil {
			return nil, err
		}
		branch = found.Branch
	}
	notes, err := g.protect(ctx, branch, in)
	if err != nil {
		return nil, err
	}
	return map[string]any{forge.NotesKey: notes}, nil
}
