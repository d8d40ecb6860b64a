package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/waymark-portal/waymark/internal/fault"
)

const (
	// maxLocations that lead to one another.
	maxLocations = 100
	// maxFetches side by side, of the targets of one Location.
	maxFetches = 8
)

// found is what a target stands for.
type found struct {
	snap   *opened
	path   string
	files  []string // of snap
	closed []string // folders of snap that could not be read
	same   bool     // snap is as it was when it was last read
	err    error
}

// start opens the source's own target.
func (r *reading) start(ctx context.Context) (items []item, version string, err error) {
	o, err := r.engine.open(ctx, r.src.ID)
	if err != nil {
		return nil, "", err
	}
	r.open = append(r.open, &o)
	f := r.list(&o, o.Path)
	if f.err != nil {
		return nil, "", f.err
	}
	items, trouble := r.take(f, nil)
	if len(trouble) > 0 {
		return nil, "", fault.New(fault.TooLarge, trouble[0].Message)
	}
	return items, o.Version, nil
}

// list finds the files that a path of a snapshot stands for. A snapshot that
// is as it was need not be looked into.
func (r *reading) list(o *opened, name string) found {
	f := found{snap: o, path: name}
	if files, ok := r.engine.memos.same(r, o, name); ok {
		f.files, f.same = files, true
		return f
	}
	f.files, f.closed, f.err = list(o.FS, name)
	return f
}

// take turns what was found into items, leaving out what this reading has
// already met. A Location that leads back to itself is told.
func (r *reading) take(f found, from *item) (out []item, trouble []Problem) {
	for _, dir := range f.closed {
		r.closed = append(r.closed, r.key(f.snap, dir))
	}
	exact := len(f.files) == 1 && f.files[0] == f.path
	for _, p := range f.files {
		key := r.key(f.snap, p)
		it := item{snap: f.snap, path: p, key: key, same: f.same, only: !exact && !isGlob(f.path), from: from}
		if from != nil {
			it.depth = from.depth + 1
		}
		switch {
		case r.seen[key]:
			if way := circle(from, key); way != "" && exact {
				trouble = append(trouble, r.trouble(from.key, Error, "source", "The Locations lead in a circle: "+way+".",
					"Take the target out of one of them."))
			}
			continue
		case it.depth > maxLocations:
			return out, append(trouble, r.trouble(from.key, Error, "limit", fmt.Sprintf("More than %d Locations lead to the target %s; it was not read.", maxLocations, key),
				"Name the files with fewer Locations in between."))
		case len(r.seen) >= maxFiles:
			r.full = true
			return out, append(trouble, r.trouble("", Error, "limit", fmt.Sprintf("The source has more than %d files; the rest was not read.", maxFiles),
				"Split it into several sources."))
		}
		r.seen[key] = true
		out = append(out, it)
	}
	if len(f.closed) == 0 {
		r.memo[f.snap.Location("")+" "+f.path] = memo{version: f.snap.Version, files: f.files}
	}
	return out, trouble
}

// key is how the source calls a path of a snapshot.
func (r *reading) key(o *opened, path string) string {
	if o == r.open[0] {
		return path
	}
	return o.Location(path)
}

// general are the problems of the source itself.
func (r *reading) general() []Problem {
	var out []Problem
	for _, dir := range r.closed {
		out = append(out, r.trouble("", Error, "source", "The folder "+dir+" could not be read; what it held before is kept.", "Make it readable, or take it out of the source."))
	}
	return out
}

// circle tells the way from a file through Locations back to it; empty when
// the file did not lead to from.
func circle(from *item, key string) string {
	way := []string{key}
	for at := from; at != nil; at = at.from {
		way = append(way, at.key)
		if at.key == key {
			slices.Reverse(way)
			return strings.Join(way, " → ")
		}
	}
	return ""
}

// follow turns the targets of a file into further items; what cannot be
// followed becomes a problem.
func (r *reading) follow(ctx context.Context, from item, targets []string) (next []item, trouble []Problem) {
	all := make([]found, len(targets))
	var g errgroup.Group
	g.SetLimit(maxFetches)
	for i, target := range targets {
		g.Go(func() error {
			kind, name, _ := strings.Cut(strings.TrimPrefix(target, "?"), ">")
			all[i] = r.target(ctx, from, kind, name)
			return nil
		})
	}
	_ = g.Wait() // each found holds its own error
	for i, f := range all {
		optional := strings.HasPrefix(targets[i], "?")
		_, name, _ := strings.Cut(strings.TrimPrefix(targets[i], "?"), ">")
		if f.snap != nil && f.snap != from.snap {
			r.open = append(r.open, f.snap)
		}
		if f.err != nil {
			if !optional || !errors.Is(f.err, fs.ErrNotExist) {
				trouble = append(trouble, r.unread(from, name, f.err))
			}
			continue
		}
		items, told := r.take(f, &from)
		next, trouble = append(next, items...), append(trouble, told...)
	}
	return next, trouble
}

// unread tells why a target was not read. What it brought before is kept when
// its host is at fault.
func (r *reading) unread(from item, name string, err error) Problem {
	kept := ""
	if k := fault.KindOf(err); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) && k != fault.Invalid {
		r.lost = append(r.lost, beginning("url:"+name))
		kept = " What it brought before is kept."
	}
	return r.trouble(from.key, Error, "source", fmt.Sprintf("The target %q was not read: %s.%s", name, Reason(err), kept),
		"Correct the target, or take it out of the Location.")
}

// beginning is how all files begin that a location may have brought.
func beginning(location string) string {
	if i := strings.IndexAny(location, "*?[{"); i >= 0 {
		return location[:i]
	}
	return strings.TrimSuffix(strings.TrimSuffix(location, "/"), ".git")
}

// target finds what a target of a Location stands for.
func (r *reading) target(ctx context.Context, from item, kind, name string) found {
	address := strings.Contains(name, "://")
	switch {
	case address && (kind == "" || kind == "url"):
		o, err := r.engine.openURL(ctx, name)
		if err != nil {
			return found{err: err}
		}
		return r.list(&o, o.Path)
	case address, kind == "file" && from.snap.root == "", kind == "url" && from.snap.root != "" && !strings.HasPrefix(name, "."):
		return found{err: fs.ErrInvalid}
	}
	if path.IsAbs(name) && from.snap.root != "" {
		rel, ok := strings.CutPrefix(path.Clean(name), strings.TrimSuffix(from.snap.root, "/")+"/")
		if !ok {
			return found{err: fs.ErrInvalid}
		}
		return r.list(from.snap, rel)
	}
	p, err := within(from.path, name)
	if err != nil {
		return found{err: err}
	}
	return r.list(from.snap, p)
}

// targetsOf returns what a Location entity names, each with its type in front
// when it has one, and a ? for optional ones.
func targetsOf(e Entity) []string {
	list := texts(e.Spec["targets"])
	if t := e.Text("target"); t != "" {
		list = append([]string{t}, list...)
	}
	mark := ""
	if e.Text("presence") == "optional" {
		mark = "?"
	}
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = mark + e.Type() + ">" + t
	}
	return out
}
