package remote

import (
	"context"
	"errors"
	"net/http"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// gitLabWrite writes to GitLab.
type gitLabWrite struct {
	*writer
	api *gitlab.Client
}

func gitLabWriter(w *writer) (hostAPI, error) {
	api, err := gitLabClient(w.at.Host, w.http)
	if err != nil {
		return hostAPI{}, err
	}
	g := &gitLabWrite{w, api}
	return hostAPI{g.find, g.create, g.settle, g.propose, g.order}, nil
}

func (g *gitLabWrite) said(err error) error {
	var r *gitlab.ErrorResponse
	if errors.As(err, &r) {
		return g.refused(err, r.Message)
	}
	return g.refused(err, "")
}

func (g *gitLabWrite) project(ctx context.Context) (*gitlab.Project, error) {
	p, _, err := g.api.Projects.GetProject(g.place.Slug(), nil, gitlab.WithContext(ctx))
	return p, g.said(err)
}

func (g *gitLabWrite) find(ctx context.Context) (forge.Hosted, error) {
	p, err := g.project(ctx)
	if err != nil {
		return forge.Hosted{}, err
	}
	out := forge.Hosted{ID: p.ID, Branch: p.DefaultBranch, Empty: p.EmptyRepo}
	if p.CreatedAt != nil {
		out.Created = *p.CreatedAt
	}
	return out, nil
}

func (g *gitLabWrite) create(ctx context.Context, n forge.NewHosted) error {
	space, _, err := g.api.Namespaces.GetNamespace(n.Owner, gitlab.WithContext(ctx))
	if err != nil {
		if g.missing() {
			return fault.Newf(fault.NotFound, "%s has no group or person %s that its token may see", g.host, n.Owner)
		}
		return g.said(err)
	}
	o := &gitlab.CreateProjectOptions{}
	settings, _ := n.Options["settings"].(map[string]any)
	if err := into(settings, o); err != nil {
		return err
	}
	o.NamespaceID, o.Path, o.DefaultBranch = &space.ID, &n.Name, &n.Branch
	if o.Name == nil {
		o.Name = &n.Name
	}
	if o.Visibility == nil {
		o.Visibility = new(gitlab.VisibilityValue(first(text(n.Options, "repoVisibility"), "private")))
	}
	if list := texts(n.Options, "topics"); o.Topics == nil && len(list) > 0 {
		o.Topics = &list
	}
	if s := text(n.Options, "description"); o.Description == nil && s != "" {
		o.Description = &s
	}
	_, _, err = g.api.Projects.CreateProject(o, gitlab.WithContext(ctx))
	return g.said(err)
}

func (g *gitLabWrite) settle(ctx context.Context, n forge.NewHosted) ([]string, error) {
	p, err := g.project(ctx)
	if err != nil {
		return nil, err
	}
	if p.DefaultBranch != n.Branch {
		if _, _, err := g.api.Projects.EditProject(p.ID, &gitlab.EditProjectOptions{DefaultBranch: &n.Branch}, gitlab.WithContext(ctx)); err != nil {
			return nil, g.said(err)
		}
	}
	for _, b := range objects(n.Options, "branches") {
		if err := g.branchOf(ctx, p.ID, n.Branch, b); err != nil {
			return nil, err
		}
	}
	for _, v := range objects(n.Options, "projectVariables") {
		if err := g.variable(ctx, p.ID, v); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// branchOf makes and protects a branch, as publish:gitlab's branches say.
func (g *gitLabWrite) branchOf(ctx context.Context, project int64, from string, b map[string]any) error {
	name := text(b, "name")
	if yes(b, "create", false) {
		_, _, err := g.api.Branches.CreateBranch(project, &gitlab.CreateBranchOptions{Branch: &name, Ref: new(first(text(b, "ref"), from))}, gitlab.WithContext(ctx))
		if err != nil && !(g.statusIs(http.StatusBadRequest) && strings.Contains(err.Error(), "already exists")) {
			return g.said(err)
		}
	}
	if !yes(b, "protect", false) {
		return nil
	}
	_, _, err := g.api.ProtectedBranches.ProtectRepositoryBranches(project, &gitlab.ProtectRepositoryBranchesOptions{Name: &name}, gitlab.WithContext(ctx))
	if err != nil && g.statusIs(http.StatusConflict) {
		return nil // it is protected already
	}
	return g.said(err)
}

// variable sets a variable of CI; the keys are the API's own.
func (g *gitLabWrite) variable(ctx context.Context, project int64, v map[string]any) error {
	o := &gitlab.CreateProjectVariableOptions{}
	if err := into(v, o); err != nil {
		return err
	}
	_, _, err := g.api.ProjectVariables.CreateVariable(project, o, gitlab.WithContext(ctx))
	if err == nil || !g.statusIs(http.StatusBadRequest) || !strings.Contains(err.Error(), "taken") {
		return g.said(err)
	}
	change := &gitlab.UpdateProjectVariableOptions{} // it is there, by an earlier attempt
	if err := into(v, change); err != nil {
		return err
	}
	if o.EnvironmentScope != nil {
		change.Filter = &gitlab.VariableFilter{EnvironmentScope: *o.EnvironmentScope}
	}
	_, _, err = g.api.ProjectVariables.UpdateVariable(project, text(v, "key"), change, gitlab.WithContext(ctx))
	return g.said(err)
}

func (g *gitLabWrite) propose(ctx context.Context, p forge.Proposal) (forge.Proposed, error) {
	project, err := g.project(ctx)
	if err != nil {
		return forge.Proposed{}, err
	}
	out := forge.Proposed{Project: project.ID}
	err = g.until(ctx, func() (bool, error) {
		_, _, err := g.api.Branches.GetBranch(project.ID, p.Branch, gitlab.WithContext(ctx))
		if err != nil && g.missing() {
			return false, nil
		}
		return err == nil, g.said(err)
	})
	if err != nil {
		return out, err
	}
	open, _, err := g.api.MergeRequests.ListProjectMergeRequests(project.ID, &gitlab.ListProjectMergeRequestsOptions{State: new("opened"),
		SourceBranch: &p.Branch, TargetBranch: &p.Target}, gitlab.WithContext(ctx))
	if err != nil {
		return out, g.said(err)
	}
	if len(open) > 0 {
		out.Number, out.URL = open[0].IID, open[0].WebURL
		return out, nil
	}
	o := &gitlab.CreateMergeRequestOptions{Title: &p.Title, Description: &p.Body, SourceBranch: &p.Branch, TargetBranch: &p.Target,
		RemoveSourceBranch: new(yes(p.Options, "removeSourceBranch", false))}
	if v, ok := p.Options["squash"].(bool); ok {
		o.Squash = &v
	}
	if list := texts(p.Options, "labels"); len(list) > 0 {
		o.Labels = new(gitlab.LabelOptions(list))
	} else if s := text(p.Options, "labels"); s != "" {
		o.Labels = new(gitlab.LabelOptions(strings.Split(s, ",")))
	}
	if who := text(p.Options, "assignee"); who != "" {
		ids, notes := g.ids(ctx, []string{who})
		out.Notes = append(out.Notes, notes...)
		if len(ids) > 0 {
			o.AssigneeID = &ids[0]
		}
	}
	if who := texts(p.Options, "reviewers"); len(who) > 0 {
		ids, notes := g.ids(ctx, who)
		out.Notes = append(out.Notes, notes...)
		o.ReviewerIDs = &ids
	}
	made, _, err := g.api.MergeRequests.CreateMergeRequest(project.ID, o, gitlab.WithContext(ctx))
	if err != nil {
		return out, g.said(err)
	}
	out.Number, out.URL = made.IID, made.WebURL
	return out, nil
}

// ids looks people up by their names; who is not found becomes a note.
func (g *gitLabWrite) ids(ctx context.Context, names []string) (ids []int64, notes []string) {
	for _, name := range names {
		found, _, err := g.api.Users.ListUsers(&gitlab.ListUsersOptions{Username: new(strings.TrimPrefix(name, "@"))}, gitlab.WithContext(ctx))
		if err != nil || len(found) == 0 {
			notes = append(notes, g.host+" has no person "+name+"; the request was opened without.")
			continue
		}
		ids = append(ids, found[0].ID)
	}
	return ids, notes
}
