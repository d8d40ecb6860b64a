package remote

import (
	"context"
	"io/fs"
	"net/url"
	"path/filepath"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// Source opens the repository in which an address lies, at the ref that the
// address names, and returns the path that it names in it; "." for the whole
// repository. token is a person's own, sent instead of the portal's when it is
// not empty.
func (r *Reader) Source(ctx context.Context, address, token string) (files fs.FS, name string, err error) {
	if r, err = r.as(address, token); err != nil {
		return nil, "", err
	}
	if err := r.o.Client.Check(address); err != nil {
		return nil, "", err
	}
	a, ok := r.Parse(address)
	if !ok {
		return nil, "", fault.Newf(fault.Invalid, "%s is no address of a repository, or of a folder in one, on a Git host", address)
	}
	refs, err := r.lsRemote(ctx, a)
	if err != nil {
		return nil, "", err
	}
	_, name, hash, err := refs.split(a)
	if err != nil {
		return nil, "", err
	}
	if a.Rest == "" || name == "" {
		name = "."
	}
	files, err = r.tree(ctx, a, hash)
	return files, name, err
}

// Folder opens a folder of a repository by the address of its page.
func (r *Reader) Folder(ctx context.Context, address, token string) (fs.FS, error) {
	files, name, err := r.Source(ctx, address, token)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(files, name)
	if err != nil || !info.IsDir() {
		return nil, fault.Newf(fault.NotFound, "%s is no folder of its repository", address)
	}
	return fs.Sub(files, name)
}

// File reads a file by the address of its page in a repository, or by its own
// address on a host that keeps single files.
func (r *Reader) File(ctx context.Context, address, token string) ([]byte, error) {
	r, err := r.as(address, token)
	if err != nil {
		return nil, err
	}
	if a, ok := r.Parse(address); !ok || a.Rest == "" {
		got, err := r.o.Client.Get(ctx, address, "", forge.MaxFile)
		return got.Body, err
	}
	files, name, err := r.Source(ctx, address, "")
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(files, name)
	switch {
	case err != nil || info.IsDir():
		return nil, fault.Newf(fault.NotFound, "%s is no file of its repository", address)
	case info.Size() > forge.MaxFile:
		return nil, fault.Newf(fault.TooLarge, "%s is larger than the %d MB that are read of one file", address, forge.MaxFile>>20)
	}
	return fs.ReadFile(files, name)
}

// as is the reader for somebody with a token: what it learns is remembered for
// nobody else.
func (r *Reader) as(address, token string) (*Reader, error) {
	if token == "" {
		return r, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fault.New(fault.Invalid, "This is no address of the form https://host/path.")
	}
	c, err := r.o.Client.As(u.Host, token)
	if err != nil {
		return nil, err
	}
	return New(Options{Client: c, Dir: filepath.Join(r.o.Dir, "people"), Limit: r.o.Limit, Now: r.o.Now}), nil
}
