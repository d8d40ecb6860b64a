package forge

import (
	"context"
	"errors"
	"fmt"
	"os"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// ErrChanged means that a repository holds more than what its run has put
// there.
var ErrChanged = fault.New(fault.Conflict, "Somebody has pushed to the repository since, so it was not removed.")

// Remove deletes a repository that holds nothing but the first commit of the
// given run, and its record. A repository that is gone is no error; one with
// other commits or branches is ErrChanged.
func (f *Embedded) Remove(ctx context.Context, owner, repo, run string) error {
	dir, err := f.path(owner, repo)
	if err != nil {
		return err
	}
	defer f.lock(owner, repo)()
	if err := untouched(dir, run); err != nil {
		return fmt.Errorf("remove %s/%s: %w", owner, repo, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove %s/%s: %w", owner, repo, err)
	}
	return f.o.Store.Write(ctx, func(t tx.Tx) error { return f.o.Store.DropRepository(ctx, t, owner, repo, run) })
}

// untouched reports ErrChanged unless every reference of the repository leads
// to the commit that the run has made; one without commits is untouched.
func untouched(dir, run string) error {
	r, err := git.PlainOpen(dir)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil
	}
	if err != nil {
		return err
	}
	mark, err := r.Reference(plumbing.ReferenceName(marks+run), false)
	if err != nil && !errors.Is(err, plumbing.ErrReferenceNotFound) {
		return err
	}
	refs, err := r.References()
	if err != nil {
		return err
	}
	return refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Type() == plumbing.HashReference && (mark == nil || ref.Hash() != mark.Hash()) {
			return ErrChanged
		}
		return nil
	})
}
