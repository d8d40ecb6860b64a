package remote

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/nacl/box"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/forge"
)

func (h *writeHost) publisher(write string, owners ...string) *Publisher {
	h.t.Helper()
	p, err := NewPublisher(PublisherOptions{Owners: map[string][]string{h.name: owners},
		Fetch: fetch.Options{Hosts: []fetch.Host{{Name: h.name, Kind: h.kind, Token: write}}, AllowPrivate: loopback, Roots: h.roots, Timeout: 10 * time.Second}})
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *writeHost) place() forge.Place {
	owner := "acme"
	if h.kind == fetch.GitLab {
		owner = "acme/pay"
	}
	return forge.Place{Host: h.name, Owner: owner, Name: "refunds"}
}

func publicationOf(message string, files ...string) forge.Publication {
	p := forge.Publication{Mark: "run_1", Message: message + "\n\n" + forge.Trailer("run_1") + "\n", When: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Author: forge.Author{Name: "Ada", Email: "ada@example.com"}}
	for i := 0; i < len(files); i += 2 {
		p.Files = append(p.Files, forge.File{Path: files[i], Data: []byte(files[i+1])})
	}
	return p
}

var writable = []fetch.Kind{fetch.GitHub, fetch.GitLab, fetch.Gitea}

func TestPublishEverywhere(t *testing.T) {
	t.Parallel()
	for _, kind := range writable {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := newWriteHost(t, kind)
			p, at, none := h.publisher(token), h.place(), forge.Credential{}
			if _, err := p.Find(t.Context(), at, none); !fault.Is(err, fault.NotFound) {
				t.Fatalf("before: %v, want NotFound", err)
			}
			n := forge.NewHosted{Place: at, Branch: "main", Options: map[string]any{"description": "Pays back", "topics": []any{"Payments"}, "repoVariables": map[string]any{"REGION": "eu"}, "secrets": map[string]any{"DEPLOY": "s3cr3t"}, "protectDefaultBranch": true,
				"collaborators": []any{map[string]any{"user": "ada", "access": "admin"}}, "settings": map[string]any{"merge_method": "ff"}}}
			if err := p.Create(t.Context(), n, none); err != nil {
				t.Fatal(err)
			}
			big := strings.Repeat("many lines\n", 200_000) // more than one chunk of HTTP
			push := forge.HostedPush{Place: at, Branch: "main", Publication: publicationOf("Begin", "README.md", "# Refunds\n", "cmd/main.go", "package main\n", "big.txt", big, "a/.keep", "", "b/.keep", "")}
			hash, err := p.Push(t.Context(), push, none)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := p.Push(t.Context(), push, none); err != nil || again != hash {
				t.Errorf("second push: %s %v, want %s", again, err, hash)
			}
			push.Publication.Files[0].Data = []byte("other")
			if _, err := p.Push(t.Context(), push, none); !fault.Is(err, fault.Conflict) {
				t.Errorf("push of other work: %v, want Conflict", err)
			}
			if got := h.log(at.Slug(), "main", "ls-tree", "-r", "--name-only"); got != "README.md\na/.keep\nb/.keep\nbig.txt\ncmd/main.go" {
				t.Errorf("tree: %q", got)
			}
			if got := h.log(at.Slug(), "main", "rev-parse"); got != hash {
				t.Errorf("main is at %s, want %s", got, hash)
			}
			if _, err := p.Settle(t.Context(), n, none); err != nil {
				t.Errorf("settle: %v", err)
			}
			if err := p.Create(t.Context(), n, none); !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "already") {
				t.Errorf("the name is taken: %v", err)
			}
			h.check(kind)
		})
	}
}

