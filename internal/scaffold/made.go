package scaffold

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/tx"
)

// The kinds of what runs make outside their workspace.
const (
	MadeRepository = "repository" // on the embedded forge; Ref is owner/name
	MadeLocation   = "location"   // of the catalog; Ref is its address
)

// The states of what a run makes.
const (
	ArtefactBegun   = "begun" // the step was at it: it may be there or not
	ArtefactMade    = "made"
	ArtefactRemoved = "removed" // cleaned up, or gone by itself
	ArtefactKept    = "kept"    // not cleaned up; Note says why
)

// Artefact is something that a run has made, or began to make, outside its
// workspace.
type Artefact struct {
	Run   string
	Step  string // id
	Kind  string
	Ref   string // what it is called, unique among its kind
	URL   string // where people find it; may be empty
	Mark  string // what tells it from other work, such as a commit; may be empty
	State string
	Note  string // why it is kept
}

// Left reports whether the thing is, or may be, still there and could be
// cleaned up.
func (a Artefact) Left() bool { return a.State == ArtefactBegun || a.State == ArtefactMade }

// begin notes that the step is about to make something, so that it is not
// forgotten when the process dies in the middle. Every action that makes
// something outside the workspace calls it before, and made or keepMade after.
func (c *call) begin(ctx context.Context, a Artefact) error {
	a.State = ArtefactBegun
	return c.write(ctx, func(t tx.Tx) error { return c.putMade(ctx, t, a) })
}

// made notes that something is there now.
func (c *call) made(ctx context.Context, a Artefact) error {
	return c.write(ctx, func(t tx.Tx) error { return c.keepMade(ctx, t, a) })
}

// keepMade is made in the transaction in which the step records its success.
func (c *call) keepMade(ctx context.Context, t tx.Tx, a Artefact) error {
	a.State = ArtefactMade
	return c.putMade(ctx, t, a)
}

func (c *call) putMade(ctx context.Context, t tx.Tx, a Artefact) error {
	a.Run, a.Step = c.run, c.id
	return c.engine.o.Store.PutMade(ctx, t, a)
}

// undo takes one thing away if nobody has touched it since; kept says why it
// was left, empty when it is gone. It may be called again.
type undo func(ctx context.Context, e *Engine, a Artefact, o Order) (kept string, err error)

// undos take away what runs have made, by kind. What has none is named with
// its address, for people to decide.
var undos = map[string]undo{MadeRepository: undoRepository, MadeLocation: undoLocation}

// undo takes a away.
func (e *Engine) undo(ctx context.Context, a Artefact, o Order) (kept string, err error) {
	f := undos[a.Kind]
	if f == nil {
		where := ""
		if a.URL != "" {
			where = " at " + a.URL
		}
		return fmt.Sprintf("Waymark does not remove this kind of thing by itself; remove it%s if nobody needs it.", where), nil
	}
	return f(ctx, e, a, o)
}

func undoRepository(ctx context.Context, e *Engine, a Artefact, _ Order) (string, error) {
	owner, name, _ := strings.Cut(a.Ref, "/")
	r, err := e.o.Store.Repository(ctx, owner, name)
	switch {
	case fault.Is(err, fault.NotFound):
		return "", nil
	case err != nil:
		return "", err
	case r.Run != a.Run:
		return "It belongs to other work now.", nil
	}
	err = e.o.Forge.Remove(ctx, owner, name, a.Run)
	if errors.Is(err, forge.ErrChanged) {
		return "Somebody has pushed to it since.", nil
	}
	return "", err
}

func undoLocation(ctx context.Context, e *Engine, a Artefact, o Order) (string, error) {
	by, yes, err := e.o.Catalog.Registered(ctx, a.Ref)
	switch {
	case err != nil || !yes:
		return "", err
	case by != o.By:
		return "Somebody else has registered it since.", nil
	}
	return "", e.o.Catalog.Unregister(ctx, a.Ref)
}
