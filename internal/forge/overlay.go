package forge

import (
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage"
)

// WriteCommit makes a commit of the publication's files in a store and returns
// its hash: the same files, message, author and time give the same hash.
func WriteCommit(s storage.Storer, p Publication) (plumbing.Hash, error) { return commit(s, p) }

// WriteChange makes a commit on parent with the publication's files added or
// replaced and others deleted. It needs parent's trees only, not its files.
// changed is false when parent holds all of it already; hash is parent's then.
func WriteChange(s storage.Storer, parent *object.Commit, p Publication, deleted []string) (hash plumbing.Hash, changed bool, err error) {
	set := &patch{}
	for _, path := range deleted {
		if !validPath(path) {
			return hash, false, fmt.Errorf("%q cannot be deleted", path)
		}
		set.add(strings.Split(path, "/"), &Change{File: File{Path: path}, Delete: true})
	}
	for _, f := range p.Files {
		if !validPath(f.Path) {
			return hash, false, fmt.Errorf("%q cannot be committed", f.Path)
		}
		set.add(strings.Split(f.Path, "/"), &Change{File: f})
	}
	tree, err := object.GetTree(s, parent.TreeHash)
	if err != nil {
		return hash, false, err
	}
	root, _, err := set.write(s, tree)
	if err != nil || root == parent.TreeHash {
		return parent.Hash, false, err
	}
	c := object.Commit{Message: p.Message, TreeHash: root, ParentHashes: []plumbing.Hash{parent.Hash},
		Author:    object.Signature{Name: p.Author.Name, Email: p.Author.Email, When: p.When},
		Committer: object.Signature{Name: "Waymark", Email: "waymark@localhost", When: p.When}}
	o := s.NewEncodedObject()
	if err := c.Encode(o); err != nil {
		return hash, false, err
	}
	hash, err = s.SetEncodedObject(o)
	return hash, true, err
}