// check looks at what the host was asked for.
func (h *writeHost) check(kind fetch.Kind) {
	h.t.Helper()
	want := map[fetch.Kind][]string{
		fetch.GitHub: {"POST /api/v3/orgs/acme/repos", "PUT /api/v3/repos/acme/refunds/topics", "PUT /api/v3/repos/acme/refunds/collaborators/ada", "PUT /api/v3/repos/acme/refunds/branches/main/protection"},
		fetch.GitLab: {"POST /api/v4/projects"},
		fetch.Gitea:  {"POST /api/v1/orgs/acme/repos", "PUT /api/v1/repos/acme/refunds/topics", "PUT /api/v1/repos/acme/refunds/collaborators/ada", "POST /api/v1/repos/acme/refunds/branch_protections"},
	}[kind]
	if kind == fetch.Gitea && (h.slow["repo"] < 3 || h.slow["main"] < 3) {
		h.t.Errorf("nobody waited for Gitea: %v", h.slow)
	}
	for _, w := range want {
		if !slices.Contains(h.called, w) {
			h.t.Errorf("the host was not asked %s, but %q", w, h.called)
		}
	}
	body := h.bodies[want[0]]
	switch kind {
	case fetch.GitHub:
		sealed, err := base64.StdEncoding.DecodeString(h.bodies["PUT /api/v3/repos/acme/refunds/actions/secrets/DEPLOY"]["encrypted_value"].(string))
		if plain, ok := box.OpenAnonymous(nil, sealed, h.public, h.private); !ok || err != nil || string(plain) != "s3cr3t" {
			h.t.Errorf("secret: %q %v %v", plain, ok, err)
		}
		if v := h.bodies["POST /api/v3/repos/acme/refunds/actions/variables"]; v["name"] != "REGION" || v["value"] != "eu" {
			h.t.Errorf("variable: %v", v)
		}
	case fetch.GitLab:
		if body["visibility"] != "private" || body["merge_method"] != "ff" || body["namespace_id"] != 5.0 || body["default_branch"] != "main" {
			h.t.Errorf("project: %v", body)
		}
	}
	if kind != fetch.GitLab {
		if body["private"] != true || body["description"] != "Pays back" {
			h.t.Errorf("repository: %v", body)
		}
	}
}

func TestProposeEverywhere(t *testing.T) {
	t.Parallel()
	for _, kind := range writable {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := newWriteHost(t, kind)
			p, at, none := h.publisher(token), h.place(), forge.Credential{}
			q := forge.Proposal{Place: at, Branch: "limits/raise", Title: "Raise the limits", Body: "Asked for.", Delete: []string{"docs/old.md"},
				Files: []forge.File{{Path: "cmd/limits.go", Data: []byte("package main\n")}}, Publication: publicationOf("Raise the limits")}
			if err := p.Create(t.Context(), forge.NewHosted{Place: at, Branch: "main"}, none); err != nil {
				t.Fatal(err)
			}
			if _, err := p.Propose(t.Context(), q, none); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "empty") {
				t.Errorf("to an empty repository: %v", err)
			}
			base, err := p.Push(t.Context(), forge.HostedPush{Place: at, Branch: "main", Publication: publicationOf("Begin", "README.md", "#\n", "cmd/main.go", "package main\n", "docs/old.md", "old\n")}, none)
			if err != nil {
				t.Fatal(err)
			}
			first, err := p.Propose(t.Context(), q, none)
			if err != nil || first.Number == 0 || first.URL == "" || first.Target != "main" {
				t.Fatalf("%+v %v", first, err)
			}
			again, err := p.Propose(t.Context(), q, none)
			if err != nil || again.Number != first.Number || again.Commit != first.Commit || len(slices.Collect(maps.Values(h.pulls))[0]) != 1 {
				t.Errorf("second time: %+v %v, want %+v", again, err, first)
			}
			if got := h.log(at.Slug(), "limits/raise", "ls-tree", "-r", "--name-only"); got != "README.md\ncmd/limits.go\ncmd/main.go" {
				t.Errorf("tree: %q", got)
			}
			if got := h.log(at.Slug(), "limits/raise", "rev-list", "--max-count=1", "--parents"); got != first.Commit+" "+base {
				t.Errorf("history: %q", got)
			}
			other := q
			other.Publication = publicationOf("Lower them")
			other.Publication.Mark = "run_2"
			other.Files = []forge.File{{Path: "cmd/limits.go", Data: []byte("package none\n")}}
			if _, err := p.Propose(t.Context(), other, none); !fault.Is(err, fault.Conflict) {
				t.Errorf("somebody else's branch: %v, want Conflict", err)
			}
			nothing := q
			nothing.Branch, nothing.Delete, nothing.Files = "same", nil, []forge.File{{Path: "README.md", Data: []byte("#\n")}}
			if out, err := p.Propose(t.Context(), nothing, none); err != nil || out.Commit != "" {
				t.Errorf("nothing to change: %+v %v", out, err)
			}
		})
	}
}

