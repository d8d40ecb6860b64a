package scaffold

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Inputs that actions share, as properties of their schemas.
const (
	repoInput   = `"repoUrl":{"type":"string","title":"Repository","description":"host?owner=OWNER&repo=NAME; the host is one of catalog.hosts."},"token":{"type":"string","title":"Token","description":"A person's own token, from secrets. Default: the portal's, write_token of the host."}`
	commitInput = `"defaultBranch":{"type":"string","title":"Default branch","description":"Default main."},"gitCommitMessage":{"type":"string","title":"Commit message"},"gitAuthorName":{"type":"string"},"gitAuthorEmail":{"type":"string"},"sourcePath":{"type":"string","description":"Folder of the workspace that is published. Default: all of it."}`
	flags       = `{"type":"boolean"}`
	nameList    = `{"type":"array","items":{"type":"string"}}`

	gitHubRepoInput = repoInput + `,"description":{"type":["string","null"]},"homepage":{"type":"string"},"repoVisibility":{"enum":["private","public","internal"],"description":"Default private."},
"access":{"type":"string","description":"A person, or organisation/team, who becomes administrator."},"collaborators":{"type":"array","items":{"type":"object","properties":{"user":{"type":"string"},"username":{"type":"string"},"team":{"type":"string"},"access":{"type":"string"}},"anyOf":[{"required":["user"]},{"required":["username"]},{"required":["team"]}]}},
"topics":` + nameList + `,"hasIssues":` + flags + `,"hasProjects":` + flags + `,"hasWiki":` + flags + `,"deleteBranchOnMerge":` + flags + `,"allowMergeCommit":` + flags + `,"allowSquashMerge":` + flags + `,"allowRebaseMerge":` + flags + `,"allowAutoMerge":` + flags + `,"allowUpdateBranch":` + flags + `,
"squashMergeCommitTitle":{"enum":["PR_TITLE","COMMIT_OR_PR_TITLE"]},"squashMergeCommitMessage":{"enum":["PR_BODY","COMMIT_MESSAGES","BLANK"]},"customProperties":{"type":"object"},"repoVariables":{"type":"object","additionalProperties":{"type":"string"}},"secrets":{"type":"object","additionalProperties":{"type":"string"},"description":"Secrets of GitHub Actions."}`
	protectInput = `"requiredApprovingReviewCount":{"type":"integer","minimum":0,"maximum":6},"requireCodeOwnerReviews":` + flags + `,"dismissStaleReviews":` + flags + `,"requiredStatusCheckContexts":` + nameList + `,"requireBranchesToBeUpToDate":` + flags + `,
"requiredConversationResolution":` + flags + `,"requireLastPushApproval":` + flags + `,"requiredCommitSigning":` + flags + `,"requiredLinearHistory":` + flags + `,"blockCreations":` + flags + `,"protectEnforceAdmins":` + flags + `,"restrictions":{"type":"object"},"bypassPullRequestAllowances":{"type":"object"}`
	publishedOutput = `{"type":"object","required":["remoteUrl","repoContentsUrl","commitHash"],"properties":{"remoteUrl":{"type":"string","title":"Address to clone from"},"repoContentsUrl":{"type":"string","title":"Address of the files, for catalog:register"},"commitHash":{"type":"string"}}}`
	createdOutput   = `{"type":"object","properties":{"remoteUrl":{"type":"string"},"repoContentsUrl":{"type":"string"}}}`

	undoHosted = "The repository stays on its host and the run names it; a retry goes on with it, or remove it there."
)

// inputOf is the JSON Schema of an object with these properties.
func inputOf(required string, properties ...string) json.RawMessage {
	s := `{"type":"object","required":[` + required + `],"properties":{`
	for i, p := range properties {
		if i > 0 {
			s += ","
		}
		s += p
	}
	return json.RawMessage(s + `}}`)
}

