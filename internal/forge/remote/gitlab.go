package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/fetch"
)

// gitLab lists what GitLab holds: a group with the groups below it. Its SDK
// would make the program 5 MB larger for four questions, so they are asked
// here.
type gitLab struct {
	*apiWitness
	base   string
	client *http.Client
}

func newGitLab(h fetch.Host, client *http.Client, w *apiWitness) (lister, error) {
	g := &gitLab{w, strings.TrimSuffix(h.API, "/") + "/", client}
	return lister{g.repositories, g.people}, nil
}

type gitLabProject struct {
	Path     string          `json:"path_with_namespace"`
	Branch   string          `json:"default_branch"`
	Topics   []string        `json:"topics"`
	Archived bool            `json:"archived"`
	Empty    bool            `json:"empty_repo"`
	Forked   json.RawMessage `json:"forked_from_project"`
}

type gitLabGroup struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	FullPath    string `json:"full_path"`
	Description string `json:"description"`
}

type gitLabMember struct {
	Username string `json:"username"`
	Name     string `json:"name"`
	State    string `json:"state"`
	Avatar   string `json:"avatar_url"`
	Email    string `json:"email"`
	Public   string `json:"public_email"`
}

func (g *gitLab) repositories(ctx context.Context, org string, _ bool) ([]repository, error) {
	id := url.PathEscape(org)
	all, err := gitLabPages[gitLabProject](ctx, g, "groups/"+id+"/projects?include_subgroups=true&with_shared=false")
	if err != nil && g.status == http.StatusNotFound { // a person, then
		all, err = gitLabPages[gitLabProject](ctx, g, "users/"+id+"/projects?")
	}
	if err != nil {
		return nil, g.explain(err)
	}
	var out []repository
	for _, x := range all {
		r := repository{path: x.Path, branch: x.Branch, topics: x.Topics, archived: x.Archived, fork: len(x.Forked) > 0 && string(x.Forked) != "null"}
		if x.Empty {
			r.branch = ""
		}
		out = append(out, r) // last_activity_at is up to an hour behind: no hint
	}
	return out, nil
}

// gitLabPages reads every page of a list.
func gitLabPages[T any](ctx context.Context, g *gitLab, path string) ([]T, error) {
	return allPages(func(n int) ([]T, int, error) {
		var list []T
		next, err := g.get(ctx, fmt.Sprintf("%s&per_page=%d&page=%d", path, perPage, n), &list)
		return list, next, err
	})
}

// get reads one answer and returns the number of the next page, 0 for none.
func (g *gitLab) get(ctx context.Context, path string, into any) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.base+path, nil)
	if err != nil {
		return 0, err
	}
	resp, err := g.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d", resp.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxPage)).Decode(into); err != nil {
		return 0, err
	}
	next, err := strconv.Atoi(resp.Header.Get("X-Next-Page"))
	if err != nil {
		return 0, nil // the header is empty on the last page
	}
	return next, nil
}

func (g *gitLab) people(ctx context.Context, org string) ([]team, []card, error) {
	id := url.PathEscape(org)
	var top gitLabGroup
	if _, err := g.get(ctx, "groups/"+id+"?with_projects=false", &top); err != nil {
		return nil, nil, g.explain(err)
	}
	below, err := gitLabPages[gitLabGroup](ctx, g, "groups/"+id+"/descendant_groups?")
	if err != nil {
		return nil, nil, g.explain(err)
	}
	var teams []team
	var cards []card
	seen := map[string]bool{}
	for i, x := range append([]gitLabGroup{top}, below...) {
		in, err := gitLabPages[gitLabMember](ctx, g, fmt.Sprintf("groups/%d/members?", x.ID))
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
				cards = append(cards, card{m.Username, m.Name, firstOf(m.Email, m.Public), m.Avatar})
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
