package remote

import (
	"testing"

	"github.com/waymark-portal/waymark/internal/fetch"
)

func TestParse(t *testing.T) {
	r := newReader(t, nil, fetch.Host{Name: "github.com", Kind: fetch.GitHub}, fetch.Host{Name: "gitlab.com", Kind: fetch.GitLab},
		fetch.Host{Name: "gitea.example", Kind: fetch.Gitea}, fetch.Host{Name: "git.example", Kind: fetch.Git}, fetch.Host{Name: "files.example"})
	for target, want := range map[string]struct{ repo, rest, in string }{
		"https://github.com/acme/ledger":                          {"acme/ledger", "", "https://github.com/acme/ledger/blob/main/a.yaml"},
		"https://github.com/acme/ledger/":                         {"acme/ledger", "", "https://github.com/acme/ledger/blob/main/a.yaml"},
		"https://github.com/acme/ledger.git":                      {"acme/ledger", "", "https://github.com/acme/ledger/blob/main/a.yaml"},
		"https://github.com/acme/ledger/tree/main/x":              {"acme/ledger", "main/x", "https://github.com/acme/ledger/blob/main/a.yaml"},
		"https://github.com/acme/blob/blob/main/blob/x.yaml":      {"acme/blob", "main/blob/x.yaml", "https://github.com/acme/blob/blob/main/a.yaml"},
		"https://gitlab.com/a/b/c/-/blob/main/x.yaml":             {"a/b/c", "main/x.yaml", "https://gitlab.com/a/b/c/-/blob/main/a.yaml"},
		"https://gitlab.com/a/b/c":                                {"a/b/c", "", "https://gitlab.com/a/b/c/-/blob/main/a.yaml"},
		"https://gitlab.com/a/b/-/raw/main/x.yaml":                {"a/b", "main/x.yaml", "https://gitlab.com/a/b/-/blob/main/a.yaml"},
		"https://gitea.example/a/b/src/branch/main/**/x.yaml":     {"a/b", "main/**/x.yaml", "https://gitea.example/a/b/src/branch/main/a.yaml"},
		"https://gitea.example/a/b/raw/branch/main/x.yaml":        {"a/b", "main/x.yaml", "https://gitea.example/a/b/src/branch/main/a.yaml"},
		"https://git.example/deep/er/repo.git":                    {"deep/er/repo", "", "https://git.example/deep/er/repo/blob/main/a.yaml"},
		"https://github.com/acme":                                 {},
		"https://github.com/acme/ledger/issues/1":                 {},
		"https://github.com/acme/ledger/blob":                     {},
		"https://github.com/acme/../x/blob/main/a":                {},
		"https://github.com/acme/ledger/blob/main/a.yaml?token=x": {},
		"https://files.example/a/b":                               {},
		"https://unknown.example/a/b":                             {},
	} {
		a, ok := r.Parse(target)
		if ok != (want.repo != "") || a.Repo != want.repo || a.Rest != want.rest {
			t.Errorf("%s: %q %q %v, want %q %q", target, a.Repo, a.Rest, ok, want.repo, want.rest)
		}
		if ok && a.In("main", "a.yaml") != want.in {
			t.Errorf("%s: names files %q, want %q", target, a.In("main", "a.yaml"), want.in)
		}
	}
}
