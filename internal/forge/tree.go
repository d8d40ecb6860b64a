package forge

import (
	"fmt"
	"sort"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage"
)

// folder is a tree that is being built.
type folder struct {
	files   map[string]object.TreeEntry
	folders map[string]*folder
}

func (d *folder) add(parts []string, mode filemode.FileMode, hash plumbing.Hash) error {
	head := parts[0]
	if len(parts) == 1 {
		if d.folders[head] != nil {
			return fmt.Errorf("%q is a file and a folder", head)
		}
		if d.files == nil {
			d.files = map[string]object.TreeEntry{}
		}
		d.files[head] = object.TreeEntry{Name: head, Mode: mode, Hash: hash}
		return nil
	}
	if _, isFile := d.files[head]; isFile {
		return fmt.Errorf("%q is a file and a folder", head)
	}
	if d.folders == nil {
		d.folders = map[string]*folder{}
	}
	if d.folders[head] == nil {
		d.folders[head] = &folder{}
	}
	return d.folders[head].add(parts[1:], mode, hash)
}

// write stores the tree, the deepest first.
func (d *folder) write(s storage.Storer) (plumbing.Hash, error) {
	t := object.Tree{}
	for _, e := range d.files {
		t.Entries = append(t.Entries, e)
	}
	for name, sub := range d.folders {
		hash, err := sub.write(s)
		if err != nil {
			return hash, err
		}
		t.Entries = append(t.Entries, object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: hash})
	}
	return writeTree(s, t)
}

// writeTree stores a tree with its entries in Git's order.
func writeTree(s storage.Storer, t object.Tree) (plumbing.Hash, error) {
	sort.Sort(object.TreeEntrySorter(t.Entries))
	o := s.NewEncodedObject()
	if err := t.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}
