package remote

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"code.gitea.io/sdk/gitea"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// giteaWrite writes to Gitea and Forgejo.
type giteaWrite struct {
	*writer
	api *gitea.Client
}

func giteaWriter(w *writer) (hostAPI, error) {
	api, err := gitea.NewClient(strings.TrimSuffix(w.at.Host.API, "/"), gitea.SetHTTPClient(w.http), gitea.SetContext(w.ctx), gitea.SetGiteaVersion(""))
	if err != nil {
		return hostAPI{}, fault.Newf(fault.Invalid, "the API address of %s cannot be used", w.host).Because(err)
	}
	g := &giteaWrite{w, api}
	return hostAPI{g.find, g.create, g.settle, g.propose, noOrders(w)}, nil
}

// noOrders refuses what only other hosts can do.
func noOrders(w *writer) func(context.Context, string, map[string]any) (map[string]any, error) {
	return func(_ context.Context, name string, _ map[string]any) (map[string]any, error) {
		return nil, fault.Newf(fault.Invalid, "%s cannot do %s", w.host, name)
	}
}

// said is the host's own word of an error; the SDK puts it into the text.
func (g *giteaWrite) said(err error) error {
	if err == nil {
		return nil
	}
	return g.refused(err, err.Error())
}

func (g *giteaWrite) find(context.Context) (forge.Hosted, error) {
	r, _, err := g.api.GetRepo(g.place.Owner, g.place.Name)
	if err != nil {
		return forge.Hosted{}, g.said(err)
	}
	return forge.Hosted{ID: r.ID, Branch: r.DefaultBranch, Created: r.Created, Empty: r.Empty}, nil
}

func (g *giteaWrite) create(_ context.Context, n forge.NewHosted) error {
	o := gitea.CreateRepoOption{Name: n.Name, Description: text(n.Options, "description"), Private: text(n.Options, "repoVisibility") != "public", DefaultBranch: n.Branch}
	_, _, err := g.api.GetOrg(n.Owner)
	if err == nil {
		_, _, err = g.api.CreateOrgRepo(n.Owner, o)
		return g.said(err)
	}
	if !g.missing() {
		return g.said(err)
	}
	me, _, err := g.api.GetMyUserInfo()
	if err != nil {
		return g.said(err)
	}
	if !strings.EqualFold(me.UserName, n.Owner) {
		return fault.Newf(fault.NotFound, "%s has no organisation %s that its token may see, and the token belongs to %s", g.host, n.Owner, me.UserName)
	}
	_, _, err = g.api.CreateRepo(o)
	return g.said(err)
}

func (g *giteaWrite) settle(ctx context.Context, n forge.NewHosted) ([]string, error) {
	if err := g.shows(ctx, n.Branch); err != nil {
		return nil, err
	}
	if topics := texts(n.Options, "topics"); len(topics) > 0 {
		if _, err := g.api.SetRepoTopics(n.Owner, n.Name, topics); err != nil {
			return nil, g.said(err)
		}
	}
	for _, c := range objects(n.Options, "collaborators") {
		mode := gitea.AccessMode(giteaAccess[text(c, "access")])
		if _, err := g.api.AddCollaborator(n.Owner, n.Name, first(text(c, "user"), text(c, "username")), gitea.AddCollaboratorOption{Permission: &mode}); err != nil {
			return nil, g.said(err)
		}
	}
	if !yes(n.Options, "protectDefaultBranch", false) {
		return nil, nil
	}
	_, _, err := g.api.CreateBranchProtection(n.Owner, n.Name, gitea.CreateBranchProtectionOption{BranchName: n.Branch, RuleName: n.Branch,
		RequiredApprovals: whole(n.Options, "requiredApprovingReviewCount", 1), DismissStaleApprovals: yes(n.Options, "dismissStaleReviews", false),
		EnableStatusCheck: len(texts(n.Options, "requiredStatusCheckContexts")) > 0, StatusCheckContexts: texts(n.Options, "requiredStatusCheckContexts")})
	if err != nil && g.statusIs(http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusConflict) && strings.Contains(err.Error(), "exist") {
		return nil, nil // by an earlier attempt
	}
	return nil, g.said(err)
}

