package scaffold

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

// otherActions are those without a file to themselves in the list of actions.
var otherActions = slices.Concat(workspaceActions, utilActions, debugActions, noticeActions, checkActions, requestActions, gitActions)

var gitActions = []Action{
	{ID: "publish:git", Summary: "Publishes the workspace as a new repository on the embedded forge.",
		Undo: "Clean up removes the repository as long as nobody has pushed to it.", do: publishGit, plan: planGit,
		Input: json.RawMessage(`{"type":"object","required":["repoUrl"],"properties":{
"repoUrl":{"type":"string","description":"waymark?owner=TEAM&repo=NAME"},"description":{"type":["string","null"]},
"defaultBranch":{"type":"string","const":"main"},"gitCommitMessage":{"type":"string"},"gitAuthorName":{"type":"string"},"gitAuthorEmail":{"type":"string"},
"sourcePath":{"type":"string","description":"Folder of the workspace that becomes the repository; the workspace itself when left out."}}}`),
		Output: json.RawMessage(`{"type":"object","properties":{"remoteUrl":{"type":"string","description":"Where it is cloned from."},
"repoContentsUrl":{"type":"string","description":"For catalog:register."},"commitHash":{"type":"string"}}}`),
		Examples: []Example{{"Publish what the steps before have made.", "repoUrl: waymark?owner=payments-team&repo=refund-api"}}},
}

// forgeRepo reads a repository address that must be on the embedded forge.
func forgeRepo(repoURL string) (owner, name string, err error) {
	parts, err := expr.RepoURL(repoURL)
	if err != nil {
		return "", "", fault.New(fault.Invalid, "publish:git: "+err.Error()+".")
	}
	owner, _ = parts["owner"].(string)
	name, _ = parts["repo"].(string)
	switch {
	case parts["host"] != forge.Host:
		return "", "", fault.Newf(fault.Invalid, "publish:git publishes on the embedded forge only; the address begins with %s?owner=, not %s.", forge.Host, parts["host"])
	case !forge.ValidName(owner):
		return "", "", fault.Newf(fault.Invalid, "%q cannot own repositories. %s", owner, forge.NameRule)
	case !forge.ValidName(name):
		return "", "", fault.Newf(fault.Invalid, "%q cannot be the name of a repository. %s", name, forge.NameRule)
	}
	return owner, name, nil
}

// planGit is publish:git in a dry run: it says what would be made.
func planGit(c *call) error {
	owner, name, err := forgeRepo(inputText(c.input, "repoUrl"))
	if err != nil {
		return err
	}
	if err := c.engine.o.Forge.Available(); err != nil {
		return err
	}
	files, err := c.commitFiles()
	if err != nil {
		return err
	}
	c.rendered(Published{Host: forge.Host, Repository: owner + "/" + name, Branch: forge.Branch, Files: files})
	c.repos = append(c.repos, Repo{owner, name})
	c.published(owner, name, strings.Repeat("0", 40))
	return nil
}

func (c *call) published(owner, name, hash string) {
	c.output["remoteUrl"] = c.engine.o.Forge.CloneURL(owner, name)
	c.output["repoContentsUrl"] = strings.TrimSuffix(forge.FileURL(owner, name, ""), "/")
	c.output["commitHash"] = hash
}

func publishGit(ctx context.Context, c *call) error {
	owner, name, err := forgeRepo(inputText(c.input, "repoUrl"))
	if err != nil {
		return err
	}
	files, err := c.commitFiles()
	if err != nil {
		return err
	}
	p := forge.Publication{Owner: owner, Name: name, Files: files, Mark: c.run, Message: inputText(c.input, "gitCommitMessage"), When: time.Now()}
	if p.Message == "" {
		p.Message = fmt.Sprintf("Make %s from %s %s", name, c.tmpl.Ref.Name, c.tmpl.Version)
	}
	p.Message += "\n\nWaymark-Run: " + c.run + "\n"
	p.Author = forge.Author{Name: inputText(c.input, "gitAuthorName"), Email: inputText(c.input, "gitAuthorEmail")}
	if p.Author.Name == "" {
		p.Author = c.order.author()
	}
	if err := c.engine.reserved(ctx, owner, name, c.run); err != nil {
		return err
	}
	repository := Artefact{Kind: MadeRepository, Ref: owner + "/" + name, URL: "/git/" + owner + "/" + name}
	if err := c.begin(ctx, repository); err != nil {
		return err
	}
	hash, err := c.engine.o.Forge.Publish(ctx, p)
	if err != nil {
		return err
	}
	repository.Mark = hash
	done := Published{Host: forge.Host, Repository: owner + "/" + name, Branch: forge.Branch, Commit: hash, Files: files}
	err = c.write(ctx, func(t tx.Tx) error {
		if err := c.engine.o.Store.ReadyRepository(ctx, t, owner, name, c.run); err != nil {
			return err
		}
		if err := c.keepMade(ctx, t, repository); err != nil {
			return err
		}
		return c.keepBase(ctx, t, done)
	})
	if err != nil {
		return err
	}
	c.published(owner, name, hash)
	c.logf("%d files published as %s/%s, commit %.10s", len(files), owner, name, hash)
	return nil
}

// commitFiles are the files of the source path as a commit takes them.
func (c *call) commitFiles() ([]forge.File, error) {
	dir, err := CleanPath(inputText(c.input, "sourcePath"))
	if err != nil {
		return nil, fault.New(fault.Invalid, "publish:git: "+err.Error()+".")
	}
	var out []forge.File
	for _, p := range c.work.Under(dir) {
		f, _ := c.work.Get(p)
		rel := strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")
		if rel == "" {
			rel = path.Base(p)
		}
		out = append(out, forge.File{Path: rel, Mode: f.Mode, Data: f.Data})
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "publish:git: the workspace is empty.")
	}
	return out, c.leaks(out)
}
