package remote

import (
	"io/fs"
	"sync"
)

// lazyFS opens its files when the first is asked for.
type lazyFS struct {
	open func() (fs.FS, error)
	once sync.Once
	fs   fs.FS
	err  error
}

func (l *lazyFS) files() (fs.FS, error) {
	l.once.Do(func() { l.fs, l.err = l.open() })
	return l.fs, l.err
}

// Open implements fs.FS.
func (l *lazyFS) Open(name string) (fs.File, error) {
	f, err := l.files()
	if err != nil {
		return nil, err
	}
	return f.Open(name)
}

// Stat implements fs.StatFS.
func (l *lazyFS) Stat(name string) (fs.FileInfo, error) {
	f, err := l.files()
	if err != nil {
		return nil, err
	}
	return fs.Stat(f, name)
}

// ReadDir implements fs.ReadDirFS.
func (l *lazyFS) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := l.files()
	if err != nil {
		return nil, err
	}
	return fs.ReadDir(f, name)
}

// ReadFile implements fs.ReadFileFS.
func (l *lazyFS) ReadFile(name string) ([]byte, error) {
	f, err := l.files()
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(f, name)
}