var giteaAccess = map[string]string{"": "write", "pull": "read", "read": "read", "push": "write", "write": "write", "admin": "admin", "maintain": "admin", "triage": "read"}

// shows waits until Gitea knows a branch that was pushed: before, it takes the
// repository for empty and answers 404 to much.
func (g *giteaWrite) shows(ctx context.Context, branch string) error {
	return g.until(ctx, func() (bool, error) {
		r, _, err := g.api.GetRepo(g.place.Owner, g.place.Name)
		if err != nil || r.Empty {
			return false, g.said(err)
		}
		if _, _, err = g.api.GetRepoBranch(g.place.Owner, g.place.Name, branch); err != nil && g.missing() {
			return false, nil
		}
		return err == nil, g.said(err)
	})
}

func (g *giteaWrite) propose(ctx context.Context, p forge.Proposal) (forge.Proposed, error) {
	if err := g.shows(ctx, p.Branch); err != nil {
		return forge.Proposed{}, err
	}
	title := p.Title
	if yes(p.Options, "draft", false) {
		title = "WIP: " + title // what Gitea takes for a draft
	}
	open, err := giteaPages(func(o gitea.ListOptions) ([]*gitea.PullRequest, *gitea.Response, error) {
		return g.api.ListRepoPullRequests(p.Owner, p.Name, gitea.ListPullRequestsOptions{ListOptions: o, State: gitea.StateOpen})
	})
	if err != nil {
		return forge.Proposed{}, g.said(err)
	}
	for _, x := range open {
		if x.Head != nil && x.Base != nil && x.Head.Ref == p.Branch && x.Base.Ref == p.Target {
			return forge.Proposed{Number: x.Index, URL: x.HTMLURL}, nil
		}
	}
	made, _, err := g.api.CreatePullRequest(p.Owner, p.Name, gitea.CreatePullRequestOption{Head: p.Branch, Base: p.Target, Title: title, Body: p.Body,
		Assignees: texts(p.Options, "assignees"), Reviewers: texts(p.Options, "reviewers"), TeamReviewers: texts(p.Options, "teamReviewers")})
	if err != nil {
		return forge.Proposed{}, g.said(err)
	}
	return forge.Proposed{Number: made.Index, URL: made.HTMLURL}, nil
}

func (w *writer) statusIs(list ...int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range list {
		if w.status == s {
			return true
		}
	}
	return false
}

// The inputs of actions are checked by their schemas; what is not there reads
// as the zero value.

func text(in map[string]any, key string) string {
	s, _ := in[key].(string)
	return s
}

func texts(in map[string]any, key string) []string {
	var out []string
	list, _ := in[key].([]any)
	for _, v := range list {
		if s, ok := v.(string); ok && s != "" {
			out = append(out, s)
		}
	}
	return out
}

func objects(in map[string]any, key string) []map[string]any {
	var out []map[string]any
	list, _ := in[key].([]any)
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func yes(in map[string]any, key string, fallback bool) bool {
	if b, ok := in[key].(bool); ok {
		return b
	}
	return fallback
}

func whole(in map[string]any, key string, fallback int64) int64 {
	switch n := in[key].(type) {
	case float64:
		return int64(n)
	case int:
		return int64(n)
	case int64:
		return n
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return i
		}
	}
	return fallback
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// pick copies the inputs that a host's API names otherwise.
func pick(in map[string]any, names map[string]string) map[string]any {
	out := map[string]any{}
	for from, to := range names {
		if v, ok := in[from]; ok && v != nil {
			out[to] = v
		}
	}
	return out
}

// into fills a structure of an SDK with what the API calls by these names.
func into(in map[string]any, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fault.New(fault.Invalid, "The settings of the repository have a value of a wrong type.").Because(err)
	}
	return nil
}
