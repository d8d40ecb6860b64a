package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/forge"
)

// fetchFile takes a snapshot of a single file. Relative names beside it are
// read from the same host.
func (r *Reader) fetchFile(ctx context.Context, u *url.URL) (catalog.Snapshot, error) {
	if strings.ContainsAny(u.Path, "*[{") {
		return catalog.Snapshot{}, fault.Newf(fault.Invalid,
			"%s is not known as a Git host, so a glob cannot be read from it; give it a kind under catalog.hosts", u.Host)
	}
	name := strings.TrimPrefix(path.Clean("/"+u.Path), "/")
	if name == "" {
		return catalog.Snapshot{}, fault.Newf(fault.Invalid, "the address names no file on %s", u.Host)
	}
	root := u.Scheme + "://" + u.Host + "/"
	files := &webFS{ctx: ctx, reader: r, root: root, own: name, address: u.String(), got: map[string]fetch.Answer{}}
	got, err := files.get(name)
	if err != nil {
		return catalog.Snapshot{}, err
	}
	version := got.ETag
	if version == "" {
		sum := sha256.Sum256(got.Body)
		version = hex.EncodeToString(sum[:16])
	}
	return catalog.Snapshot{FS: files, Path: name, Version: version, Loose: true, Location: func(p string) string {
		if p == name || p == "" {
			return "url:" + u.String()
		}
		return "url:" + root + p
	}}, nil
}

// webFS is a host as files, each read by its address.
type webFS struct {
	ctx     context.Context // of the reading that it serves
	reader  *Reader
	root    string
	own     string // path of the file that was asked for
	address string // its whole address, which may have a query
	mu      sync.Mutex
	got     map[string]fetch.Answer
}

func (w *webFS) get(name string) (fetch.Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a, ok := w.got[name]; ok {
		return a, nil
	}
	address := w.root + (&url.URL{Path: name}).EscapedPath()
	if name == w.own {
		address = w.address
	}
	a, err := w.reader.file(w.ctx, address)
	if err == nil {
		w.got[name] = a
	}
	return a, err
}

// Open implements fs.FS.
func (w *webFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	a, err := w.get(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &webFile{Reader: bytes.NewReader(a.Body), name: path.Base(name)}, nil
}

// webFile is an opened file; it is its own fs.FileInfo.
type webFile struct {
	*bytes.Reader
	name string
}

func (f *webFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *webFile) Close() error               { return nil }
func (f *webFile) Name() string               { return f.name }
func (f *webFile) Mode() fs.FileMode          { return 0o444 }
func (f *webFile) ModTime() time.Time         { return time.Time{} }
func (f *webFile) IsDir() bool                { return false }
func (f *webFile) Sys() any                   { return nil }

var _ io.Reader = (*webFile)(nil)

// maxCached bounds what is remembered of files, in bytes.
const maxCached = 64 << 20

// fileCache remembers files with their ETags.
type fileCache struct {
	mu    sync.Mutex
	files map[string]fetch.Answer
	bytes int
}

func newFileCache() *fileCache { return &fileCache{files: map[string]fetch.Answer{}} }

func (c *fileCache) find(address string) fetch.Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files[address]
}

func (c *fileCache) keep(address string, a fetch.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes += len(a.Body) - len(c.files[address].Body); c.bytes > maxCached {
		c.files, c.bytes = map[string]fetch.Answer{}, len(a.Body)
	}
	c.files[address] = a
}

// file reads an address, or takes what is remembered when its host says that
// nothing changed.
func (r *Reader) file(ctx context.Context, address string) (fetch.Answer, error) {
	known := r.files.find(address)
	a, err := r.o.Client.Get(ctx, address, known.ETag, forge.MaxFile)
	switch {
	case err != nil:
		return a, err
	case a.Same:
		return known, nil
	}
	if a.ETag != "" {
		r.files.keep(address, a)
	}
	return a, nil
}