var publishActions = []Action{
	{ID: "publish:github", Summary: "Publishes the workspace as a new repository on GitHub or GitHub Enterprise.", Undo: undoHosted,
		do: publishTo("publish:github", "github"), plan: planTo("publish:github", "github"), Output: json.RawMessage(publishedOutput),
		Input: inputOf(`"repoUrl"`, gitHubRepoInput, commitInput, protectInput, `"protectDefaultBranch":{"type":"boolean","description":"Default true."}`),
		Examples: []Example{{"A private repository with a team as administrator.",
			`{"repoUrl":"github.com?owner=acme&repo=refunds","description":"Pays money back","access":"acme/payments","topics":["payments"],"protectDefaultBranch":true}`}}},
	{ID: "publish:gitlab", Summary: "Publishes the workspace as a new project on GitLab.", Undo: undoHosted,
		do: publishTo("publish:gitlab", "gitlab"), plan: planTo("publish:gitlab", "gitlab"), Output: json.RawMessage(publishedOutput),
		Input: inputOf(`"repoUrl"`, repoInput, commitInput, `"repoVisibility":{"enum":["private","public","internal"],"description":"Default private."},"topics":`+nameList+`,"skipExisting":`+flags+`,
"settings":{"type":"object","description":"As GitLab's API names them: description, visibility, topics, merge_method, squash_option, ci_config_path …"},
"branches":{"type":"array","items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"protect":`+flags+`,"create":`+flags+`,"ref":{"type":"string"}}}},
"projectVariables":{"type":"array","items":{"type":"object","required":["key","value"],"properties":{"key":{"type":"string"},"value":{"type":"string"}}}}`),
		Examples: []Example{{"An internal project in a group below another.",
			`{"repoUrl":"gitlab.com?owner=acme/payments&repo=refunds","settings":{"visibility":"internal","merge_method":"ff"},"branches":[{"name":"next","create":true,"protect":true}]}`}}},
	{ID: "publish:gitea", Summary: "Publishes the workspace as a new repository on Gitea or Forgejo.", Undo: undoHosted,
		do: publishTo("publish:gitea", "gitea"), plan: planTo("publish:gitea", "gitea"), Output: json.RawMessage(publishedOutput),
		Input: inputOf(`"repoUrl"`, repoInput, commitInput, protectInput, `"description":{"type":["string","null"]},"repoVisibility":{"enum":["private","public"],"description":"Default private."},"topics":`+nameList+`,
"collaborators":{"type":"array","items":{"type":"object","properties":{"user":{"type":"string"},"username":{"type":"string"},"access":{"type":"string"}}}},"protectDefaultBranch":{"type":"boolean","description":"Default false."}`),
		Examples: []Example{{"A public repository.", `{"repoUrl":"gitea.com?owner=acme&repo=refunds","repoVisibility":"public","defaultBranch":"main"}`}}},
	{ID: "github:repo:create", Summary: "Makes an empty repository on GitHub.", Undo: undoHosted, do: createOn, plan: planCreate, Output: json.RawMessage(createdOutput),
		Input:    inputOf(`"repoUrl"`, gitHubRepoInput, `"autoInit":`+flags),
		Examples: []Example{{"A repository that a later step fills.", `{"repoUrl":"github.com?owner=acme&repo=refunds","repoVisibility":"private"}`}}},
	{ID: "github:repo:push", Summary: "Pushes the workspace to a repository on GitHub that has no commit on the branch yet.", Undo: undoHosted, do: pushTo, plan: planTo("github:repo:push", "github"), Output: json.RawMessage(publishedOutput),
		Input:    inputOf(`"repoUrl"`, repoInput, commitInput, protectInput, `"protectDefaultBranch":{"type":"boolean","description":"Default true."}`),
		Examples: []Example{{"Fill what github:repo:create has made.", `{"repoUrl":"github.com?owner=acme&repo=refunds","gitCommitMessage":"Begin"}`}}},
}

// options are the input as the host takes it, without what is nobody's
// business there.
func (c *call) options() map[string]any {
	out := maps.Clone(c.input)
	delete(out, "token")
	return out
}

func (c *call) branch() string { return firstText(inputText(c.input, "defaultBranch"), forge.Branch) }

// planTo is a publishing action in a dry run.
func planTo(action, kind string) func(*call) error {
	return func(c *call) error {
		t, err := c.target(action, kind, c.branch())
		if err != nil {
			return err
		}
		files, err := c.filled(action)
		if err != nil {
			return err
		}
		if skip, _ := c.input["skipExisting"].(bool); !skip && action != "github:repo:push" {
			c.places = append(c.places, t.hosted)
		}
		c.rendered(Published{Host: t.at.Host, Repository: t.at.Slug(), Branch: t.branch, Files: files})
		c.publishedAt(t, noCommit)
		return nil
	}
}

