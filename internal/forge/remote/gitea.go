package remote

import (
	"context"
	"net/http"
	"strings"

	"code.gitea.io/sdk/gitea"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

// giteaHost lists what Gitea and Forgejo hold.
type giteaHost struct {
	*apiWitness
	api *gitea.Client
}

// giteaPage is how many entries a page has: Gitea's own limit by default.
const giteaPage = 50

func newGitea(ctx context.Context, h fetch.Host, client *http.Client, w *apiWitness) (lister, error) {
	// Without a version of its own the SDK would ask for the server's first.
	api, err := gitea.NewClient(strings.TrimSuffix(h.API, "/"), gitea.SetHTTPClient(client), gitea.SetContext(ctx), gitea.SetGiteaVersion(""))
	if err != nil {
		return lister{}, fault.Newf(fault.Invalid, "the API address of %s cannot be used", h.Name).Because(err)
	}
	g := &giteaHost{w, api}
	return lister{g.repositories, g.people}, nil
}

func (g *giteaHost) repositories(_ context.Context, org string, topics bool) ([]repository, error) {
	all, err := giteaPages(func(o gitea.ListOptions) ([]*gitea.Repository, *gitea.Response, error) {
		return g.api.ListOrgRepos(org, gitea.ListOrgReposOptions{ListOptions: o})
	})
	if err != nil && g.status == http.StatusNotFound { // a person, then
		all, err = giteaPages(func(o gitea.ListOptions) ([]*gitea.Repository, *gitea.Response, error) {
			return g.api.ListUserRepos(org, gitea.ListReposOptions{ListOptions: o})
		})
	}
	if err != nil {
		return nil, g.explain(err)
	}
	var out []repository
	for _, x := range all {
		r := repository{path: x.FullName, branch: x.DefaultBranch, archived: x.Archived, fork: x.Fork, changed: x.Updated.String()}
		if x.Empty {
			r.branch = ""
		}
		if topics {
			if r.topics, _, err = g.api.ListRepoTopics(org, x.Name, gitea.ListRepoTopicsOptions{}); err != nil {
				return nil, g.explain(err)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// giteaPages reads every page of a list.
func giteaPages[T any](list func(gitea.ListOptions) ([]T, *gitea.Response, error)) ([]T, error) {
	return allPages(func(n int) ([]T, int, error) {
		page, resp, err := list(gitea.ListOptions{PageSize: giteaPage, Page: n})
		if err != nil {
			return nil, 0, err
		}
		return page, resp.NextPage, nil
	})
}

func (g *giteaHost) people(_ context.Context, org string) ([]team, []card, error) {
	list, err := giteaPages(func(o gitea.ListOptions) ([]*gitea.Team, *gitea.Response, error) {
		return g.api.ListOrgTeams(org, gitea.ListTeamsOptions{ListOptions: o})
	})
	if err != nil {
		return nil, nil, g.explain(err)
	}
	var teams []team
	var cards []card
	seen := map[string]bool{}
	for _, x := range list {
		in, err := giteaPages(func(o gitea.ListOptions) ([]*gitea.User, *gitea.Response, error) {
			return g.api.ListTeamMembers(x.ID, gitea.ListTeamMembersOptions{ListOptions: o})
		})
		if err != nil {
			return nil, nil, g.explain(err)
		}
		t := team{name: x.Name, title: x.Name, description: x.Description, annotation: org + "/" + x.Name}
		for _, m := range in {
			t.members = append(t.members, m.UserName)
			if !seen[m.UserName] {
				seen[m.UserName] = true
				cards = append(cards, card{m.UserName, m.FullName, m.Email, m.AvatarURL})
			}
		}
		teams = append(teams, t)
	}
	return teams, cards, nil
}
