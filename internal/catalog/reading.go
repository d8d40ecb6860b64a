package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// parserVersion is part of every file's hash: a new one makes all files be
// read again.
const parserVersion = "2"

// maxFiles bounds one source.
const maxFiles = 200_000

// item is one file to read: where it is, and the snapshot that holds it.
type item struct {
	snap  *opened
	path  string
	key   string // how the source calls the file
	only  bool   // found by walking a folder: documents of other sorts are no fault
	same  bool   // its snapshot is as it was when the file was last read
	from  *item  // the file whose Location named it
	depth int    // how many Locations lead to it
}

// via is the file whose Location named this one, empty for the source itself.
func (it item) via() string {
	if it.from == nil {
		return ""
	}
	return it.from.key
}

// parsed is a file after reading.
type parsed struct {
	FileState
	same    bool // as it was known; Documents are not filled then
	failed  bool // could not be read; what was there is kept
	trusted bool // see trusts
	docs    []Document
	trouble []Problem // of these targets
}

// reading is one pass over a source.
type reading struct {
	engine *Engine
	src    Location
	known  map[string]FileState
	seen   map[string]bool
	open   []*opened
	memo   map[string]memo // of this reading, by location
	lost   []string        // beginnings of files that could not be reached
	closed []string        // folders that could not be read, by key
	full   bool            // there are more than maxFiles
}

func newReading(e *Engine, src Location, known map[string]FileState) *reading {
	return &reading{engine: e, src: src, known: known, seen: map[string]bool{}, memo: map[string]memo{}}
}

func (r *reading) close() {
	for _, o := range r.open {
		o.close()
	}
}

// parseAll reads files side by side, in order.
func (r *reading) parseAll(ctx context.Context, items []item) ([]parsed, error) {
	out := make([]parsed, len(items))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for i, it := range items {
		g.Go(func() error {
			out[i] = r.parse(it)
			return ctx.Err()
		})
	}
	return out, g.Wait()
}

// trusts reports whether an item may hold what only trusted sources may: it
// stands in the trusted source itself. What a Location there names elsewhere
// is in the hands of others, who may push what they like; so is what they name.
func (r *reading) trusts(it item) bool {
	if it.snap.Loose && it.path != it.snap.Path {
		return false
	}
	if it.from != nil && !r.trusts(*it.from) {
		return false
	}
	return r.src.Trusted && (it.snap == r.open[0] || it.snap.Location("") == r.open[0].Location(""))
}

func (r *reading) parse(it item) parsed {
	known := r.known[it.key]
	// A file with a Location is always parsed: its targets may have changed.
	if it.same || known.Hash != "" && len(known.Targets) == 0 && known.Hash == r.hash(it, known.Reads, nil) {
		known.Via = it.via()
		return parsed{FileState: known, trusted: r.trusts(it), same: true}
	}
	return r.parseAnew(it)
}

// parseAnew reads a file whether or not it is as it was.
func (r *reading) parseAnew(it item) parsed {
	p := parsed{FileState: FileState{Path: it.key, Via: it.via()}, trusted: r.trusts(it)}
	data, err := readFile(it.snap.FS, it.path)
	if err != nil {
		p.failed = true
		p.trouble = []Problem{r.trouble(it.key, Error, "source", "The file was not read: "+Reason(err)+".", "Make it readable, or take it out of the source.")}
		return p
	}
	contents := map[string][]byte{it.path: data} // what was read is what is hashed, whatever happens meanwhile
	f := File{Source: r.src.ID, Path: it.key, Location: it.snap.Location(it.path), Version: it.snap.Version, Trusted: p.trusted, Kinds: r.engine.o.Kinds, Data: data}
	f.Read = func(name string) ([]byte, error) {
		target, err := placeholderPath(it, name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(strings.Split(target, "/"), ".git") {
			return nil, fs.ErrNotExist // its configuration may hold a password
		}
		contents[target], err = readFile(it.snap.FS, target)
		return contents[target], err
	}
	if it.only && !looksLikeEntity(data) {
		p.Hash = r.hash(it, nil, contents)
		return p
	}
	p.docs = r.welcome(Parse(f))
	delete(contents, it.path)
	p.Reads = slices.Sorted(maps.Keys(contents))
	contents[it.path] = data
	p.Hash = r.hash(it, p.Reads, contents)
	for _, d := range p.docs {
		if d.Entity != nil && d.Entity.Ref.Kind == "location" {
			p.Targets = append(p.Targets, targetsOf(*d.Entity)...)
		}
	}
	return p
}

// looksLikeEntity tells catalog files from other YAML that lives in the same
// folder: somewhere kind or apiVersion stands at the start of a line.
func looksLikeEntity(data []byte) bool { return envelopeKey.Match(data) }

var envelopeKey = regexp.MustCompile(`(?m)^(\{\s*)?["']?(apiVersion|kind)["']?\s*:`)

// hash covers the file, what its placeholders read, and how it was read. It
// takes contents where they are known and reads the rest; it is empty when the
// file cannot be read, so that it is tried again.
func (r *reading) hash(it item, reads []string, contents map[string][]byte) string {
	h := sha256.New()
	add := func(name string) error {
		if data := contents[name]; data != nil {
			_, err := h.Write(data)
			return err
		}
		return hashFile(h, it.snap.FS, name)
	}
	fmt.Fprintf(h, "%s %v %s %s\x00", parserVersion, r.trusts(it), r.engine.o.Rules.Fingerprint(), r.engine.o.Kinds.Fingerprint())
	if add(it.path) != nil {
		return ""
	}
	for _, name := range reads {
		err := add(name)
		fmt.Fprintf(h, "\x00%s %v\x00", name, err != nil)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func hashFile(h io.Writer, fsys fs.FS, name string) error {
	f, err := openFileIn(fsys, name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(h, io.LimitReader(f, maxFileBytes+1))
	return err
}

// openFileIn opens a regular file.
func openFileIn(fsys fs.FS, name string) (fs.File, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, fs.ErrNotExist)
	}
	return f, nil
}

// readFile reads at most one byte more than the limit, so that the parser can
// refuse it.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := openFileIn(fsys, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFileBytes+1))
}

// placeholderPath finds the path inside the snapshot that a placeholder
// names: relative, or an address in the same repository.
func placeholderPath(it item, name string) (string, error) {
	if !strings.Contains(name, "://") {
		return within(it.path, name)
	}
	here := strings.TrimPrefix(it.snap.Location(it.path), "url:")
	base := strings.TrimSuffix(here, it.path)
	if rest, ok := strings.CutPrefix(name, base); ok && base != here && strings.Contains(base, "://") {
		return within(".", rest)
	}
	u, err := url.Parse(name)
	if err != nil || u.Host == "" {
		return "", fs.ErrInvalid
	}
	return "", hostError(u.Host)
}

func (r *reading) trouble(file string, s Severity, code, message, fix string) Problem {
	return Problem{Severity: s, Code: code, Source: r.src.ID, File: file, Message: message, Fix: fix}.identified()
}
