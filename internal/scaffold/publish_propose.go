package scaffold

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

const (
	proposeInput = repoInput + `,"branchName":{"type":"string","title":"Branch"},"targetBranchName":{"type":"string","description":"Default: the repository's default branch."},"title":{"type":"string"},"description":{"type":"string"},
"sourcePath":{"type":"string","description":"Folder of the workspace whose files are proposed."},"targetPath":{"type":"string","description":"Folder of the repository that they go to."},"commitMessage":{"type":"string","description":"Default: the title."},"gitAuthorName":{"type":"string"},"gitAuthorEmail":{"type":"string"},
"filesToDelete":` + nameList + `,"update":{"type":"boolean","description":"Add to the branch when it is there already."},"reviewers":` + nameList + `,"assignees":` + nameList + `,"teamReviewers":` + nameList
	proposedOutput = `{"type":"object","properties":{"remoteUrl":{"type":"string","title":"Address of the request"},"pullRequestNumber":{"type":"integer"},"targetBranchName":{"type":"string"}}}`
	undoProposal   = "The branch and the request stay; close the request and delete the branch there."
)

var proposeActions = []Action{
	{ID: "publish:github:pull-request", Summary: "Proposes the workspace as a change to a repository on GitHub.", Undo: undoProposal,
		do: propose("publish:github:pull-request", "github"), plan: planPropose("publish:github:pull-request", "github"), Output: json.RawMessage(proposedOutput),
		Input: inputOf(`"repoUrl","branchName","title","description"`, proposeInput, `"draft":`+flags),
		Examples: []Example{{"Add a catalog file to a repository.",
			`{"repoUrl":"github.com?owner=acme&repo=refunds","branchName":"catalog-file","title":"Tell the catalog of refunds","description":"Made by a template.","reviewers":["ada"]}`}}},
	{ID: "publish:gitlab:merge-request", Summary: "Proposes the workspace as a change to a project on GitLab.", Undo: undoProposal,
		do: propose("publish:gitlab:merge-request", "gitlab"), plan: planPropose("publish:gitlab:merge-request", "gitlab"),
		Output: json.RawMessage(`{"type":"object","properties":{"targetBranchName":{"type":"string"},"projectid":{"type":["integer","string"]},"projectPath":{"type":"string"},"mergeRequestUrl":{"type":"string"},"mergeRequestIid":{"type":"integer"}}}`),
		Input:  inputOf(`"repoUrl","branchName","title"`, proposeInput, `"removeSourceBranch":`+flags+`,"squash":`+flags+`,"assignee":{"type":"string"},"labels":{"type":["string","array"]},"commitAction":{"enum":["create","update","delete","skip","auto"]}`),
		Examples: []Example{{"Change a file in a project.",
			`{"repoUrl":"gitlab.com?owner=acme/payments&repo=refunds","branchName":"limits","title":"Raise the limits","description":"","removeSourceBranch":true}`}}},
	{ID: "publish:gitea:pull-request", Summary: "Proposes the workspace as a change to a repository on Gitea or Forgejo.", Undo: undoProposal,
		do: propose("publish:gitea:pull-request", "gitea"), plan: planPropose("publish:gitea:pull-request", "gitea"), Output: json.RawMessage(proposedOutput),
		Input: inputOf(`"repoUrl","branchName","title"`, proposeInput, `"draft":`+flags),
		Examples: []Example{{"Change a file in a repository.",
			`{"repoUrl":"gitea.com?owner=acme&repo=refunds","branchName":"limits","title":"Raise the limits","description":"Asked for by the platform."}`}}},
	{ID: "gitlab:repo:push", Summary: "Commits the workspace to a branch of a project on GitLab, which is made when it is not there.", Undo: "The commit stays; revert it there.",
		do: pushBranch, plan: planPush, Output: json.RawMessage(`{"type":"object","properties":{"projectid":{"type":["integer","string"]},"projectPath":{"type":"string"},"commitHash":{"type":"string"}}}`),
		Input:    inputOf(`"repoUrl","branchName","commitMessage"`, repoInput, `"branchName":{"type":"string"},"commitMessage":{"type":"string"},"sourcePath":{"type":"string"},"targetPath":{"type":"string"},"commitAction":{"enum":["create","update","delete","auto"]}`),
		Examples: []Example{{"Commit to a branch.", `{"repoUrl":"gitlab.com?owner=acme&repo=refunds","branchName":"main","commitMessage":"Set the limits"}`}}},
	{ID: "publish:git:pull-request", Summary: "Pushes the workspace to a branch of a repository on the embedded forge, for its team to merge.", Undo: "The branch stays; delete it with git push --delete.",
		do: branchHere, plan: planBranch, Output: json.RawMessage(`{"type":"object","properties":{"remoteUrl":{"type":"string"},"branchName":{"type":"string"},"targetBranchName":{"type":"string"},"commitHash":{"type":"string"}}}`),
		Input:    inputOf(`"repoUrl","branchName","title"`, `"repoUrl":{"type":"string"},"branchName":{"type":"string"},"title":{"type":"string"},"description":{"type":"string"},"sourcePath":{"type":"string"},"targetPath":{"type":"string"},"commitMessage":{"type":"string"},"gitAuthorName":{"type":"string"},"gitAuthorEmail":{"type":"string"},"filesToDelete":`+nameList),
		Examples: []Example{{"Change files of a service on the embedded forge.", `{"repoUrl":"waymark?owner=payments-team&repo=refunds","branchName":"limits","title":"Raise the limits"}`}}},
}

