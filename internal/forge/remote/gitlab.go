package remote

import (
	"context"
	"net/http"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"
	"golang.org/x/time/rate"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

// gitLab lists what GitLab holds: a group with the groups below it.
type gitLab struct {
	*apiWitness
	api *gitlab.Client
}

func newGitLab(h fetch.Host, client *http.Client, w *apiWitness) (*gitLab, error) {
	// The guard of the client knows how to wait; no request is repeated here.
	api, err := gitlab.NewClient("", gitlab.WithBaseURL(h.API), gitlab.WithHTTPClient(client), gitlab.WithoutRetries(),
		gitlab.WithCustomLimiter(rate.NewLimiter(rate.Inf, 1)))
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "the API address of %s cannot be used", h.Name).Because(err)
	}
	return &gitLab{w, api}, nil
}

func (g *gitLab) repositories(ctx context.Context, org string, _ bool) ([]repository, error) {
	yes, no := true, false
	all, err := gitLabPages(func(o gitlab.ListOptions) ([]*gitlab.Project, *gitlab.Response, error) {
		return g.api.Groups.ListGroupProjects(org, &gitlab.ListGroupProjectsOptions{ListOptions: o, IncludeSubGroups: &yes, WithShared: &no}, gitlab.WithContext(ctx))
	})
	if err != nil && g.status == http.StatusNotFound { // a person, then
		all, err = gitLabPages(func(o gitlab.ListOptions) ([]*gitlab.Project, *gitlab.Response, error) {
			return g.api.Projects.ListUserProjects(org, &gitlab.ListProjectsOptions{ListOptions: o}, gitlab.WithContext(ctx))
		})
	}
	if err != nil {
		return nil, g.explain(err)
	}
	var out []repository
	for _, x := range all {
		r := repository{path: x.PathWithNamespace, branch: x.DefaultBranch, topics: x.Topics, archived: x.Archived, fork: x.ForkedFromProject != nil}
		if x.EmptyRepo {
			r.branch = ""
		}
		out = append(out, r) // last_activity_at is up to an hour behind: no hint
	}
	return out, nil
}

// gitLabPages reads every page of a list.
func gitLabPages[T any](list func(gitlab.ListOptions) ([]T, *gitlab.Response, error)) ([]T, error) {
	o := gitlab.ListOptions{PerPage: perPage, Page: 1}
	var out []T
	for range maxPages {
		page, resp, err := list(o)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if resp.NextPage == 0 {
			break
		}
		o.Page = resp.NextPage
	}
	return out, nil
}

func (g *gitLab) people(ctx context.Context, org string) ([]team, []card, error) {
	top, _, err := g.api.Groups.GetGroup(org, nil, gitlab.WithContext(ctx))
	if err != nil {
		return nil, nil, g.explain(err)
	}
	groups, err := gitLabPages(func(o gitlab.ListOptions) ([]*gitlab.Group, *gitlab.Response, error) {
		return g.api.Groups.ListDescendantGroups(org, &gitlab.ListDescendantGroupsOptions{ListOptions: o}, gitlab.WithContext(ctx))
	})
	if err != nil {
		return nil, nil, g.explain(err)
	}
	var teams []team
	var cards []card
	seen := map[string]bool{}
	for _, x := range append([]*gitlab.Group{top}, groups...) {
		t := team{name: x.FullPath, title: x.Name, description: x.Description, annotation: x.FullPath}
		if x != top {
			t.parent = x.FullPath[:strings.LastIndexByte(x.FullPath, '/')]
		}
		in, err := gitLabPages(func(o gitlab.ListOptions) ([]*gitlab.GroupMember, *gitlab.Response, error) {
			return g.api.Groups.ListGroupMembers(x.ID, &gitlab.ListGroupMembersOptions{ListOptions: o}, gitlab.WithContext(ctx))
		})
		if err != nil {
			return nil, nil, g.explain(err)
		}
		for _, m := range in {
			if m.State != "active" {
				continue
			}
			t.members = append(t.members, m.Username)
			if !seen[m.Username] {
				seen[m.Username] = true
				cards = append(cards, card{m.Username, m.Name, firstOf(m.Email, m.PublicEmail), m.AvatarURL})
			}
		}
		teams = append(teams, t)
	}
	return teams, cards, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
