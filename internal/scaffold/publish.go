package scaffold

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Publisher writes to other hosts. *remote.Publisher does. Every call that
// changes something finds what an earlier one has done already.
type Publisher interface {
	// Ready says why nothing can be written to a place, and where it is found
	// otherwise. It asks nobody. kind is what the host must be, empty for any.
	Ready(at forge.Place, kind, branch string, c forge.Credential) (forge.Links, error)
	// Find looks a repository up; a fault of NotFound when there is none.
	Find(ctx context.Context, at forge.Place, c forge.Credential) (forge.Hosted, error)
	Create(ctx context.Context, n forge.NewHosted, c forge.Credential) error
	Push(ctx context.Context, p forge.HostedPush, c forge.Credential) (hash string, err error)
	// Settle sets what a repository can have only once it has a commit; notes
	// tell what the host's plan does not allow.
	Settle(ctx context.Context, n forge.NewHosted, c forge.Credential) (notes []string, err error)
	// Propose pushes a branch and opens a request to merge it.
	Propose(ctx context.Context, p forge.Proposal, c forge.Credential) (forge.Proposed, error)
	// Order does what the action of that name says.
	Order(ctx context.Context, at forge.Place, name string, in map[string]any, c forge.Credential) (map[string]any, error)
}

// The kinds of what is made on other hosts.
const (
	MadeHosted   = "hosted-repository" // Ref is host/owner/name
	MadeProposal = "pull-request"      // Ref is host/owner/name and its branch
)

// hosted is a repository on another host that a dry run would make.
type hosted struct {
	at   forge.Place
	cred forge.Credential
}

// target is where a step publishes.
type target struct {
	hosted
	kind   string
	branch string
	links  forge.Links
}

var errNoPublisher = fault.New(fault.Unavailable, "This portal writes to no other host. Name it under catalog.hosts, with a write_token.")

// placeOf reads a repository address of another host.
func placeOf(action, repoURL string) (forge.Place, error) {
	parts, err := expr.RepoURL(repoURL)
	if err != nil {
		return forge.Place{}, fault.New(fault.Invalid, action+": "+err.Error()+".")
	}
	text := func(key string) string { s, _ := parts[key].(string); return s }
	at := forge.Place{Host: strings.ToLower(text("host")), Owner: strings.Trim(text("owner"), "/"), Name: text("repo")}
	switch {
	case at.Host == forge.Host:
		return at, fault.Newf(fault.Invalid, "%s does not publish on the embedded forge; publish:git does.", action)
	case at.Owner == "" || at.Name == "":
		return at, fault.Newf(fault.Invalid, "%s: %q names no owner and repository; write %s?owner=OWNER&repo=NAME.", action, repoURL, at.Host)
	}
	return at, nil
}

// target finds where a step publishes, and refuses what cannot work.
func (c *call) target(action, kind, branch string) (target, error) {
	at, err := placeOf(action, inputText(c.input, "repoUrl"))
	if err != nil {
		return target{}, err
	}
	if c.engine.o.Publisher == nil {
		return target{}, errNoPublisher
	}
	if branch != "" && !forge.ValidBranch(branch) {
		return target{}, fault.Newf(fault.Invalid, "%s: %q cannot be the name of a branch.", action, branch)
	}
	t := target{hosted: hosted{at, forge.Credential{Token: inputText(c.input, "token")}}, kind: kind, branch: branch}
	t.links, err = c.engine.o.Publisher.Ready(at, kind, branch, t.cred)
	if err != nil {
		return t, fmt.Errorf("%s: %w", action, err)
	}
	return t, nil
}

// tree are the files of the workspace that a step publishes, below to.
func (c *call) tree(action, to string) ([]forge.File, error) {
	from, err := CleanPath(inputText(c.input, "sourcePath"))
	if err != nil {
		return nil, fault.New(fault.Invalid, action+": sourcePath: "+err.Error()+".")
	}
	if to, err = CleanPath(to); err != nil {
		return nil, fault.New(fault.Invalid, action+": targetPath: "+err.Error()+".")
	}
	var out []forge.File
	for _, p := range c.work.Under(from) {
		f, _ := c.work.Get(p)
		rel := strings.TrimPrefix(strings.TrimPrefix(p, from), "/")
		if rel == "" {
			rel = path.Base(p)
		}
		out = append(out, forge.File{Path: path.Join(to, rel), Mode: f.Mode, Data: f.Data})
	}
	return out, c.leaks(out)
}

