package forge

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// maxFile is the largest file that is read; larger ones are listed only.
const maxFile = 10 << 20

// maxEntries bounds the files of one tree.
const maxEntries = 200_000

// treeFS is the tree of a commit. It knows all names and reads a file when it
// is opened.
type treeFS struct {
	repo  *git.Repository
	mu    sync.Mutex // go-git does not promise to read for many at once
	files map[string]*treeEntry
	dirs  map[string][]fs.DirEntry
}

// treeEntry is a file or folder; it is its own fs.FileInfo and fs.DirEntry.
type treeEntry struct {
	path string
	mode fs.FileMode
	hash plumbing.Hash
	size int64
	time time.Time
}

func (e *treeEntry) Name() string               { return path.Base(e.path) }
func (e *treeEntry) Size() int64                { return e.size }
func (e *treeEntry) Mode() fs.FileMode          { return e.mode }
func (e *treeEntry) Type() fs.FileMode          { return e.mode.Type() }
func (e *treeEntry) ModTime() time.Time         { return e.time }
func (e *treeEntry) IsDir() bool                { return e.mode.IsDir() }
func (e *treeEntry) Sys() any                   { return nil }
func (e *treeEntry) Info() (fs.FileInfo, error) { return e, nil }

// newTreeFS lists the tree of a commit. Sizes come without unpacking, so
// large files cost nothing.
func newTreeFS(r *git.Repository, c *object.Commit) (*treeFS, error) {
	tree, err := c.Tree()
	if err != nil {
		return nil, err
	}
	t := &treeFS{repo: r, files: map[string]*treeEntry{".": {path: ".", mode: fs.ModeDir | 0o755, time: c.Committer.When}}, dirs: map[string][]fs.DirEntry{".": nil}}
	walk := object.NewTreeWalker(tree, true, nil)
	defer walk.Close()
	for {
		name, entry, err := walk.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if !fs.ValidPath(name) || entry.Mode == filemode.Submodule {
			continue
		}
		e := &treeEntry{path: name, mode: mode(entry.Mode), hash: entry.Hash, time: c.Committer.When}
		if !e.IsDir() {
			if e.size, err = r.Storer.EncodedObjectSize(entry.Hash); errors.Is(err, plumbing.ErrObjectNotFound) {
				e.size = maxFile + 1 // large files are left out of a mirror
			} else if err != nil {
				return nil, err
			}
		}
		if t.add(e); len(t.files) > maxEntries {
			return nil, ErrTooLarge
		}
	}
	for _, list := range t.dirs {
		slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return t, nil
}

// MaxFile is the largest file that Tree reads, in bytes.
const MaxFile = maxFile

// Tree returns the files of a commit of any repository, read when they are
// opened. Files over MaxFile and those that the repository lacks are listed,
// but cannot be read. A link is opened as the text of where it leads.
func Tree(r *git.Repository, commit plumbing.Hash) (fs.FS, error) {
	c, err := r.CommitObject(commit)
	if err != nil {
		return nil, fault404(commit.String(), err)
	}
	return newTreeFS(r, c)
}

func (t *treeFS) add(e *treeEntry) {
	t.files[e.path] = e
	dir := path.Dir(e.path)
	t.dirs[dir] = append(t.dirs[dir], e)
}

func mode(m filemode.FileMode) fs.FileMode {
	switch m {
	case filemode.Dir:
		return fs.ModeDir | 0o755
	case filemode.Executable:
		return 0o755
	case filemode.Symlink:
		return fs.ModeSymlink | 0o777
	}
	return 0o644
}

func (t *treeFS) find(op, name string) (*treeEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	e := t.files[name]
	if e == nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return e, nil
}

// Open implements fs.FS. A link is opened as the text of where it leads.
func (t *treeFS) Open(name string) (fs.File, error) {
	e, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if e.IsDir() {
		return &openDir{treeEntry: e, list: t.dirs[name]}, nil
	}
	b, err := t.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &openFile{treeEntry: e, Reader: bytes.NewReader(b)}, nil
}

// Stat implements fs.StatFS.
func (t *treeFS) Stat(name string) (fs.FileInfo, error) { return t.find("stat", name) }

// ReadDir implements fs.ReadDirFS.
func (t *treeFS) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if !e.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a folder")}
	}
	return slices.Clone(t.dirs[name]), nil
}

// ReadFile implements fs.ReadFileFS.
func (t *treeFS) ReadFile(name string) ([]byte, error) {
	e, err := t.find("read", name)
	if err != nil {
		return nil, err
	}
	if e.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a folder")}
	}
	if e.size > maxFile {
		return nil, &fs.PathError{Op: "read", Path: name, Err: ErrTooLarge}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	blob, err := t.repo.BlobObject(e.hash)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	r, err := blob.Reader()
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	defer r.Close()
	return io.ReadAll(r)
}

type openFile struct {
	*treeEntry
	*bytes.Reader
}

func (f *openFile) Size() int64                { return f.treeEntry.size }
func (f *openFile) Stat() (fs.FileInfo, error) { return f.treeEntry, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	*treeEntry
	list []fs.DirEntry
	at   int
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.treeEntry, nil }
func (d *openDir) Close() error               { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errors.New("is a folder")}
}

// ReadDir implements fs.ReadDirFile.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.list[d.at:]
	if n <= 0 {
		d.at = len(d.list)
		return slices.Clone(rest), nil
	}
	if len(rest) == 0 {
		return nil, io.EOF
	}
	rest = rest[:min(n, len(rest))]
	d.at += len(rest)
	return slices.Clone(rest), nil
}
