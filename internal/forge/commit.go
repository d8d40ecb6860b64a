package forge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage"
)

// Addition is one new file of a repository.
type Addition struct {
	Owner, Name string
	Path        string // with slashes, relative
	Data        []byte
	Message     string
	Author      Author
	When        time.Time
	// Mark is the run that adds. A second addition with the same mark finds
	// the first and changes nothing.
	Mark string
}

// ErrExists means that a file of that name is there already.
var ErrExists = ErrTaken

// Add commits a new file to the branch that repositories begin with and
// returns the commit. It may be called again after a crash. ErrNotFound when
// there is no such repository, or nothing in it; ErrExists when the file is
// there with other content.
func (f *Embedded) Add(ctx context.Context, a Addition) (string, error) {
	if !validPath(a.Path) {
		return "", fmt.Errorf("%q cannot be committed", a.Path)
	}
	defer f.lock(a.Owner, a.Name)()
	repo, err := f.open(a.Owner, a.Name)
	if err != nil {
		return "", err
	}
	hash, err := addOnce(repo, a)
	if err != nil {
		return "", fmt.Errorf("add %s to %s/%s: %w", a.Path, a.Owner, a.Name, err)
	}
	f.pushed(ctx, a.Owner, a.Name)
	return hash.String(), nil
}

// addOnce makes the commit unless it is there.
func addOnce(repo *git.Repository, a Addition) (plumbing.Hash, error) {
	mark, main := plumbing.ReferenceName(marks+a.Mark), plumbing.NewBranchReferenceName(Branch)
	made, err := repo.Reference(mark, true)
	if err == nil {
		return made.Hash(), nil
	}
	if !errors.Is(err, plumbing.ErrReferenceNotFound) {
		return plumbing.ZeroHash, err
	}
	head, err := repo.Reference(main, true)
	if err != nil {
		return plumbing.ZeroHash, fault404(Branch, err)
	}
	last, err := repo.CommitObject(head.Hash())
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if there, err := last.File(a.Path); err == nil {
		if text, err := there.Contents(); err == nil && text == string(a.Data) {
			return last.Hash, nil
		}
		return plumbing.ZeroHash, ErrExists
	}
	hash, err := commitOn(repo.Storer, last, a)
	if err != nil {
		return hash, err
	}
	// A push between reading and here wins; the run is tried again then.
	if err := repo.Storer.CheckAndSetReference(plumbing.NewHashReference(main, hash), head); err != nil {
		return hash, err
	}
	return hash, repo.Storer.SetReference(plumbing.NewHashReference(mark, hash))
}

func commitOn(s storage.Storer, last *object.Commit, a Addition) (plumbing.Hash, error) {
	blob, err := writeBlob(s, a.Data)
	if err != nil {
		return blob, err
	}
	tree, err := last.Tree()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	root, err := withFile(s, tree, strings.Split(a.Path, "/"), blob)
	if err != nil {
		return root, err
	}
	c := object.Commit{Message: a.Message, TreeHash: root, ParentHashes: []plumbing.Hash{last.Hash},
		Author:    object.Signature{Name: a.Author.Name, Email: a.Author.Email, When: a.When},
		Committer: object.Signature{Name: "Waymark", Email: "waymark@localhost", When: a.When}}
	o := s.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}

// withFile writes a tree as it is, with one more file in it.
func withFile(s storage.Storer, tree *object.Tree, parts []string, blob plumbing.Hash) (plumbing.Hash, error) {
	next := object.Tree{}
	var sub *object.Tree
	if tree != nil {
		for _, e := range tree.Entries {
			if e.Name != parts[0] {
				next.Entries = append(next.Entries, e)
				continue
			}
			if len(parts) == 1 || e.Mode != filemode.Dir {
				return plumbing.ZeroHash, ErrExists
			}
			var err error
			if sub, err = object.GetTree(s, e.Hash); err != nil {
				return plumbing.ZeroHash, err
			}
		}
	}
	entry := object.TreeEntry{Name: parts[0], Mode: filemode.Regular, Hash: blob}
	if len(parts) > 1 {
		hash, err := withFile(s, sub, parts[1:], blob)
		if err != nil {
			return hash, err
		}
		entry.Mode, entry.Hash = filemode.Dir, hash
	}
	next.Entries = append(next.Entries, entry)
	return writeTree(s, next)
}
