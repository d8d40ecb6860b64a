package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/waymark-portal/waymark/internal/fault"
)

// opened is a snapshot that must be closed after reading.
type opened struct {
	Snapshot
	root  string // folder on this machine, for file: sources
	close func()
}

// open takes a snapshot of a location.
func (e *Engine) open(ctx context.Context, location string) (opened, error) {
	kind, target, _ := strings.Cut(location, ":")
	switch kind {
	case "file":
		return openFile(target)
	case "url":
		return e.openURL(ctx, target)
	case "org":
		return e.openOrganisation(ctx, target)
	}
	return opened{}, fault.Newf(fault.Invalid, "%q is no location: begin it with file: or url:.", location)
}

// openFile opens a file, a folder or a glob on this machine. Nothing outside
// of its folder can be read through it, by .. or by a link.
func openFile(target string) (opened, error) {
	abs, err := filepath.Abs(target)
	if err != nil {
		return opened{}, fmt.Errorf("location %s: %w", target, err)
	}
	dir, name := splitTarget(abs)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return opened{}, fault.Newf(fault.NotFound, "The folder %s cannot be read.", dir).Because(err)
	}
	at := func(p string) string { return "file:" + filepath.Join(dir, filepath.FromSlash(p)) }
	return opened{Snapshot: Snapshot{FS: root.FS(), Path: name, Location: at}, root: dir, close: func() { root.Close() }}, nil
}

// splitTarget splits an absolute path into the folder to open and the path,
// glob or "." within it.
func splitTarget(abs string) (dir, name string) {
	if isGlob(abs) {
		base, pattern := doublestar.SplitPattern(filepath.ToSlash(abs))
		return filepath.FromSlash(base), pattern
	}
	if info, err := os.Stat(abs); err == nil && info.IsDir() {
		return abs, "."
	}
	return filepath.Dir(abs), filepath.Base(abs)
}

func isGlob(s string) bool { return strings.ContainsAny(s, "*?[{") }

// openURL asks the fetcher of the target's host.
func (e *Engine) openURL(ctx context.Context, target string) (opened, error) {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return opened{}, fault.Newf(fault.Invalid, "%q is no address of the form https://host/path.", target)
	}
	f := e.fetchers[u.Host]
	if f != nil && u.Scheme != "https" {
		return opened{}, fault.Newf(fault.Invalid, "%q is no address of the form https://host/path.", target)
	}
	if f == nil && e.remote != nil {
		f = e.remote
	}
	if f == nil {
		return opened{}, fault.Newf(fault.Unavailable, "this portal does not read from %s: it reads %s and files of the configuration", u.Host, e.hosts())
	}
	snap, err := f.Fetch(ctx, target)
	if err != nil {
		return opened{}, err
	}
	return taken(snap, target), nil
}

// openOrganisation asks the remote for an organisation.
func (e *Engine) openOrganisation(ctx context.Context, target string) (opened, error) {
	if e.remote == nil {
		return opened{}, fault.New(fault.Unavailable, "this portal reads no organisations")
	}
	snap, err := e.remote.Organisation(ctx, target)
	if err != nil {
		return opened{}, err
	}
	return taken(snap, target), nil
}

// taken completes a snapshot of a target.
func taken(snap Snapshot, target string) opened {
	if snap.Path = strings.Trim(snap.Path, "/"); snap.Path == "" {
		snap.Path = "."
	}
	if snap.Location == nil {
		snap.Location = func(p string) string { return "url:" + target }
	}
	return opened{Snapshot: snap, close: func() {}}
}

func (e *Engine) hosts() string {
	names := make([]string, 0, len(e.fetchers))
	for h := range e.fetchers {
		names = append(names, "https://"+h)
	}
	if len(names) == 0 {
		return "no host"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// list returns the files that name stands for, in order, and the folders that
// could not be read. A folder stands for the YAML files in it; folders that
// begin with a dot, node_modules and skeletons of templates are left out.
func list(fsys fs.FS, name string) (files, closed []string, err error) {
	if isGlob(name) {
		found, err := doublestar.Glob(fsys, name, doublestar.WithFilesOnly(), doublestar.WithNoFollow())
		slices.Sort(found)
		return found, nil, err
	}
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() {
		return []string{name}, nil, nil
	}
	err = fs.WalkDir(fsys, name, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				closed = append(closed, p) // it hides only itself
			}
			return nil
		}
		if d.IsDir() {
			if p != name && skipFolder(d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(p); ext == ".yaml" || ext == ".yml" {
			files = append(files, p)
		}
		return nil
	})
	return files, closed, err
}

func skipFolder(name string) bool {
	return strings.HasPrefix(name, ".") || name == "node_modules" || name == "skeleton"
}

// within joins a relative target to the folder of a file of the source; it
// fails when the target leads out of the source.
func within(file, target string) (string, error) {
	p := path.Join(path.Dir(file), filepath.ToSlash(target))
	if strings.HasPrefix(target, "/") {
		p = strings.TrimPrefix(path.Clean(target), "/")
	}
	if p != "." && !fs.ValidPath(p) {
		return "", fs.ErrInvalid
	}
	return p, nil
}

// hostError says that a host is not read.
func hostError(host string) error {
	return fault.Newf(fault.Unavailable, "a placeholder reads nothing from %s; keep the file beside this one and name it with a relative path", host)
}
