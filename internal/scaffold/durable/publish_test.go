package durable_test

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

const elsewhere = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: makes, title: Makes elsewhere}
spec:
  type: service
  parameters: {required: [name], properties: {name: {title: Name, type: string}}}
  steps:
    - {id: files, action: fetch:template, input: {url: ./skeleton, values: {name: "${{ parameters.name }}"}}}
    - {id: publish, action: publish:github, input: {repoUrl: "git.example.com?owner=acme&repo=${{ parameters.name }}", token: "${{ secrets.token }}"}}
    - {id: propose, action: publish:github:pull-request, input: {repoUrl: "git.example.com?owner=acme&repo=${{ parameters.name }}", branchName: more, title: More, description: "", targetPath: docs}}
    - {id: issue, action: github:issues:create, input: {repoUrl: "git.example.com?owner=acme&repo=${{ parameters.name }}", title: Write the runbook}}
    - {id: register, action: catalog:register, input: {repoContentsUrl: "${{ steps.publish.output.repoContentsUrl }}"}}
  output: {remoteUrl: "${{ steps.publish.output.remoteUrl }}", request: "${{ steps.propose.output.remoteUrl }}", issue: "${{ steps.issue.output.issueNumber }}"}
`

// host is another host that keeps what it is told, unless it is to fail.
type host struct {
	mu     sync.Mutex
	repos  map[string]map[string]string // branches with their commits, by place
	pulls  map[string]int
	issues int
	tokens map[string]bool // of persons
	before map[string]bool // these calls fail and do nothing
	after  map[string]bool // these do it, and their answer is lost
}

func newHost() *host {
	return &host{repos: map[string]map[string]string{}, pulls: map[string]int{}, tokens: map[string]bool{}, before: map[string]bool{}, after: map[string]bool{}}
}

var errSilent = fault.New(fault.Unavailable, "git.example.com does not answer.")

// call does what a call does, or fails as it was told.
func (h *host) call(name string, c forge.Credential, do func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.Token != "" {
		h.tokens[c.Token] = true
	}
	if h.before[name] {
		return errSilent
	}
	if err := do(); err != nil {
		return err
	}
	if h.after[name] {
		return errSilent
	}
	return nil
}

func (h *host) Ready(at forge.Place, _, branch string, _ forge.Credential) (forge.Links, error) {
	return forge.Links{Web: "https://" + at.String(), Clone: "https://" + at.String() + ".git", Contents: "https://" + at.String() + "/blob/" + branch}, nil
}

func (h *host) Find(_ context.Context, at forge.Place, c forge.Credential) (found forge.Hosted, err error) {
	err = h.call("find", c, func() error {
		if h.repos[at.String()] == nil {
			return fault.New(fault.NotFound, "There is none.")
		}
		return nil
	})
	return forge.Hosted{ID: 7, Created: time.Now()}, err
}

func (h *host) Create(_ context.Context, n forge.NewHosted, c forge.Credential) error {
	return h.call("create", c, func() error {
		if h.repos[n.String()] != nil {
			return fault.New(fault.Conflict, "The name exists already.")
		}
		h.repos[n.String()] = map[string]string{}
		return nil
	})
}

func (h *host) Push(_ context.Context, p forge.HostedPush, c forge.Credential) (string, error) {
	made, err := forge.WriteCommit(memory.NewStorage(), p.Publication)
	if err != nil {
		return "", err
	}
	hash := made.String()
	return hash, h.call("push", c, func() error {
		if there := h.repos[p.String()][p.Branch]; there != "" && there != hash {
			return fault.New(fault.Conflict, "It holds other work already.")
		}
		h.repos[p.String()][p.Branch] = hash
		return nil
	})
}

func (h *host) Settle(_ context.Context, _ forge.NewHosted, c forge.Credential) ([]string, error) {
	return nil, h.call("settle", c, func() error { return nil })
}

func (h *host) Propose(_ context.Context, p forge.Proposal, c forge.Credential) (forge.Proposed, error) {
	return forge.Proposed{Number: 1, URL: "https://" + p.String() + "/pull/1", Target: "main", Commit: "abc"},
		h.call("propose", c, func() error { h.pulls[p.String()+" "+p.Branch] = 1; return nil })
}

func (h *host) Order(_ context.Context, _ forge.Place, _ string, in map[string]any, c forge.Credential) (map[string]any, error) {
	err := h.call("order", c, func() error {
		if in["token"] != nil {
			return fault.New(fault.Internal, "The token is among what the host is told.")
		}
		h.issues++
		return nil
	})
	return map[string]any{"issueNumber": 3, "issueUrl": "https://git.example.com/3"}, err
}

// wide is a portal that publishes on that host.
func wide(t *testing.T, s *store.Store, h *host) *portal {
	t.Helper()
	p := newPortal(t, s, setup{publisher: h, files: fstest.MapFS{"makes/template.yaml": {Data: []byte(elsewhere)}, "makes/skeleton/README.md": {Data: []byte("# ${{ values.name }}\n")}}})
	p.begin()
	return p
}

// Wherever the other host falls silent, before or after it has done what it was
// asked, a retry ends with one repository, one commit and one request.
func TestTheOtherHostGoneInTheMiddle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHost()
		p := wide(t, s, h)
		for _, call := range []string{"create", "push", "settle", "propose", "order"} {
			for when, set := range map[string]map[string]bool{"before": h.before, "after": h.after} {
				name := call + "-" + when
				h.mu.Lock()
				set[call] = true
				issues := h.issues
				h.mu.Unlock()
				id, err := p.order(person, name, map[string]string{"token": "tok-of-ada"})
				if err != nil {
					t.Fatal(err)
				}
				if r := p.ends(id, run.Failed); !strings.Contains(r.Error, "does not answer") {
					t.Errorf("%s: error %q", name, r.Error)
				}
				h.mu.Lock()
				set[call] = false
				h.mu.Unlock()
				if _, err := p.do(person, "retry-run", map[string]any{"run": id}); err != nil {
					t.Fatal(err)
				}
				p.ends(id, run.Succeeded)
				h.mu.Lock()
				if b := h.repos["git.example.com/acme/"+name]; len(b) != 1 || b["main"] == "" || h.pulls["git.example.com/acme/"+name+" more"] != 1 {
					t.Errorf("%s: branches %v, pull requests %v", name, b, h.pulls)
				}
				twice := name == "order-after" // nobody can know; the log says so
				if n := h.issues - issues; n != 1 && !twice || twice && (n != 2 || !strings.Contains(p.log(id), "may have done this already")) {
					t.Errorf("%s: %d issues\n%s", name, n, p.log(id))
				}
				h.mu.Unlock()
				if got := p.made(id); got != "hosted-repository made, pull-request made, location made" {
					t.Errorf("%s left: %s", name, got)
				}
			}
		}
		if !h.tokens["tok-of-ada"] || len(h.tokens) != 1 {
			t.Errorf("written in the name of %v", h.tokens)
		}
	})
}

// A name that somebody takes between form and run is a conflict that says what
// was not done, and stays one when it is tried again.
func TestTheNameIsTakenElsewhere(t *testing.T) {
	s := storetest.SQLite(t)
	h := newHost()
	p := newPortal(t, s, setup{publisher: h, files: fstest.MapFS{"makes/template.yaml": {Data: []byte(elsewhere)}, "makes/skeleton/README.md": {Data: []byte("#\n")}}})
	id := p.mustOrder("taken")
	h.mu.Lock()
	h.repos["git.example.com/acme/taken"] = map[string]string{}
	h.mu.Unlock()
	if _, err := p.order(person, "taken", nil); !strings.Contains(fields(err)+err.Error(), "already") {
		t.Errorf("a second order: %v", err)
	}
	p.begin()
	for range 2 {
		if r := p.ends(id, run.Failed); !strings.Contains(r.Error, "Nothing was published") {
			t.Errorf("error %q", r.Error)
		}
		if got := p.made(id); got != "" {
			t.Errorf("it claims to have made %s", got)
		}
		if _, err := p.do(person, "retry-run", map[string]any{"run": id}); err != nil {
			t.Fatal(err)
		}
	}
	if r := p.ends(id, run.Failed); len(h.repos["git.example.com/acme/taken"]) != 0 {
		t.Errorf("somebody else's repository was pushed to: %v, %s", h.repos, r.Error)
	}
}

const branches = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: makes, title: Changes a service}
spec:
  type: service
  parameters: {required: [name], properties: {name: {title: Name, type: string}}}
  steps:
    - {id: files, action: fetch:template, input: {url: ./skeleton, values: {name: x}}}
    - id: propose
      action: publish:git:pull-request
      input: {repoUrl: "waymark?owner=payments-team&repo=${{ parameters.name }}", branchName: add-notes, title: Add notes, targetPath: docs, filesToDelete: [old.txt]}
  output: {branch: "${{ steps.propose.output.branchName }}", commit: "${{ steps.propose.output.commitHash }}"}
`