func TestWritingIsRefused(t *testing.T) {
	t.Parallel()
	h := newWriteHost(t, fetch.GitHub)
	at := h.place()
	tests := []struct {
		name string
		p    *Publisher
		at   forge.Place
		kind string
		cred forge.Credential
		want string
	}{
		{"no token", h.publisher(""), at, "github", forge.Credential{}, "write_token"},
		{"another host", h.publisher(token), forge.Place{Host: "elsewhere.example", Owner: "a", Name: "b"}, "", forge.Credential{}, "not among catalog.hosts"},
		{"another kind", h.publisher(token), at, "gitlab", forge.Credential{}, "is a github, not a gitlab"},
		{"another owner", h.publisher(token, "other", "other/**"), at, "", forge.Credential{}, "write_owners"},
		{"a strange name", h.publisher(token), forge.Place{Host: h.name, Owner: "acme", Name: "../x"}, "", forge.Credential{}, "cannot be a repository"},
	}
	for _, tt := range tests {
		if _, err := tt.p.Ready(tt.at, tt.kind, "main", tt.cred); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	links, err := h.publisher("").Ready(at, "github", "main", forge.Credential{Token: token})
	if err != nil || links.Contents != "https://"+h.name+"/acme/refunds/blob/main" || links.Clone != "https://"+h.name+"/acme/refunds.git" {
		t.Errorf("a person's token: %+v %v", links, err)
	}
	secret := "tok-of-a-person-that-is-wrong"
	err = h.publisher("").Create(t.Context(), forge.NewHosted{Place: at, Branch: "main"}, forge.Credential{Token: secret})
	if !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), secret) {
		t.Errorf("a wrong token: %v", err)
	}
}

