package catalog

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// maxWatched bounds the folders of one source that are watched; a larger one
// is read at intervals.
const maxWatched = 5000

// watcher asks for a source to be read when a file below it changes.
type watcher struct {
	notify *fsnotify.Watcher
	queue  *queue
	log    *slog.Logger
	mu     sync.Mutex
	roots  map[string][]string // source to the folders watched for it
}

func newWatcher(q *queue, log *slog.Logger) (*watcher, error) {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return &watcher{notify: n, queue: q, log: log, roots: map[string][]string{}}, nil
}

// watch looks after a file: source; false when it cannot be watched.
func (w *watcher) watch(source string) bool {
	target, ok := strings.CutPrefix(source, "file:")
	if !ok {
		return false
	}
	abs, err := filepath.Abs(target)
	if err != nil {
		return false
	}
	dirs := watchedFolders(abs)
	for _, d := range dirs {
		if err := w.notify.Add(d); err != nil {
			w.log.Warn("catalog folder is not watched", "folder", d, "err", err)
			return false
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.roots[source] = dirs
	return len(dirs) > 0 && len(dirs) < maxWatched
}

// watchedFolders are the folders in which a change may concern the target:
// all below the folder that is opened for it, since a Location may lead to any.
func watchedFolders(abs string) []string {
	root, _ := splitTarget(abs)
	var out []string
	// A folder that cannot be read is left out; the reading itself will say so.
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case !d.IsDir():
			return nil
		case p != root && skipFolder(d.Name()):
			return fs.SkipDir
		case len(out) >= maxWatched:
			return fs.SkipAll
		}
		out = append(out, p)
		return nil
	})
	return out
}

// run passes changes on until the watcher is closed.
func (w *watcher) run() {
	for {
		select {
		case ev, ok := <-w.notify.Events:
			if !ok {
				return
			}
			if ev.Op != fsnotify.Chmod {
				w.changed(ev)
			}
		case err, ok := <-w.notify.Errors:
			if !ok {
				return
			}
			w.log.Warn("catalog watching", "err", err)
			w.all() // events may have been lost
		}
	}
}

func (w *watcher) changed(ev fsnotify.Event) {
	dir := filepath.Dir(ev.Name)
	w.mu.Lock()
	defer w.mu.Unlock()
	for source, dirs := range w.roots {
		for _, d := range dirs {
			if d != dir && d != ev.Name {
				continue
			}
			w.queue.add(source)
			if info, err := os.Stat(ev.Name); err == nil && info.IsDir() {
				w.roots[source] = w.grow(source, dirs, ev.Name)
			}
			break
		}
	}
}

// grow also watches a new folder and those in it.
func (w *watcher) grow(source string, dirs []string, folder string) []string {
	for _, d := range watchedFolders(folder) {
		if err := w.notify.Add(d); err != nil {
			w.log.Warn("catalog folder is not watched", "source", source, "folder", d, "err", err)
			continue
		}
		dirs = append(dirs, d)
	}
	return dirs
}

func (w *watcher) all() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for source := range w.roots {
		w.queue.add(source)
	}
}

func (w *watcher) close() { w.notify.Close() }
