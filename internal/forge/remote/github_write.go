package remote

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/google/go-github/v84/github"
	"golang.org/x/crypto/nacl/box"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// gitHubWrite writes to GitHub and GitHub Enterprise.
type gitHubWrite struct {
	*writer
	api *github.Client
}

func gitHubWriter(w *writer) (hostAPI, error) {
	api, err := github.NewClient(w.http).WithEnterpriseURLs(w.at.Host.API, w.at.Host.API)
	if err != nil {
		return hostAPI{}, fault.Newf(fault.Invalid, "the API address of %s cannot be used", w.host).Because(err)
	}
	g := &gitHubWrite{w, api}
	return hostAPI{g.find, g.create, g.settle, g.propose, g.order}, nil
}

func (g *gitHubWrite) said(err error) error {
	var r *github.ErrorResponse
	if !errors.As(err, &r) {
		return g.refused(err, "")
	}
	parts := []string{r.Message}
	for _, e := range r.Errors {
		if e.Message != "" {
			parts = append(parts, e.Message)
		} else if e.Code != "" {
			parts = append(parts, e.Field+" "+e.Code)
		}
	}
	return g.refused(err, strings.Join(parts, "; "))
}

func (g *gitHubWrite) find(ctx context.Context) (forge.Hosted, error) {
	r, _, err := g.api.Repositories.Get(ctx, g.place.Owner, g.place.Name)
	if err != nil {
		return forge.Hosted{}, g.said(err)
	}
	return forge.Hosted{ID: r.GetID(), Branch: r.GetDefaultBranch(), Created: r.GetCreatedAt().Time, Empty: r.PushedAt == nil || r.GetSize() == 0}, nil
}

// gitHubSettings are the inputs of publish:github that its API takes as they
// are when a repository is made.
var gitHubSettings = map[string]string{"description": "description", "homepage": "homepage", "hasIssues": "has_issues", "hasProjects": "has_projects",
	"hasWiki": "has_wiki", "deleteBranchOnMerge": "delete_branch_on_merge", "allowMergeCommit": "allow_merge_commit",
	"allowSquashMerge": "allow_squash_merge", "allowRebaseMerge": "allow_rebase_merge", "allowAutoMerge": "allow_auto_merge",
	"allowUpdateBranch": "allow_update_branch", "squashMergeCommitTitle": "squash_merge_commit_title",
	"squashMergeCommitMessage": "squash_merge_commit_message", "customProperties": "custom_properties", "autoInit": "auto_init"}

func (g *gitHubWrite) create(ctx context.Context, n forge.NewHosted) error {
	owner, _, err := g.api.Users.Get(ctx, n.Owner)
	if err != nil {
		return g.said(err)
	}
	org, visibility := n.Owner, first(text(n.Options, "repoVisibility"), "private")
	r := &github.Repository{}
	if err := into(pick(n.Options, gitHubSettings), r); err != nil {
		return err
	}
	r.Name, r.Private = &n.Name, new(visibility != "public")
	if owner.GetType() != "Organization" {
		me, _, err := g.api.Users.Get(ctx, "")
		if err != nil {
			return g.said(err)
		}
		if !strings.EqualFold(me.GetLogin(), n.Owner) {
			return fault.Newf(fault.Forbidden, "%s is a person on %s, and the token belongs to %s: it can make repositories for itself and for organisations only", n.Owner, g.host, me.GetLogin())
		}
		org = ""
	} else {
		r.Visibility = &visibility
	}
	_, _, err = g.api.Repositories.Create(ctx, org, r)
	return g.said(err)
}

func (g *gitHubWrite) settle(ctx context.Context, n forge.NewHosted) ([]string, error) {
	found, err := g.find(ctx)
	if err != nil {
		return nil, err
	}
	if n.Branch != "" && found.Branch != n.Branch {
		if _, _, err := g.api.Repositories.Edit(ctx, n.Owner, n.Name, &github.Repository{DefaultBranch: &n.Branch}); err != nil {
			return nil, g.said(err)
		}
	}
	if topics := texts(n.Options, "topics"); len(topics) > 0 {
		for i := range topics {
			topics[i] = strings.ToLower(topics[i])
		}
		if _, _, err := g.api.Repositories.ReplaceAllTopics(ctx, n.Owner, n.Name, topics); err != nil {
			return nil, g.said(err)
		}
	}
	if err := g.people(ctx, n); err != nil {
		return nil, err
	}
	if err := g.variables(ctx, n); err != nil {
		return nil, err
	}
	if err := g.secrets(ctx, n); err != nil {
		return nil, err
	}
	if n.Branch == "" || !yes(n.Options, "protectDefaultBranch", true) {
		return nil, nil
	}
	return g.protect(ctx, n.Branch, n.Options)
}

