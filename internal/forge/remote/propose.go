package remote

import (
	"context"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// Propose implements scaffold.Publisher.
func (p *Publisher) Propose(ctx context.Context, q forge.Proposal, c forge.Credential) (forge.Proposed, error) {
	w, api, err := p.talk(ctx, q.Place, c)
	if err != nil {
		return forge.Proposed{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.Limit)
	defer cancel()
	out, err := w.branch(ctx, &q)
	if err != nil || q.Only || out.Commit == "" {
		return out, err
	}
	made, err := api.propose(ctx, q)
	made.Target, made.Commit = out.Target, out.Commit
	return made, err
}

// branch pushes the change to its branch, unless it is there. Commit stays
// empty when there is nothing to change.
func (w *writer) branch(ctx context.Context, q *forge.Proposal) (forge.Proposed, error) {
	refs, err := w.refs(ctx)
	if err != nil {
		return forge.Proposed{}, err
	}
	base, tip, err := begin(q, refs)
	if err != nil {
		return forge.Proposed{}, err
	}
	out := forge.Proposed{Target: q.Target}
	s := newRecorder()
	parent, err := w.commit(ctx, s, base)
	if err != nil {
		return out, err
	}
	mine := !tip.IsZero() && strings.Contains(parent.Message, forge.Trailer(q.Publication.Mark))
	if !tip.IsZero() && !mine && !q.Update {
		return out, fault.Newf(fault.Conflict, "%s has a branch %s already. Nothing was pushed; choose another branch, or say update: true.", q.Place, q.Branch)
	}
	q.Publication.Files = q.Files
	hash, changed, err := forge.WriteChange(s, parent, q.Publication, q.Delete)
	switch {
	case err != nil:
		return out, fault.New(fault.Invalid, "The change cannot be committed: "+err.Error()+".")
	case !changed && tip.IsZero():
		return out, nil
	case changed:
		if err := w.send(ctx, s, plumbing.NewBranchReferenceName(q.Branch), tip, hash); err != nil {
			return out, err
		}
	}
	out.Commit = hash.String()
	return out, nil
}

// begin finds where the change begins: at the branch if it is there, else at
// the target. tip is zero when there is no branch yet.
func begin(q *forge.Proposal, refs *remoteRefs) (base, tip plumbing.Hash, err error) {
	if q.Target == "" {
		q.Target = refs.head
	}
	base, there := refs.byName["refs/heads/"+q.Target]
	tip = refs.byName["refs/heads/"+q.Branch]
	switch {
	case !tip.IsZero():
		base = tip
	case refs.hash.IsZero() && len(refs.byName) == 0:
		return base, tip, fault.Newf(fault.Invalid, "%s is empty: there is nothing to propose a change to. Publish to it first.", q.Place)
	case !there:
		return base, tip, fault.Newf(fault.NotFound, "%s has no branch %q to begin from.", q.Place, q.Target)
	}
	if q.Branch == q.Target && !q.Only {
		return base, tip, fault.Newf(fault.Invalid, "The change would go from %s to itself; name another branch.", q.Branch)
	}
	return base, tip, nil
}
