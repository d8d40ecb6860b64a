package hooks

import (
	"net/http"
	"testing"
)

func TestPushOf(t *testing.T) {
	for name, c := range map[string]struct{ header, event, body, want string }{
		"github":          {"X-GitHub-Event", "push", `{"repository":{"html_url":"https://github.com/acme/shop"}}`, "https://github.com/acme/shop"},
		"new repository":  {"X-GitHub-Event", "repository", `{"action":"created","repository":{"html_url":"https://github.com/acme/new"}}`, "https://github.com/acme/new"},
		"gitea":           {"X-Gitea-Event", "push", `{"repository":{"html_url":"https://git.example/acme/shop"}}`, "https://git.example/acme/shop"},
		"gitlab":          {"X-Gitlab-Event", "Push Hook", `{"object_kind":"push","project":{"web_url":"https://gitlab.example/a/b/shop"},"repository":{"homepage":"https://other"}}`, "https://gitlab.example/a/b/shop"},
		"gitlab tag":      {"X-Gitlab-Event", "Tag Push Hook", `{"repository":{"homepage":"https://gitlab.example/a/b"}}`, "https://gitlab.example/a/b"},
		"another event":   {"X-GitHub-Event", "deployment_status", `{"repository":{"html_url":"https://github.com/acme/shop"}}`, ""},
		"no event":        {"X-Other", "push", `{"repository":{"html_url":"https://github.com/acme/shop"}}`, ""},
		"no repository":   {"X-GitHub-Event", "push", `{}`, ""},
		"not JSON at all": {"X-GitHub-Event", "push", `payload`, ""},
	} {
		h := http.Header{}
		h.Set(c.header, c.event)
		got, ok := pushOf(h, []byte(c.body))
		if got.Repository != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q %v, want %q", name, got.Repository, ok, c.want)
		}
	}
}
