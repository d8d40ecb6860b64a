package remote

import (
	"context"
	"net/http"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

// gitLab lists what GitLab holds: a group with the groups below it.
type gitLab struct {
	*apiWitness
	api *gitlab.Client
}

func newGitLab(h fetch.Host, client *http.Client, w *apiWitness) (lister, error) {
	api, err := gitLabClient(h, client)
	if err != nil {
		return lister{}, err
	}
	g := &gitLab{w, api}
	return lister{g.repositories, g.people}, nil
}

// gitLabClient asks once and leaves trying again to those who asked: the
// guarded client knows the host's limits, and carries its token.
func gitLabClient(h fetch.Host, client *http.Client) (*gitlab.Client, error) {
	api, err := gitlab.NewAuthSourceClient(gitlab.Unauthenticated{}, gitlab.WithBaseURL(strings.TrimSuffix(h.API, "/")+"/"),
		gitlab.WithHTTPClient(client), gitlab.WithoutRetries(), gitlab.WithCustomLimiter(unlimited{}))
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "the API address of %s cannot be used", h.Name).Because(err)
	}
	return api, nil
}

// unlimited lets every question pass.
type unlimited struct{}

// Wait implements gitlab.RateLimiter.
func (unlimited) Wait(context.Context) error { return nil }

func (g *gitLab) repositories(ctx context.Context, org string, _ bool) ([]repository, error) {
	all, err := gitLabPages(func(o gitlab.ListOptions) ([]*gitlab.Project, *gitlab.Response, error) {
		return g.api.Groups.ListGroupProjects(org, &gitlab.ListGroupProjectsOptions{ListOptions: o, IncludeSubGroups: new(true), WithShared: new(false)}, gitlab.WithContext(ctx))
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
	return allPages(func(n int) ([]T, int, error) {
		page, resp, err := list(gitlab.ListOptions{PerPage: perPage, Page: int64(n)})
		if err != nil {
			return nil, 0, err
		}
		return page, int(resp.NextPage), nil
	})
}

func (g *gitLab) people(ctx context.Context, org string) ([]team, []card, error) {
	//lint:ignore SA1019 without it the answer carries up to 100 projects that nobody asked for
	top, _, err := g.api.Groups.GetGroup(org, &gitlab.GetGroupOptions{WithProjects: new(false)}, gitlab.WithContext(ctx))
	if err != nil {
		return nil, nil, g.explain(err)
	}
	below, err := gitLabPages(func(o gitlab.ListOptions) ([]*gitlab.Group, *gitlab.Response, error) {
		return g.api.Groups.ListDescendantGroups(org, &gitlab.ListDescendantGroupsOptions{ListOptions: o}, gitlab.WithContext(ctx))
	})
	if err != nil {
		return nil, nil, g.explain(err)
	}
	var teams []team
	var cards []card
	seen := map[string]bool{}
	for i, x := range append([]*gitlab.Group{top}, below...) {
		in, err := gitLabPages(func(o gitlab.ListOptions) ([]*gitlab.GroupMember, *gitlab.Response, error) {
			return g.api.Groups.ListGroupMembers(x.ID, &gitlab.ListGroupMembersOptions{ListOptions: o}, gitlab.WithContext(ctx))
		})
		if err != nil {
			return nil, nil, g.explain(err)
		}
		t := team{name: x.FullPath, title: x.Name, description: x.Description, annotation: x.FullPath}
		if cut := strings.LastIndexByte(x.FullPath, '/'); i > 0 && cut > 0 {
			t.parent = x.FullPath[:cut]
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