func TestWhatAHostSaysIsPassedOn(t *testing.T) {
	t.Parallel()
	h := newWriteHost(t, fetch.GitHub)
	h.refuses["POST /api/v3/orgs/acme/repos"] = refusal{422, `{"message":"Validation Failed","errors":[{"field":"visibility","code":"invalid","message":"internal is for enterprises; your token ` + token + ` knows"}]}`}
	err := h.publisher(token).Create(t.Context(), forge.NewHosted{Place: h.place(), Branch: "main"}, forge.Credential{})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "internal is for enterprises") || strings.Contains(err.Error(), token) {
		t.Errorf("got %v", err)
	}
	h.refuses = map[string]refusal{"PUT /api/v3/repos/acme/refunds/branches/main/protection": {403, `{"message":"Upgrade to GitHub Pro or make this repository public to enable this feature."}`}}
	n := forge.NewHosted{Place: h.place(), Branch: "main"}
	if err := h.publisher(token).Create(t.Context(), n, forge.Credential{}); err != nil {
		t.Fatal(err)
	}
	notes, err := h.publisher(token).Settle(t.Context(), n, forge.Credential{})
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "not protected") {
		t.Errorf("protection that the plan does not have: %q %v", notes, err)
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind fetch.Kind
		name string
		in   map[string]any
		call string
		body map[string]any
		out  map[string]any
	}{
		{fetch.GitHub, "github:actions:dispatch", m{"workflowId": "ci.yaml", "branchOrTagName": "main", "workflowInputs": map[string]any{"a": "b"}},
			"POST /api/v3/repos/acme/refunds/actions/workflows/ci.yaml/dispatches", m{"ref": "main"}, nil},
		{fetch.GitHub, "github:webhook", m{"webhookUrl": "https://ci.example/hook", "events": []any{"push"}}, "POST /api/v3/repos/acme/refunds/hooks", m{"active": true}, nil},
		{fetch.GitHub, "github:issues:label", m{"number": "12", "labels": []any{"x"}}, "POST /api/v3/repos/acme/refunds/issues/12/labels", nil, nil},
		{fetch.GitHub, "github:issues:create", m{"title": "T", "labels": []any{"x"}}, "POST /api/v3/repos/acme/refunds/issues", m{"title": "T"}, m{"issueNumber": 3}},
		{fetch.GitHub, "github:environment:create", m{"name": "production"}, "PUT /api/v3/repos/acme/refunds/environments/production", nil, nil},
		{fetch.GitHub, "github:deployKey:create", m{"publicKey": "ssh-ed25519 A", "deployKeyName": "argo"}, "POST /api/v3/repos/acme/refunds/keys", m{"title": "argo", "read_only": true}, nil},
		{fetch.GitHub, "github:autolinks:create", m{"keyPrefix": "PAY-", "urlTemplate": "https://t.example/<num>"}, "POST /api/v3/repos/acme/refunds/autolinks", m{"key_prefix": "PAY-"}, nil},
		{fetch.GitHub, "github:pages:enable", m{"buildType": "workflow"}, "POST /api/v3/repos/acme/refunds/pages", m{"build_type": "workflow"}, nil},
		{fetch.GitHub, "github:branch-protection:create", m{"branch": "main", "requiredApprovingReviewCount": 2.0}, "PUT /api/v3/repos/acme/refunds/branches/main/protection", m{"enforce_admins": true}, nil},
		{fetch.GitLab, "gitlab:issues:create", m{"title": "T", "labels": "a,b", "assignees": []any{99.0}}, "POST /api/v4/projects/7/issues", m{"title": "T", "labels": "a,b"}, m{"issueIid": int64(3)}},
		{fetch.GitLab, "gitlab:projectVariable:create", m{"key": "REGION", "value": "eu", "variableType": "env_var", "masked": true}, "POST /api/v4/projects/7/variables", m{"key": "REGION", "variable_type": "env_var", "masked": true}, nil},
		{fetch.GitLab, "gitlab:pipeline:trigger", m{"branch": "main", "triggerToken": "glptt-x"}, "POST /api/v4/projects/7/trigger/pipeline", m{"ref": "main"}, nil},
		{fetch.GitLab, "gitlab:group:ensureExists", m{"path": []any{"acme", "new"}}, "POST /api/v4/groups", m{"path": "new", "parent_id": 5.0, "visibility": "private"}, m{"groupId": int64(6)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newWriteHost(t, tt.kind)
			h.make(h.place().Slug(), m{"id": 7, "default_branch": "main"})
			out, err := h.publisher(token).Order(t.Context(), h.place(), tt.name, tt.in, forge.Credential{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(h.called, tt.call) {
				t.Fatalf("asked %q, want %s", h.called, tt.call)
			}
			for k, v := range tt.body {
				if h.bodies[tt.call][k] != v {
					t.Errorf("%s = %v, want %v", k, h.bodies[tt.call][k], v)
				}
			}
			for k, v := range tt.out {
				if out[k] != v {
					t.Errorf("output %s = %v, want %v", k, out[k], v)
				}
			}
		})
	}
	h := newWriteHost(t, fetch.Gitea)
	if _, err := h.publisher(token).Order(t.Context(), h.place(), "github:webhook", nil, forge.Credential{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an order for another host: %v", err)
	}
}
