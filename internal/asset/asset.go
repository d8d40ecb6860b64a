// Package asset makes the files of static ready to serve: scripts and styles
// joined into bundles, every name with a hash of its content, compressed once.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
)

// Prefix is where assets are served.
const Prefix = "/assets/"

// The names that URL knows.
const (
	CSS          = "app.css"          // Basecoat and our styles
	JS           = "app.js"           // htmx and our behaviours
	ECharts      = "echarts.js"       // loaded by js/charts.js where there is a chart
	Mermaid      = "mermaid.js"       // loaded by the diagram frame only
	MermaidFrame = "mermaid-frame.js" // the frame's side of the talk
	Icons        = "icons.svg"
	Favicon      = "favicon.svg"
)

// file is one served file. Either raw or gz is given at the start; the other
// is made when it is first asked for.
type file struct {
	name, mime, etag string

	once struct{ raw, gz sync.Once }
	raw  []byte
	gz   []byte
	err  error
}

// Set is every asset under its hashed address.
type Set struct {
	byName map[string]string // app.css → /assets/app.1a2b.css
	byPath map[string]*file
}

// New bundles the tree. It fails when a part of a bundle is missing, so that a
// server without its look does not start.
func New(files fs.FS) (*Set, error) {
	s := &Set{byName: map[string]string{}, byPath: map[string]*file{}}
	for _, b := range bundles {
		raw, err := b.join(files)
		if err != nil {
			return nil, fmt.Errorf("asset %s: %w", b.name, err)
		}
		f := &file{name: b.name, mime: mimes[path.Ext(b.name)], raw: raw}
		if b.packed {
			f.raw, f.gz = nil, raw
		}
		s.add(f, raw)
	}
	return s, nil
}

func (s *Set) add(f *file, content []byte) {
	hash := Hash(content)
	f.etag = `"` + hash + `"`
	ext := path.Ext(f.name)
	url := Prefix + strings.TrimSuffix(f.name, ext) + "." + hash + ext
	s.byName[f.name] = url
	s.byPath[url] = f
}

// Hash is the part of an address that changes with the content.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])[:12]
}

// URL is the hashed address of a name, "" for one that does not exist.
func (s *Set) URL(name string) string { return s.byName[name] }

// plain is the content as it is.
func (f *file) plain() ([]byte, error) {
	f.once.raw.Do(func() {
		if f.raw == nil {
			f.raw, f.err = unpack(f.gz)
		}
	})
	return f.raw, f.err
}

// packed is the content under gzip.
func (f *file) packed() []byte {
	f.once.gz.Do(func() {
		if f.gz == nil {
			f.gz = pack(f.raw)
		}
	})
	return f.gz
}

func pack(raw []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid constant
	_, _ = w.Write(raw)                                   // a bytes.Buffer does not fail
	_ = w.Close()
	return b.Bytes()
}

func unpack(gz []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