// On the embedded forge a proposal is a branch, made once however often it is
// tried, and only in a repository of the team that asks.
func TestProposeOnTheEmbeddedForge(t *testing.T) {
	s := storetest.SQLite(t)
	p := newPortal(t, s, setup{files: fstest.MapFS{"makes/template.yaml": {Data: []byte(branches)}, "makes/skeleton/notes.md": {Data: []byte("Notes\n")}}})
	p.begin()
	for name, owner := range map[string]string{"ours": team, "theirs": other} {
		publication := forge.Publication{Owner: "payments-team", Name: name, Mark: "run_before", Message: "Begin", Author: forge.Author{Name: "Ben", Email: "b@example.com"}, When: time.Now(),
			Files: []forge.File{{Path: "README.md", Data: []byte("#\n")}, {Path: "old.txt", Data: []byte("old\n")}}}
		if _, err := p.forge.Publish(t.Context(), publication); err != nil {
			t.Fatal(err)
		}
		err := s.Write(t.Context(), func(x tx.Tx) error {
			if err := s.ReserveRepository(t.Context(), x, forge.Repository{Owner: "payments-team", Name: name, Team: owner, Run: "run_before", CreatedBy: person.ID}); err != nil {
				return err
			}
			return s.ReadyRepository(t.Context(), x, "payments-team", name, "run_before")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.ends(p.mustOrder("ours"), run.Succeeded)
	files, err := p.forge.FS(t.Context(), "payments-team", "ours", "add-notes")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := fs.ReadFile(files, "docs/notes.md"); err != nil || string(b) != "Notes\n" {
		t.Errorf("docs/notes.md: %q %v", b, err)
	}
	if _, err := fs.Stat(files, "old.txt"); err == nil {
		t.Error("old.txt is still on the branch")
	}
	if main, err := p.forge.Commits(t.Context(), "payments-team", "ours", 5); err != nil || len(main) != 1 {
		t.Errorf("main has %d commits, %v", len(main), err)
	}
	if r := p.ends(p.mustOrder("theirs"), run.Failed); !strings.Contains(r.Error, "belongs to "+other) {
		t.Errorf("another team's repository: %q", r.Error)
	}
	if _, err := p.forge.FS(t.Context(), "payments-team", "theirs", "add-notes"); err == nil {
		t.Error("a branch was pushed to another team's repository")
	}
}

var _ scaffold.Publisher = (*host)(nil)