// filled is the tree that a repository begins with.
func (c *call) filled(action string) ([]forge.File, error) {
	files, err := c.tree(action, "")
	if err == nil && len(files) == 0 {
		err = fault.New(fault.Invalid, action+": the workspace is empty.")
	}
	return files, err
}

// publishTo makes a repository and fills it.
func publishTo(action, kind string) func(context.Context, *call) error {
	return func(ctx context.Context, c *call) error {
		t, err := c.target(action, kind, c.branch())
		if err != nil {
			return err
		}
		c.unmet(action, "signCommit", "oidcCustomization", "subscribe", "workflowAccess", "setUserAsOwner")
		files, err := c.filled(action)
		if err != nil {
			return err
		}
		n := forge.NewHosted{Place: t.at, Branch: t.branch, Options: c.options()}
		if skip, _ := c.input["skipExisting"].(bool); skip {
			if there, err := c.isThere(ctx, t); err != nil || there {
				return err
			}
		}
		if err := c.claim(ctx, t, n); err != nil {
			return err
		}
		return c.fillPlace(ctx, t, n, files)
	}
}

// isThere leaves a repository alone that somebody has made before, where the
// template says so.
func (c *call) isThere(ctx context.Context, t target) (bool, error) {
	tried, err := c.recall(ctx, "publish "+t.at.String(), &attempt{})
	if err != nil || tried {
		return false, err
	}
	found, err := c.engine.o.Publisher.Find(ctx, t.at, t.cred)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	c.publishedAt(t, "")
	c.output["created"], c.output["projectId"] = false, found.ID
	c.logf("%s is there already and stays as it is", t.at)
	return true, nil
}

// fillPlace pushes the first commit, sets what the input says and records it.
func (c *call) fillPlace(ctx context.Context, t target, n forge.NewHosted, files []forge.File) error {
	p := forge.HostedPush{Place: t.at, Branch: t.branch, Publication: c.publication(files, firstText(inputText(c.input, "gitCommitMessage"), "Initial commit"))}
	hash, err := c.engine.o.Publisher.Push(ctx, p, t.cred)
	if err != nil {
		return err
	}
	err = c.write(ctx, func(db tx.Tx) error {
		if err := c.keepMade(ctx, db, c.repository(t, hash)); err != nil {
			return err
		}
		return c.keepBase(ctx, db, Published{Host: t.at.Host, Repository: t.at.Slug(), Branch: t.branch, Commit: hash, Files: files})
	})
	if err != nil {
		return err
	}
	c.publishedAt(t, hash)
	c.logf("%d files published as %s, commit %.10s", len(files), t.at, hash)
	notes, err := c.engine.o.Publisher.Settle(ctx, n, t.cred)
	for _, text := range notes {
		c.log("warn", text)
	}
	if err != nil || t.kind != "gitlab" {
		return err
	}
	found, err := c.engine.o.Publisher.Find(ctx, t.at, t.cred)
	c.output["projectId"], c.output["created"] = found.ID, true
	return err
}

func planCreate(c *call) error {
	t, err := c.target("github:repo:create", "github", forge.Branch)
	if err != nil {
		return err
	}
	c.places = append(c.places, t.hosted)
	c.output["remoteUrl"], c.output["repoContentsUrl"] = t.links.Clone, t.links.Contents
	return nil
}

// createOn makes a repository and leaves it empty.
func createOn(ctx context.Context, c *call) error {
	t, err := c.target("github:repo:create", "github", forge.Branch)
	if err != nil {
		return err
	}
	c.unmet("github:repo:create", "oidcCustomization", "subscribe", "workflowAccess")
	n := forge.NewHosted{Place: t.at, Options: c.options()}
	if err := c.claim(ctx, t, n); err != nil {
		return err
	}
	if _, err := c.engine.o.Publisher.Settle(ctx, n, t.cred); err != nil {
		return err
	}
	c.output["remoteUrl"], c.output["repoContentsUrl"] = t.links.Clone, t.links.Contents
	return c.made(ctx, c.repository(t, ""))
}

// pushTo fills a repository that is there.
func pushTo(ctx context.Context, c *call) error {
	t, err := c.target("github:repo:push", "github", c.branch())
	if err != nil {
		return err
	}
	c.unmet("github:repo:push", "signCommit")
	files, err := c.filled("github:repo:push")
	if err != nil {
		return err
	}
	return c.fillPlace(ctx, t, forge.NewHosted{Place: t.at, Branch: t.branch, Options: c.options()}, files)
}