// publication is the commit of a step. Its time is that of the run, so that a
// step that is done again makes the same commit.
func (c *call) publication(files []forge.File, message string) forge.Publication {
	when, ok := id.Time(c.run)
	if !ok {
		when = time.Unix(0, 0).UTC()
	}
	p := forge.Publication{Files: files, Mark: c.run, When: when.Truncate(time.Second), Message: strings.TrimSpace(message),
		Author: forge.Author{Name: inputText(c.input, "gitAuthorName"), Email: inputText(c.input, "gitAuthorEmail")}}
	if p.Author.Name == "" || p.Author.Email == "" {
		own := c.order.author()
		p.Author = forge.Author{Name: firstText(p.Author.Name, own.Name), Email: firstText(p.Author.Email, own.Email)}
	}
	p.Message += "\n\n" + forge.Trailer(c.run) + "\n"
	return p
}

func firstText(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// attempt is what a run remembers of a repository that it began to make.
type attempt struct {
	At time.Time `json:"at"`
}

// clockSkew is how far the clock of a host may be behind.
const clockSkew = 5 * time.Minute

// claim makes the repository, or finds the one that an earlier attempt of
// this run has made. Somebody else's is a conflict.
func (c *call) claim(ctx context.Context, t target, n forge.NewHosted) error {
	var earlier attempt
	tried, err := c.recall(ctx, "publish "+t.at.String(), &earlier)
	if err != nil {
		return err
	}
	found, err := c.engine.o.Publisher.Find(ctx, t.at, t.cred)
	switch {
	case err == nil && tried && (found.Created.IsZero() || found.Created.After(earlier.At.Add(-clockSkew))):
		c.logf("%s was made by an earlier attempt of this run", t.at)
		return nil
	case err == nil:
		return fault.Newf(fault.Conflict, "%s has a repository %s already. Nothing was published; choose another name.", t.at.Host, t.at.Slug())
	case !fault.Is(err, fault.NotFound):
		return err
	}
	thing := c.repository(t, "")
	thing.State = ArtefactBegun
	err = c.write(ctx, func(db tx.Tx) error {
		if err := c.putMade(ctx, db, thing); err != nil {
			return err
		}
		return c.keepNote(ctx, db, "publish "+t.at.String(), attempt{time.Now().UTC()})
	})
	if err != nil {
		return err
	}
	err = c.engine.o.Publisher.Create(ctx, n, t.cred)
	if err == nil {
		c.logf("%s is made", t.at)
		return nil
	}
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.TooMany) || fault.KindOf(err) == fault.Internal {
		return err // whether it was made is not known; the next attempt looks
	}
	return c.notMade(ctx, t, thing, err)
}

// notMade forgets a repository that the host refused to make.
func (c *call) notMade(ctx context.Context, t target, thing Artefact, why error) error {
	thing.State, thing.Note = ArtefactRemoved, "It was not made."
	err := c.write(ctx, func(db tx.Tx) error {
		if err := c.putMade(ctx, db, thing); err != nil {
			return err
		}
		return c.engine.o.Store.DropNote(ctx, db, run.ID(c.run), "publish "+t.at.String())
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("make %s: %w", t.at, why)
}

func (c *call) repository(t target, hash string) Artefact {
	return Artefact{Kind: MadeHosted, Ref: t.at.String(), URL: t.links.Web, Mark: hash}
}

// recall reads what the run has kept under key.
func (c *call) recall(ctx context.Context, key string, v any) (bool, error) {
	b, err := c.engine.o.Store.Note(ctx, run.ID(c.run), key)
	if err != nil || b == nil {
		return false, err
	}
	return true, json.Unmarshal(b, v)
}

// keepNote keeps v with the run.
func (c *call) keepNote(ctx context.Context, t tx.Tx, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.engine.o.Store.PutNote(ctx, t, run.ID(c.run), key, b)
}

// unmet says aloud which of a step's wishes this portal does not fulfil.
func (c *call) unmet(action string, keys ...string) {
	for _, k := range keys {
		switch v := c.input[k].(type) {
		case nil:
		case bool:
			if v {
				c.log("warn", action+" does not do "+k+" here; set it on the host.")
			}
		default:
			c.log("warn", action+" does not do "+k+" here; set it on the host.")
		}
	}
}

// placeTaken says why a repository cannot be made on another host, "" when
// its name is free.
func (e *Engine) placeTaken(ctx context.Context, h hosted) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := e.o.Publisher.Find(ctx, h.at, h.cred)
	switch {
	case err == nil:
		return fmt.Sprintf("%s has a repository %s already.", h.at.Host, h.at.Slug()), nil
	case fault.Is(err, fault.NotFound):
		return "", nil
	}
	return "", err
}

// outputs of publishing actions.
func (c *call) publishedAt(t target, hash string) {
	c.output["remoteUrl"] = t.links.Clone
	c.output["repoContentsUrl"] = t.links.Contents
	c.output["commitHash"] = hash
}

// noCommit stands for a commit in a dry run.
var noCommit = strings.Repeat("0", 40)
