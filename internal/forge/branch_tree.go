package forge

import (
	"bytes"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/diff"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage"
)

// patch is what changes in one folder.
type patch struct {
	files   map[string]*Change
	folders map[string]*patch
}

func (d *patch) add(parts []string, c *Change) {
	if len(parts) == 1 {
		if d.files == nil {
			d.files = map[string]*Change{}
		}
		d.files[parts[0]] = c
		return
	}
	if d.folders == nil {
		d.folders = map[string]*patch{}
	}
	if d.folders[parts[0]] == nil {
		d.folders[parts[0]] = &patch{}
	}
	d.folders[parts[0]].add(parts[1:], c)
}

// write stores the folder with its changes; empty says that nothing is left in
// it. Folders without changes are not even read.
func (d *patch) write(s storage.Storer, old *object.Tree) (hash plumbing.Hash, empty bool, err error) {
	next := object.Tree{}
	subs := map[string]*object.Tree{}
	if old != nil {
		for _, e := range old.Entries {
			sub, file := d.folders[e.Name], d.files[e.Name]
			switch {
			case sub != nil && e.Mode == filemode.Dir:
				if subs[e.Name], err = object.GetTree(s, e.Hash); err != nil {
					return hash, false, err
				}
			case sub == nil && file == nil, sub == nil && file.Delete && e.Mode == filemode.Dir:
				next.Entries = append(next.Entries, e)
			}
		}
	}
	for name, sub := range d.folders {
		hash, gone, err := sub.write(s, subs[name])
		if err != nil {
			return hash, false, err
		}
		if !gone {
			next.Entries = append(next.Entries, object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: hash})
		}
	}
	for name, c := range d.files {
		if c.Delete || hasEntry(next, name) {
			continue
		}
		hash, err := writeBlob(s, c.Data)
		if err != nil {
			return hash, false, err
		}
		next.Entries = append(next.Entries, object.TreeEntry{Name: name, Mode: gitMode(c.Mode), Hash: hash})
	}
	hash, err = writeTree(s, next)
	return hash, len(next.Entries) == 0, err
}

func hasEntry(t object.Tree, name string) bool {
	for _, e := range t.Entries {
		if e.Name == name {
			return true
		}
	}
	return false
}

// fileDiffs turns a patch into what a page shows.
func fileDiffs(p *object.Patch) []FileDiff {
	var out []FileDiff
	left := maxDiff
	for _, fp := range p.FilePatches() {
		from, to := fp.Files()
		d := FileDiff{Binary: fp.IsBinary(), Created: from == nil, Deleted: to == nil}
		switch {
		case to != nil:
			d.Path = to.Path()
			if from != nil && from.Path() != d.Path {
				d.From = from.Path()
			}
		case from != nil:
			d.Path = from.Path()
		}
		for _, c := range fp.Chunks() {
			n := strings.Count(c.Content(), "\n")
			if s := c.Content(); s != "" && !strings.HasSuffix(s, "\n") {
				n++
			}
			switch c.Type() {
			case diff.Add:
				d.Add += n
			case diff.Delete:
				d.Del += n
			}
		}
		d.Text = unified(fp)
		if len(d.Text) > left {
			d.Text, d.Cut = d.Text[:strings.LastIndexByte(d.Text[:left], '\n')+1], true
		}
		left -= len(d.Text)
		out = append(out, d)
	}
	return out
}

// onePatch is a patch of one file.
type onePatch struct{ diff.FilePatch }

func (o onePatch) FilePatches() []diff.FilePatch { return []diff.FilePatch{o.FilePatch} }
func (o onePatch) Message() string               { return "" }

// unified is a file's patch from its first hunk on.
func unified(fp diff.FilePatch) string {
	if fp.IsBinary() {
		return ""
	}
	var b bytes.Buffer
	if err := diff.NewUnifiedEncoder(&b, diff.DefaultContextLines).Encode(onePatch{fp}); err != nil {
		return ""
	}
	if i := strings.Index(b.String(), "\n@@ "); i >= 0 {
		return b.String()[i+1:]
	}
	return ""
}
