package forge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// open opens a repository for reading.
func (f *Embedded) open(owner, repo string) (*git.Repository, error) {
	dir, err := f.path(owner, repo)
	if err != nil {
		return nil, err
	}
	r, err := git.PlainOpen(dir)
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, fmt.Errorf("%s/%s: %w", owner, repo, ErrNotFound)
	}
	return r, err
}

// resolve finds the commit of ref: a branch, tag or hash; empty for the head.
func resolve(r *git.Repository, ref string) (*object.Commit, error) {
	if ref == "" {
		ref = Branch
	}
	hash, err := r.ResolveRevision(plumbing.Revision(ref))
	if err != nil {
		return nil, fault404(ref, err)
	}
	c, err := r.CommitObject(*hash)
	if err != nil {
		return nil, fault404(ref, err)
	}
	return c, nil
}

func fault404(ref string, err error) error {
	return fmt.Errorf("revision %q: %w", ref, ErrNotFound.Because(err))
}

// FS returns the files of a repository at ref (a branch, tag or hash; empty
// for main), read when they are opened. Files over 10 MiB are listed, but cannot
// be read. ErrNotFound when there is no such
// repository or revision.
func (f *Embedded) FS(_ context.Context, owner, repo, ref string) (fs.FS, error) {
	files, _, err := f.snapshot(owner, repo, ref)
	return files, err
}

// Version returns the hash of the commit that ref names.
func (f *Embedded) Version(_ context.Context, owner, repo, ref string) (string, error) {
	r, err := f.open(owner, repo)
	if err != nil {
		return "", err
	}
	c, err := resolve(r, ref)
	if err != nil {
		return "", err
	}
	return c.Hash.String(), nil
}

func (f *Embedded) snapshot(owner, repo, ref string) (fs.FS, string, error) {
	r, err := f.open(owner, repo)
	if err != nil {
		return nil, "", err
	}
	c, err := resolve(r, ref)
	if err != nil {
		return nil, "", err
	}
	files, err := newTreeFS(r, c)
	if err != nil {
		return nil, "", fmt.Errorf("%s/%s: %w", owner, repo, err)
	}
	return files, c.Hash.String(), nil
}

// Commit is one commit of a repository's history.
type Commit struct {
	Hash    string
	Message string // its first line
	Author  string
	When    time.Time
}

// Commits lists the last n commits of main, newest first; none when nothing
// was pushed yet.
func (f *Embedded) Commits(_ context.Context, owner, repo string, n int) ([]Commit, error) {
	r, err := f.open(owner, repo)
	if err != nil {
		return nil, err
	}
	c, err := resolve(r, "")
	if err != nil {
		return nil, nil // an empty repository has no history, which is no fault
	}
	iter, err := r.Log(&git.LogOptions{From: c.Hash})
	if err != nil {
		return nil, err
	}
	defer iter.Close()
	var out []Commit
	for len(out) < n {
		c, err := iter.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Commit{Hash: c.Hash.String(), Message: firstLine(c.Message), Author: c.Author.Name, When: c.Author.When})
	}
	return out, nil
}

func firstLine(s string) string {
	for i, r := range s {
		if r == '\n' {
			return s[:i]
		}
	}
	return s
}
