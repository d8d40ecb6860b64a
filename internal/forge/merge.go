package forge

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Entry is a file of a tree without its content.
type Entry struct {
	Path string   `json:"p"`
	Mode FileMode `json:"m,omitempty"`
	Hash string   `json:"h"` // as Git names the content
	Size int64    `json:"s,omitempty"`
}

// Present is a tree as it stands in a repository: listed at once, read where
// it must be.
type Present struct {
	Entries []Entry
	Read    func(ctx context.Context, path string) ([]byte, error)
}

// Merge is a three-way merge of trees.
type Merge struct {
	Base   []File  // from which both sides come
	Theirs []File  // the new one
	Ours   Present // what stands in the repository
	// Keep and Replace are globs of files that are taken whole: as they stand,
	// or as the new side has them. Keep wins over Replace.
	Keep, Replace []string
	// OursName and TheirsName stand beside the marks of conflicts.
	OursName, TheirsName string
}

// Change is one file that a merge makes otherwise than it stands.
type Change struct {
	File
	Delete bool
	New    bool   // nothing stood there
	Was    []byte // what stands there
}

// Conflict is a file for which both sides ask for something else.
type Conflict struct {
	Path  string `json:"path"`
	Kind  string `json:"kind"` // one of the constants below
	Why   string `json:"why"`  // a sentence for people
	Hunks []Hunk `json:"hunks,omitempty"`
	More  int    `json:"more,omitempty"` // hunks that are not shown
}

// The kinds of conflicts.
const (
	BothChanged   = "both-changed"   // the same lines; they are marked in the file
	BothAdded     = "both-added"     // with other content; marked in the file
	TheyDeleted   = "they-deleted"   // what was changed here: it stays as it is
	WeDeleted     = "we-deleted"     // what they changed: it stays deleted
	BinaryChanged = "binary-changed" // by both: it stays as it is
	TooLarge      = "too-large"      // to be merged: it stays as it is
	Moved         = "moved"          // renames that do not fit together
	FileAndFolder = "file-and-folder"
	Replaced      = "replaced" // by rule, although it was changed here
	Other         = "other"
)

// Marked reports whether the file holds marks that must be resolved.
func (c Conflict) Marked() bool { return len(c.Hunks) > 0 }

// Hunk is one place of a conflict: the lines of both sides.
type Hunk struct {
	Line   int    `json:"line"` // of the first mark in the merged file
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
}

// Merged is the outcome of a merge.
type Merged struct {
	Changes   []Change // against what stands, by path
	Conflicts []Conflict
}

// maxMerge is the largest file that is merged by lines, and maxCandidates what
// is read to find files that were renamed; both in bytes.
const (
	maxMerge      = 5 << 20
	maxCandidates = 20 << 20
)

// BlobHash is the name that Git gives to content.
func BlobHash(data []byte) string { return plumbing.ComputeHash(plumbing.BlobObject, data).String() }

// side is a tree by path.
type side map[string]File

func sideOf(files []File) side {
	out := make(side, len(files))
	for _, f := range files {
		out[f.Path] = f
	}
	return out
}

// same reports whether two sides hold the same at p; absent is the same too.
func same(a, b side, p string) bool {
	x, inA := a[p]
	y, inB := b[p]
	return inA == inB && x.Mode == y.Mode && string(x.Data) == string(y.Data)
}

// merging is one merge on its way.
type merging struct {
	m                  Merge
	base, ours, theirs side
	present            map[string]Entry
	stands             side // ours before rules
	conflicts          []Conflict
}

// Merge brings what has changed from Base to Theirs into Ours. Nothing that
// stands in Ours is lost without a Conflict that says so.
func (g Merger) Merge(ctx context.Context, m Merge) (Merged, error) {
	x := &merging{m: m, base: sideOf(m.Base), theirs: sideOf(m.Theirs), ours: side{}, present: map[string]Entry{}}
	for _, p := range slices.Concat(m.Base, m.Theirs) {
		if !validPath(p.Path) {
			return Merged{}, fault.Newf(fault.Invalid, "%q cannot be merged.", p.Path)
		}
	}
	if err := x.load(ctx); err != nil {
		return Merged{}, err
	}
	x.stands = maps.Clone(x.ours)
	if err := x.rules(); err != nil {
		return Merged{}, err
	}
	result, conflicts, err := g.trees(ctx, x)
	if err != nil {
		return Merged{}, err
	}
	return Merged{Changes: x.changes(result), Conflicts: append(x.conflicts, conflicts...)}, nil
}