// people gives access to who is named by access and collaborators.
func (g *gitHubWrite) people(ctx context.Context, n forge.NewHosted) error {
	list := objects(n.Options, "collaborators")
	if a := text(n.Options, "access"); a != "" {
		owner, team, isTeam := strings.Cut(a, "/")
		switch {
		case isTeam && strings.EqualFold(owner, n.Owner):
			list = append(list, map[string]any{"team": team, "access": "admin"})
		case !strings.EqualFold(a, n.Owner):
			list = append(list, map[string]any{"user": a, "access": "admin"})
		}
	}
	for _, c := range list {
		access := gitHubAccess(text(c, "access"))
		var err error
		if team := text(c, "team"); team != "" {
			_, slug, named := strings.Cut(team, "/")
			if !named {
				slug = team
			}
			_, err = g.api.Teams.AddTeamRepoBySlug(ctx, n.Owner, slug, n.Owner, n.Name, &github.TeamAddTeamRepoOptions{Permission: access})
		} else {
			_, _, err = g.api.Repositories.AddCollaborator(ctx, n.Owner, n.Name, first(text(c, "user"), text(c, "username")),
				&github.RepositoryAddCollaboratorOptions{Permission: access})
		}
		if err != nil {
			return g.said(err)
		}
	}
	return nil
}

// gitHubAccess is how the API calls a level of access.
func gitHubAccess(s string) string {
	switch s {
	case "read":
		return "pull"
	case "write", "":
		return "push"
	}
	return s
}

func (g *gitHubWrite) variables(ctx context.Context, n forge.NewHosted) error {
	all, _ := n.Options["repoVariables"].(map[string]any)
	for name, v := range all {
		value, _ := v.(string)
		variable := &github.ActionsVariable{Name: name, Value: value}
		_, err := g.api.Actions.CreateRepoVariable(ctx, n.Owner, n.Name, variable)
		if err != nil && g.statusIs(http.StatusConflict) { // by an earlier attempt
			_, err = g.api.Actions.UpdateRepoVariable(ctx, n.Owner, n.Name, variable)
		}
		if err != nil {
			return g.said(err)
		}
	}
	return nil
}

// secrets gives GitHub Actions its secrets, sealed for the repository: nobody
// can read them back.
func (g *gitHubWrite) secrets(ctx context.Context, n forge.NewHosted) error {
	all, _ := n.Options["secrets"].(map[string]any)
	if len(all) == 0 {
		return nil
	}
	key, _, err := g.api.Actions.GetRepoPublicKey(ctx, n.Owner, n.Name)
	if err != nil {
		return g.said(err)
	}
	raw, err := base64.StdEncoding.DecodeString(key.GetKey())
	if err != nil || len(raw) != 32 {
		return fault.Newf(fault.Unavailable, "%s gave no usable key for secrets", g.host)
	}
	for name, v := range all {
		value, _ := v.(string)
		sealed, err := box.SealAnonymous(nil, []byte(value), (*[32]byte)(raw), rand.Reader)
		if err != nil {
			return err
		}
		_, err = g.api.Actions.CreateOrUpdateRepoSecret(ctx, n.Owner, n.Name,
			&github.EncryptedSecret{Name: name, KeyID: key.GetKeyID(), EncryptedValue: base64.StdEncoding.EncodeToString(sealed)})
		if err != nil {
			return g.said(err)
		}
	}
	return nil
}