// proposal reads what a step proposes.
func (c *call) proposal(action, kind string) (target, forge.Proposal, error) {
	branch := inputText(c.input, "branchName")
	t, err := c.target(action, kind, branch)
	if err != nil {
		return t, forge.Proposal{}, err
	}
	if to := inputText(c.input, "targetBranchName"); to != "" && !forge.ValidBranch(to) {
		return t, forge.Proposal{}, fault.Newf(fault.Invalid, "%s: %q cannot be the name of a branch.", action, to)
	}
	files, gone, err := c.changes(action)
	if err != nil {
		return t, forge.Proposal{}, err
	}
	title := firstText(inputText(c.input, "title"), inputText(c.input, "commitMessage"))
	update, _ := c.input["update"].(bool)
	return t, forge.Proposal{Place: t.at, Branch: branch, Target: inputText(c.input, "targetBranchName"), Title: title, Body: inputText(c.input, "description"),
		Files: files, Delete: gone, Update: update, Options: c.options(),
		Publication: c.publication(files, firstText(inputText(c.input, "commitMessage"), title))}, nil
}

// changes are the files that a step proposes, and the paths that it deletes.
func (c *call) changes(action string) (files []forge.File, gone []string, err error) {
	how := inputText(c.input, "commitAction")
	if how != "skip" {
		if files, err = c.tree(action, inputText(c.input, "targetPath")); err != nil {
			return nil, nil, err
		}
	}
	list, _ := c.input["filesToDelete"].([]any)
	for _, p := range texts(list) {
		clean, err := CleanPath(p)
		if err != nil || clean == "" {
			return nil, nil, fault.Newf(fault.Invalid, "%s: filesToDelete: %q is no path of a file.", action, p)
		}
		gone = append(gone, clean)
	}
	if how == "delete" {
		for _, f := range files {
			gone = append(gone, f.Path)
		}
		files = nil
	}
	if len(files)+len(gone) == 0 && how != "skip" {
		return nil, nil, fault.New(fault.Invalid, action+": the workspace is empty, so there is nothing to propose.")
	}
	return files, gone, nil
}

func planPropose(action, kind string) func(*call) error {
	return func(c *call) error {
		t, p, err := c.proposal(action, kind)
		if err != nil {
			return err
		}
		c.proposed(t, forge.Proposed{Number: 1, Target: firstText(p.Target, forge.Branch), URL: t.links.Web, Commit: noCommit})
		return nil
	}
}

func propose(action, kind string) func(context.Context, *call) error {
	return func(ctx context.Context, c *call) error {
		t, p, err := c.proposal(action, kind)
		if err != nil {
			return err
		}
		c.unmet(action, "forceFork", "signCommit", "assignReviewersFromApprovalRules")
		thing := Artefact{Kind: MadeProposal, Ref: t.at.String() + " " + p.Branch, URL: t.links.Web}
		if err := c.begin(ctx, thing); err != nil {
			return err
		}
		done, err := c.engine.o.Publisher.Propose(ctx, p, t.cred)
		for _, text := range done.Notes {
			c.log("warn", text)
		}
		if err != nil {
			return err
		}
		if done.Commit == "" {
			c.log("warn", "The repository holds all of this already: no branch was made and no request opened.")
			c.output["targetBranchName"] = done.Target
			thing.State, thing.Note = ArtefactRemoved, "It was not needed."
			return c.write(ctx, func(db tx.Tx) error { return c.putMade(ctx, db, thing) })
		}
		c.proposed(t, done)
		c.logf("%d is open: %s", done.Number, done.URL)
		thing.URL, thing.Mark = done.URL, done.Commit
		return c.made(ctx, thing)
	}
}

// proposed sets the outputs by which templates of each host know them.
func (c *call) proposed(t target, p forge.Proposed) {
	c.output["targetBranchName"] = p.Target
	if t.kind == "gitlab" {
		c.output["projectid"], c.output["projectPath"], c.output["mergeRequestUrl"], c.output["mergeRequestIid"] = p.Project, t.at.Slug(), p.URL, p.Number
		return
	}
	c.output["remoteUrl"], c.output["pullRequestNumber"] = p.URL, p.Number
}