// load reads of what stands only what the merge can touch.
func (x *merging) load(ctx context.Context) error {
	folders := map[string]bool{}
	for _, e := range x.m.Ours.Entries {
		x.present[e.Path] = e
		for d := path.Dir(e.Path); d != "." && !folders[d]; d = path.Dir(d) {
			folders[d] = true
		}
	}
	want := map[string]bool{}
	for _, tree := range []side{x.base, x.theirs} {
		for p := range tree {
			for d := p; d != "."; d = path.Dir(d) { // a file may stand where a folder is to be
				if _, ok := x.present[d]; ok {
					want[d] = true
				}
			}
			if folders[p] {
				x.below(p, want)
			}
		}
	}
	x.candidates(want)
	for _, p := range slices.Sorted(maps.Keys(want)) {
		if err := x.read(ctx, x.present[p]); err != nil {
			return err
		}
	}
	return nil
}

// below wants all that stands in a folder where a file is to be.
func (x *merging) below(dir string, want map[string]bool) {
	for p := range x.present {
		if strings.HasPrefix(p, dir+"/") {
			want[p] = true
		}
	}
}

// candidates wants what a file of the base may have been renamed to, if one
// that they have changed is gone.
func (x *merging) candidates(want map[string]bool) {
	moved := false
	for p := range x.base {
		if _, ok := x.present[p]; !ok && !same(x.base, x.theirs, p) {
			moved = true
		}
	}
	if !moved {
		return
	}
	left := int64(maxCandidates)
	for _, e := range x.m.Ours.Entries {
		if !want[e.Path] && e.Size <= 1<<20 && e.Size <= left {
			want[e.Path] = true
			left -= e.Size
		}
	}
}

// read takes a file that stands, without reading it when its content is known.
func (x *merging) read(ctx context.Context, e Entry) error {
	for _, tree := range []side{x.base, x.theirs} {
		if f, ok := tree[e.Path]; ok && BlobHash(f.Data) == e.Hash {
			x.ours[e.Path] = File{Path: e.Path, Mode: e.Mode, Data: f.Data}
			return nil
		}
	}
	if e.Size > maxMerge {
		x.tooLarge(e.Path)
		return nil
	}
	data, err := x.m.Ours.Read(ctx, e.Path)
	if err != nil {
		return fmt.Errorf("read %s: %w", e.Path, err)
	}
	x.ours[e.Path] = File{Path: e.Path, Mode: e.Mode, Data: data}
	return nil
}

// tooLarge leaves a file out of the merge on all sides.
func (x *merging) tooLarge(p string) {
	if !same(x.base, x.theirs, p) {
		x.conflicts = append(x.conflicts, Conflict{Path: p, Kind: TooLarge, Why: fmt.Sprintf("The file is larger than %d MB, so it was not merged. It stays as it is.", maxMerge>>20)})
	}
	delete(x.base, p)
	delete(x.theirs, p)
}

// rules applies Keep and Replace.
func (x *merging) rules() error {
	for _, g := range slices.Concat(x.m.Keep, x.m.Replace) {
		if !doublestar.ValidatePattern(g) {
			return fault.Newf(fault.Invalid, "The rule %q is not a glob.", g)
		}
	}
	all := maps.Clone(x.base)
	maps.Copy(all, x.theirs)
	for _, p := range slices.Sorted(maps.Keys(all)) {
		switch _, stands := x.ours[p]; {
		case matches(x.m.Keep, p):
			x.keep(p, stands)
		case matches(x.m.Replace, p):
			x.replace(p)
		}
	}
	return nil
}

func matches(globs []string, p string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return doublestar.MatchUnvalidated(g, p) })
}

// keep leaves a file to the team; one that is new and stands nowhere is added.
func (x *merging) keep(p string, stands bool) {
	_, was := x.base[p]
	if was || stands {
		delete(x.theirs, p)
		delete(x.base, p)
		if f, ok := x.ours[p]; ok { // unchanged by them
			x.theirs[p], x.base[p] = f, f
		}
	}
}

// replace takes their file whole, and says when that undoes a change.
func (x *merging) replace(p string) {
	if same(x.base, x.theirs, p) || same(x.ours, x.theirs, p) {
		return
	}
	if _, ok := x.ours[p]; ok && !same(x.base, x.ours, p) {
		x.conflicts = append(x.conflicts, Conflict{Path: p, Kind: Replaced,
			Why: "This file belongs to the template, which replaces it whole. What was changed in it here is gone from the branch; move it elsewhere if it is needed."})
	}
	delete(x.ours, p)
	if f, ok := x.base[p]; ok {
		x.ours[p] = f
	}
}

// changes are what the result has otherwise than it stands.
func (x *merging) changes(result side) []Change {
	all := maps.Clone(x.stands)
	maps.Copy(all, result)
	var out []Change
	for _, p := range slices.Sorted(maps.Keys(all)) {
		if same(x.stands, result, p) {
			continue
		}
		f, stays := result[p]
		was, stood := x.stands[p]
		if !stays {
			out = append(out, Change{File: File{Path: p}, Delete: true, Was: was.Data})
			continue
		}
		out = append(out, Change{File: f, New: !stood, Was: was.Data})
	}
	return out
}