// protect sets the rules of a branch. A plan of GitHub that has none for this
// repository is no failure: what is published is of use all the same.
func (g *gitHubWrite) protect(ctx context.Context, branch string, o map[string]any) ([]string, error) {
	checks := texts(o, "requiredStatusCheckContexts")
	if checks == nil {
		checks = []string{}
	}
	q := &github.ProtectionRequest{EnforceAdmins: yes(o, "protectEnforceAdmins", yes(o, "enforceAdmins", true)),
		RequiredStatusChecks: &github.RequiredStatusChecks{Strict: yes(o, "requireBranchesToBeUpToDate", true), Contexts: &checks},
		RequiredPullRequestReviews: &github.PullRequestReviewsEnforcementRequest{DismissStaleReviews: yes(o, "dismissStaleReviews", false),
			RequireCodeOwnerReviews: yes(o, "requireCodeOwnerReviews", false), RequiredApprovingReviewCount: int(whole(o, "requiredApprovingReviewCount", 1)),
			RequireLastPushApproval: new(yes(o, "requireLastPushApproval", false))},
		RequireLinearHistory: new(yes(o, "requiredLinearHistory", false)), RequiredConversationResolution: new(yes(o, "requiredConversationResolution", false)),
		BlockCreations: new(yes(o, "blockCreations", false))}
	if m, ok := o["restrictions"].(map[string]any); ok {
		q.Restrictions = &github.BranchRestrictionsRequest{Users: orEmpty(m, "users"), Teams: orEmpty(m, "teams"), Apps: orEmpty(m, "apps")}
	}
	if m, ok := o["bypassPullRequestAllowances"].(map[string]any); ok {
		q.RequiredPullRequestReviews.BypassPullRequestAllowancesRequest = &github.BypassPullRequestAllowancesRequest{Users: orEmpty(m, "users"), Teams: orEmpty(m, "teams"), Apps: orEmpty(m, "apps")}
	}
	_, _, err := g.api.Repositories.UpdateBranchProtection(ctx, g.place.Owner, g.place.Name, branch, q)
	if err != nil && g.statusIs(http.StatusForbidden) && strings.Contains(err.Error(), "Upgrade to GitHub") {
		return []string{"The branch " + branch + " is not protected: the owner's plan on " + g.host + " has no protection for private repositories."}, nil
	}
	if err != nil {
		return nil, g.said(err)
	}
	if yes(o, "requiredCommitSigning", false) {
		if _, _, err := g.api.Repositories.RequireSignaturesOnProtectedBranch(ctx, g.place.Owner, g.place.Name, branch); err != nil {
			return nil, g.said(err)
		}
	}
	return nil, nil
}

// orEmpty is texts for an API that wants an empty list, not none.
func orEmpty(in map[string]any, key string) []string { return append([]string{}, texts(in, key)...) }

func (g *gitHubWrite) propose(ctx context.Context, p forge.Proposal) (forge.Proposed, error) {
	open, _, err := g.api.PullRequests.List(ctx, p.Owner, p.Name, &github.PullRequestListOptions{State: "open", Head: p.Owner + ":" + p.Branch, Base: p.Target})
	if err != nil {
		return forge.Proposed{}, g.said(err)
	}
	var pr *github.PullRequest
	for _, x := range open {
		if x.GetHead().GetRef() == p.Branch {
			pr = x
		}
	}
	if pr == nil {
		pr, _, err = g.api.PullRequests.Create(ctx, p.Owner, p.Name, &github.NewPullRequest{Title: &p.Title, Body: &p.Body, Head: &p.Branch, Base: &p.Target,
			Draft: new(yes(p.Options, "draft", false)), MaintainerCanModify: new(true)})
		if err != nil {
			return forge.Proposed{}, g.said(err)
		}
	}
	out := forge.Proposed{Number: int64(pr.GetNumber()), URL: pr.GetHTMLURL()}
	reviewers := github.ReviewersRequest{Reviewers: texts(p.Options, "reviewers"), TeamReviewers: texts(p.Options, "teamReviewers")}
	if len(reviewers.Reviewers)+len(reviewers.TeamReviewers) > 0 {
		if _, _, err := g.api.PullRequests.RequestReviewers(ctx, p.Owner, p.Name, pr.GetNumber(), reviewers); err != nil {
			out.Notes = append(out.Notes, "The reviewers were not asked: "+publicText(g.said(err)))
		}
	}
	if who := texts(p.Options, "assignees"); len(who) > 0 {
		if _, _, err := g.api.Issues.AddAssignees(ctx, p.Owner, p.Name, pr.GetNumber(), who); err != nil {
			out.Notes = append(out.Notes, "Nobody was assigned: "+publicText(g.said(err)))
		}
	}
	return out, nil
}

func publicText(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Public
	}
	return "the host did not say why"
}
