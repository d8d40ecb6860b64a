package remote

import (
	"context"
	"path"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/waymark-portal/waymark/internal/fault"
)

// order does the small things that steps ask of GitLab, by the action's name.
func (g *gitLabWrite) order(ctx context.Context, name string, in map[string]any) (map[string]any, error) {
	switch name {
	case "gitlab:issues:create":
		return g.issue(ctx, in)
	case "gitlab:projectVariable:create":
		project, err := g.id(ctx, in)
		if err != nil {
			return nil, err
		}
		v := pick(in, map[string]string{"key": "key", "value": "value", "variableType": "variable_type", "variableProtected": "protected", "masked": "masked", "raw": "raw", "environmentScope": "environment_scope"})
		return nil, g.variable(ctx, project, v)
	case "gitlab:pipeline:trigger":
		return g.pipeline(ctx, in)
	case "gitlab:group:ensureExists":
		return g.group(ctx, in)
	}
	return nil, fault.Newf(fault.Invalid, "%s cannot do %s", g.host, name)
}

// id is the project that a step names by its number, else by its address.
func (g *gitLabWrite) id(ctx context.Context, in map[string]any) (int64, error) {
	if n := whole(in, "projectId", 0); n > 0 {
		return n, nil
	}
	p, err := g.project(ctx)
	if err != nil {
		return 0, err
	}
	return p.ID, nil
}

func (g *gitLabWrite) issue(ctx context.Context, in map[string]any) (map[string]any, error) {
	project, err := g.id(ctx, in)
	if err != nil {
		return nil, err
	}
	o := &gitlab.CreateIssueOptions{}
	if err := into(pick(in, map[string]string{"title": "title", "description": "description", "confidential": "confidential", "assignees": "assignee_ids",
		"milestoneId": "milestone_id", "weight": "weight", "dueDate": "due_date"}), o); err != nil {
		return nil, err
	}
	if s := text(in, "labels"); s != "" {
		o.Labels = new(gitlab.LabelOptions(strings.Split(s, ",")))
	}
	made, _, err := g.api.Issues.CreateIssue(project, o, gitlab.WithContext(ctx))
	if err != nil {
		return nil, g.said(err)
	}
	return map[string]any{"issueUrl": made.WebURL, "issueId": made.ID, "issueIid": made.IID}, nil
}

func (g *gitLabWrite) pipeline(ctx context.Context, in map[string]any) (map[string]any, error) {
	project, err := g.id(ctx, in)
	if err != nil {
		return nil, err
	}
	o := &gitlab.RunPipelineTriggerOptions{Ref: new(text(in, "branch")), Token: new(text(in, "triggerToken")), Variables: map[string]string{}}
	vars, _ := in["variables"].(map[string]any)
	for k, v := range vars {
		if s, ok := v.(string); ok {
			o.Variables[k] = s
		}
	}
	made, _, err := g.api.PipelineTriggers.RunPipelineTrigger(project, o, gitlab.WithContext(ctx))
	if err != nil {
		return nil, g.said(err)
	}
	return map[string]any{"pipelineUrl": made.WebURL}, nil
}

// group makes a group, and those above it, unless they are there.
func (g *gitLabWrite) group(ctx context.Context, in map[string]any) (map[string]any, error) {
	at, id := "", int64(0)
	for i, name := range groupPath(in) {
		at = path.Join(at, name)
		found, _, err := g.api.Groups.GetGroup(at, nil, gitlab.WithContext(ctx))
		switch {
		case err == nil:
			id = found.ID
			continue
		case !g.missing():
			return nil, g.said(err)
		}
		o := &gitlab.CreateGroupOptions{Name: &name, Path: &name, Visibility: new(gitlab.PrivateVisibility)}
		if i > 0 {
			o.ParentID = &id
		}
		made, _, err := g.api.Groups.CreateGroup(o, gitlab.WithContext(ctx))
		if err != nil {
			return nil, g.said(err)
		}
		id = made.ID
	}
	return map[string]any{"groupId": id}, nil
}

// groupPath are the names of a group and those above it, written as texts or
// as {name, slug}.
func groupPath(in map[string]any) []string {
	var out []string
	list, _ := in["path"].([]any)
	for _, v := range list {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case map[string]any:
			out = append(out, text(v, "slug"))
		}
	}
	return out
}
