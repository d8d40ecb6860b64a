package forge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage"
)

// File is one file of a commit.
type File struct {
	Path string // with slashes, relative
	Mode FileMode
	Data []byte
}

// FileMode is what Git knows of a file's mode.
type FileMode uint8

// The modes.
const (
	Regular FileMode = iota
	Executable
	Symlink // Data is where it leads
)

// Author is who a commit is by.
type Author struct{ Name, Email string }

// Publication is a first commit to a new repository.
type Publication struct {
	Owner, Name string
	Files       []File
	Message     string
	Author      Author
	When        time.Time
	// Mark is the run that publishes. A second publication with the same mark
	// finds the first and changes nothing.
	Mark string
}

// marks is where commits are found again by their run; clients do not see it.
const marks = "refs/waymark/runs/"

// Publish makes the repository with one commit and returns its hash. It may be
// called again after a crash. ErrTaken means that somebody else's work is there.
func (f *Embedded) Publish(ctx context.Context, p Publication) (string, error) {
	dir, err := f.path(p.Owner, p.Name)
	if err != nil {
		return "", err
	}
	defer f.lock(p.Owner, p.Name)()
	repo, err := openOrInit(dir)
	if err != nil {
		return "", fmt.Errorf("publish %s/%s: %w", p.Owner, p.Name, err)
	}
	hash, err := commitOnce(repo, p)
	if err != nil {
		return "", fmt.Errorf("publish %s/%s: %w", p.Owner, p.Name, err)
	}
	f.pushed(ctx, p.Owner, p.Name)
	return hash.String(), nil
}

// pushed tells who wants to know that a repository has changed.
func (f *Embedded) pushed(ctx context.Context, owner, repo string) {
	if f.o.Pushed == nil {
		return
	}
	r, err := f.o.Store.Repository(ctx, owner, repo)
	if err != nil {
		return // a repository without a record is of no interest to anybody
	}
	f.o.Pushed(ctx, r)
}

func openOrInit(dir string) (*git.Repository, error) {
	repo, err := git.PlainOpen(dir)
	if !errors.Is(err, git.ErrRepositoryNotExists) {
		return repo, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return git.PlainInitWithOptions(dir, &git.PlainInitOptions{Bare: true,
		InitOptions: git.InitOptions{DefaultBranch: plumbing.NewBranchReferenceName(Branch)}})
}

// commitOnce makes the commit unless it is there.
func commitOnce(repo *git.Repository, p Publication) (plumbing.Hash, error) {
	mark, main := plumbing.ReferenceName(marks+p.Mark), plumbing.NewBranchReferenceName(Branch)
	made, err := repo.Reference(mark, true)
	if err != nil && !errors.Is(err, plumbing.ErrReferenceNotFound) {
		return plumbing.ZeroHash, err
	}
	head, headErr := repo.Reference(main, true)
	if headErr != nil && !errors.Is(headErr, plumbing.ErrReferenceNotFound) {
		return plumbing.ZeroHash, headErr
	}
	if made == nil {
		if head != nil {
			return plumbing.ZeroHash, ErrTaken
		}
		hash, err := commit(repo.Storer, p)
		if err != nil {
			return hash, err
		}
		made = plumbing.NewHashReference(mark, hash)
		if err := repo.Storer.SetReference(made); err != nil {
			return hash, err
		}
	}
	if head != nil {
		return made.Hash(), nil
	}
	return made.Hash(), repo.Storer.SetReference(plumbing.NewHashReference(main, made.Hash()))
}

func commit(s storage.Storer, p Publication) (plumbing.Hash, error) {
	root := &folder{}
	for _, file := range p.Files {
		if !validPath(file.Path) {
			return plumbing.ZeroHash, fmt.Errorf("%q cannot be committed", file.Path)
		}
		hash, err := writeBlob(s, file.Data)
		if err != nil {
			return hash, err
		}
		if err := root.add(strings.Split(file.Path, "/"), gitMode(file.Mode), hash); err != nil {
			return hash, err
		}
	}
	tree, err := root.write(s)
	if err != nil {
		return tree, err
	}
	c := object.Commit{Message: p.Message, TreeHash: tree,
		Author:    object.Signature{Name: p.Author.Name, Email: p.Author.Email, When: p.When},
		Committer: object.Signature{Name: "Waymark", Email: "waymark@localhost", When: p.When}}
	o := s.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}

// validPath refuses what would leave the repository or reach into Git's own
// folder once it is cloned, on any system.
func validPath(p string) bool {
	if p == "" || path.Clean(p) != p || strings.HasPrefix(p, "/") || strings.HasPrefix(p, "../") || strings.ContainsAny(p, "\\\x00") {
		return false
	}
	for _, part := range strings.Split(strings.ToLower(p), "/") {
		if part == ".." || part == "." || strings.TrimRight(part, ". ") == ".git" || strings.HasPrefix(part, "git~") {
			return false
		}
	}
	return true
}

func gitMode(m FileMode) filemode.FileMode {
	switch m {
	case Executable:
		return filemode.Executable
	case Symlink:
		return filemode.Symlink
	}
	return filemode.Regular
}

func writeBlob(s storage.Storer, data []byte) (plumbing.Hash, error) {
	o := s.NewEncodedObject()
	o.SetType(plumbing.BlobObject)
	w, err := o.Writer()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if _, err := w.Write(data); err != nil {
		return plumbing.ZeroHash, err
	}
	if err := w.Close(); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}
