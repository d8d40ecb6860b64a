package scaffold

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Base is what a run has published from a template: the common ancestor of
// every later upgrade.
type Base struct {
	Host       string // forge.Host, or the name of another host
	Repository string // path on its host, such as owner/name
	Branch     string // that it was published to; empty means forge.Branch
	Commit     string
	Template   string // reference
	Version    string
	Digest     string // of the template's version, see Version
	Run        string // that published
	Entity     string // reference of what is made, may be empty
	Team       string // reference of the group that owns it
	By         string
	Answers    json.RawMessage // without secrets
	Files      []forge.File    // as published
}

// Bases keeps what was published. The store does.
type Bases interface {
	// KeepBase records b in the transaction of its publication. A second call
	// for the same repository and template replaces the first.
	KeepBase(ctx context.Context, t tx.Tx, b Base) error
	// DropBase forgets what a run has kept of a repository that is removed.
	DropBase(ctx context.Context, t tx.Tx, run string) error
}

// Published says where the files of a step went.
type Published struct {
	Host, Repository, Branch, Commit string
	Files                            []forge.File
}

// keepBase records what a step has just published. Every action that fills a
// repository calls it in the transaction in which it records its success.
func (c *call) keepBase(ctx context.Context, t tx.Tx, p Published) error {
	if c.engine.o.Bases == nil {
		return nil
	}
	answers, err := json.Marshal(c.order.Values)
	if err != nil {
		return err
	}
	b := Base{Host: p.Host, Repository: p.Repository, Branch: p.Branch, Commit: p.Commit, Files: p.Files,
		Template: c.order.Template, Version: c.order.Version, Digest: c.order.Digest, Run: c.run, Team: c.order.Team, By: c.order.By, Answers: answers}
	if b.Branch == "" {
		b.Branch = forge.Branch
	}
	if list := entities(c.work); len(list) > 0 {
		b.Entity = list[0].Ref.String()
	}
	return c.engine.o.Bases.KeepBase(ctx, t, b)
}

// rendered notes in a dry run what a step would publish; plans call it.
func (c *call) rendered(p Published) { c.trees = append(c.trees, p) }
