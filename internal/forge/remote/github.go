package remote

import (
	"context"
	"net/http"

	"github.com/google/go-github/v84/github"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
)

// gitHub lists what GitHub and GitHub Enterprise hold.
type gitHub struct {
	*apiWitness
	api    *github.Client
	reader *Reader
}

func newGitHub(r *Reader, h fetch.Host, client *http.Client, w *apiWitness) (lister, error) {
	api := github.NewClient(client)
	api, err := api.WithEnterpriseURLs(h.API, h.API)
	if err != nil {
		return lister{}, fault.Newf(fault.Invalid, "the API address of %s cannot be used", h.Name).Because(err)
	}
	g := &gitHub{w, api, r}
	return lister{g.repositories, g.people}, nil
}

func (g *gitHub) repositories(ctx context.Context, org string, _ bool) ([]repository, error) {
	list := func(o github.ListOptions) ([]*github.Repository, *github.Response, error) {
		return g.api.Repositories.ListByOrg(ctx, org, &github.RepositoryListByOrgOptions{Sort: "full_name", ListOptions: o})
	}
	all, err := gitHubPages(list)
	if err != nil && g.status == http.StatusNotFound { // a person, then
		all, err = gitHubPages(func(o github.ListOptions) ([]*github.Repository, *github.Response, error) {
			return g.api.Repositories.ListByUser(ctx, org, &github.RepositoryListByUserOptions{Type: "owner", ListOptions: o})
		})
	}
	if err != nil {
		return nil, g.explain(err)
	}
	var out []repository
	for _, x := range all {
		r := repository{path: x.GetFullName(), branch: x.GetDefaultBranch(), topics: x.Topics, archived: x.GetArchived(), fork: x.GetFork()}
		if x.PushedAt != nil {
			r.changed = x.GetPushedAt().String()
		} else {
			r.branch = "" // nothing was pushed yet
		}
		out = append(out, r)
	}
	return out, nil
}

// gitHubPages reads every page of a list.
func gitHubPages[T any](list func(github.ListOptions) ([]T, *github.Response, error)) ([]T, error) {
	return allPages(func(n int) ([]T, int, error) {
		page, resp, err := list(github.ListOptions{PerPage: perPage, Page: n})
		if err != nil {
			return nil, 0, err
		}
		return page, resp.NextPage, nil
	})
}

func (g *gitHub) people(ctx context.Context, org string) ([]team, []card, error) {
	members, err := gitHubPages(func(o github.ListOptions) ([]*github.User, *github.Response, error) {
		return g.api.Organizations.ListMembers(ctx, org, &github.ListMembersOptions{ListOptions: o})
	})
	if err != nil {
		return nil, nil, g.explain(err)
	}
	var cards []card
	for _, m := range members {
		c, err := g.reader.cards.find(g.host+"/"+m.GetLogin(), g.reader.o.Now(), func() (card, error) {
			u, _, err := g.api.Users.Get(ctx, m.GetLogin())
			return card{u.GetLogin(), u.GetName(), u.GetEmail(), u.GetAvatarURL()}, err
		})
		if err != nil {
			return nil, nil, g.explain(err)
		}
		cards = append(cards, c)
	}
	list, err := gitHubPages(func(o github.ListOptions) ([]*github.Team, *github.Response, error) {
		return g.api.Teams.ListTeams(ctx, org, &o)
	})
	if err != nil {
		return nil, nil, g.explain(err)
	}
	var teams []team
	for _, t := range list {
		in, err := gitHubPages(func(o github.ListOptions) ([]*github.User, *github.Response, error) {
			return g.api.Teams.ListTeamMembersBySlug(ctx, org, t.GetSlug(), &github.TeamListTeamMembersOptions{ListOptions: o})
		})
		if err != nil {
			return nil, nil, g.explain(err)
		}
		x := team{name: t.GetSlug(), title: t.GetName(), description: t.GetDescription(), parent: t.GetParent().GetSlug(), annotation: org + "/" + t.GetSlug()}
		for _, m := range in {
			x.members = append(x.members, m.GetLogin())
		}
		teams = append(teams, x)
	}
	return teams, cards, nil
}