func planPush(c *call) error {
	t, _, err := c.proposal("gitlab:repo:push", "gitlab")
	c.output["projectid"], c.output["projectPath"], c.output["commitHash"] = 0, t.at.Slug(), noCommit
	return err
}

// pushBranch commits to a branch without a request.
func pushBranch(ctx context.Context, c *call) error {
	t, p, err := c.proposal("gitlab:repo:push", "gitlab")
	if err != nil {
		return err
	}
	p.Only, p.Update = true, true
	done, err := c.engine.o.Publisher.Propose(ctx, p, t.cred)
	if err != nil {
		return err
	}
	found, err := c.engine.o.Publisher.Find(ctx, t.at, t.cred)
	if err != nil {
		return err
	}
	c.output["projectid"], c.output["projectPath"], c.output["commitHash"] = found.ID, t.at.Slug(), done.Commit
	if done.Commit == "" {
		c.logf("%s holds all of this already", t.at)
		return nil
	}
	c.logf("committed to %s of %s, %.10s", p.Branch, t.at, done.Commit)
	return nil
}

// brancher is a forge that takes branches; the embedded one does.
type brancher interface {
	List(ctx context.Context, owner, repo, ref string) (forge.Listing, error)
	CommitBranch(ctx context.Context, b forge.Branched) (string, error)
}

// here reads the repository on the embedded forge that a branch goes to.
func (c *call) here() (owner, name, branch string, err error) {
	parts, err := expr.RepoURL(inputText(c.input, "repoUrl"))
	if err != nil {
		return "", "", "", fault.New(fault.Invalid, "publish:git:pull-request: "+err.Error()+".")
	}
	owner, _ = parts["owner"].(string)
	name, _ = parts["repo"].(string)
	branch = inputText(c.input, "branchName")
	switch {
	case parts["host"] != forge.Host || !forge.ValidName(owner) || !forge.ValidName(name):
		return "", "", "", fault.Newf(fault.Invalid, "publish:git:pull-request: the address is %s?owner=OWNER&repo=NAME, of a repository on the embedded forge.", forge.Host)
	case !forge.ValidBranch(branch) || branch == forge.Branch:
		return "", "", "", fault.Newf(fault.Invalid, "publish:git:pull-request: %q cannot be the name of the new branch.", branch)
	}
	return owner, name, branch, c.engine.o.Forge.Available()
}

func planBranch(c *call) error {
	owner, name, branch, err := c.here()
	if err != nil {
		return err
	}
	if _, _, err := c.changes("publish:git:pull-request"); err != nil {
		return err
	}
	c.branched(owner, name, branch, noCommit)
	return nil
}

func (c *call) branched(owner, name, branch, hash string) {
	c.output["remoteUrl"], c.output["branchName"], c.output["targetBranchName"], c.output["commitHash"] = c.engine.o.Forge.CloneURL(owner, name), branch, forge.Branch, hash
}

// branchHere pushes a branch to a repository of the embedded forge that
// belongs to the team of the run.
func branchHere(ctx context.Context, c *call) error {
	owner, name, branch, err := c.here()
	if err != nil {
		return err
	}
	r, err := c.engine.o.Store.Repository(ctx, owner, name)
	if err != nil {
		return err
	}
	if r.Team != c.order.Team {
		return fault.Newf(fault.Forbidden, "The repository %s belongs to %s, but this is made for %s. Nothing was pushed.", r.Slug(), r.Team, firstText(c.order.Team, "no team"))
	}
	at, ok := c.engine.o.Forge.(brancher)
	if !ok {
		return fault.New(fault.Unavailable, "This forge takes no branches.")
	}
	files, gone, err := c.changes("publish:git:pull-request")
	if err != nil {
		return err
	}
	main, err := at.List(ctx, owner, name, "")
	if err != nil {
		return err
	}
	p := c.publication(files, firstText(inputText(c.input, "commitMessage"), inputText(c.input, "title")))
	sum := sha256.Sum256([]byte(c.id + " " + branch))
	b := forge.Branched{Owner: owner, Name: name, Branch: branch, Parent: main.Commit, Message: p.Message, Author: p.Author, When: p.When,
		Mark: c.run + "-" + hex.EncodeToString(sum[:6])}
	for _, f := range files {
		b.Changes = append(b.Changes, forge.Change{File: f})
	}
	for _, p := range gone {
		b.Changes = append(b.Changes, forge.Change{File: forge.File{Path: p}, Delete: true})
	}
	hash, err := at.CommitBranch(ctx, b)
	if err != nil {
		return err
	}
	c.branched(owner, name, branch, hash)
	c.logf("branch %s of %s/%s is pushed, commit %.10s", branch, owner, name, hash)
	return c.made(ctx, Artefact{Kind: MadeProposal, Ref: owner + "/" + name + " " + branch, URL: "/git/" + owner + "/" + name, Mark: hash})
}
