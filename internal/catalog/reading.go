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
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// parserVersion is part of every file's hash: a new one makes all files be
// read again.
const parserVersion = "1"

// maxFiles bounds one source.
const maxFiles = 200_000

// item is one file to read: where it is, and the snapshot that holds it.
type item struct {
	snap *opened
	path string
	key  string // how the source calls the file
	only bool   // found by walking a folder: documents of other sorts are no fault
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
}

func (r *reading) close() {
	for _, o := range r.open {
		o.close()
	}
}

// start opens the source's own target.
func (r *reading) start(ctx context.Context) (items []item, version string, err error) {
	o, err := r.engine.open(ctx, r.src.ID)
	if err != nil {
		return nil, "", err
	}
	r.open = append(r.open, &o)
	items, err = r.items(&o, o.Path, true)
	return items, o.Version, err
}

// items lists what a path of a snapshot stands for, leaving out what this
// reading has already met.
func (r *reading) items(o *opened, name string, own bool) ([]item, error) {
	paths, err := list(o.FS, name)
	if err != nil {
		return nil, err
	}
	folder := len(paths) != 1 || paths[0] != name
	var out []item
	for _, p := range paths {
		key := p
		if o != r.open[0] {
			key = o.Location(p)
		}
		if r.seen[key] || len(r.seen) >= maxFiles {
			continue
		}
		r.seen[key] = true
		out = append(out, item{snap: o, path: p, key: key, only: folder && !isGlob(name)})
	}
	return out, nil
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
// is in the hands of others, who may push what they like.
func (r *reading) trusts(it item) bool {
	return r.src.Trusted && (it.snap == r.open[0] || it.snap.Location("") == r.open[0].Location(""))
}

func (r *reading) parse(it item) parsed {
	p := parsed{FileState: FileState{Path: it.key}, trusted: r.trusts(it)}
	// A file with a Location is always parsed: its targets may have changed.
	if known, ok := r.known[it.key]; ok && len(known.Targets) == 0 && known.Hash == r.hash(it, known.Reads, nil) {
		p.FileState, p.same = known, true
		return p
	}
	data, err := readFile(it.snap.FS, it.path)
	if err != nil {
		p.failed = true
		p.trouble = []Problem{r.trouble(it.key, Error, "source", "The file was not read: "+Reason(err)+".", "Make it readable, or take it out of the source.")}
		return p
	}
	contents := map[string][]byte{it.path: data} // what was read is what is hashed, whatever happens meanwhile
	f := File{Source: r.src.ID, Path: it.key, Location: it.snap.Location(it.path), Version: it.snap.Version, Trusted: p.trusted, Data: data}
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
	p.docs = Parse(f)
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
	fmt.Fprintf(h, "%s %v\x00", parserVersion, r.trusts(it))
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
	if err != nil {
		return "", fs.ErrInvalid
	}
	return "", hostError(u.Host)
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

// follow turns the targets of a file into further items; what cannot be
// followed becomes a problem.
func (r *reading) follow(ctx context.Context, from item, targets []string) (next []item, trouble []Problem) {
	for _, target := range targets {
		optional := strings.HasPrefix(target, "?")
		kind, name, _ := strings.Cut(strings.TrimPrefix(target, "?"), ">")
		items, err := r.target(ctx, from, kind, name)
		if err != nil && !(optional && errors.Is(err, fs.ErrNotExist)) {
			trouble = append(trouble, r.trouble(from.key, Error, "source", fmt.Sprintf("The target %q was not read: %s.", name, Reason(err)),
				"Correct the target, or take it out of the Location."))
		}
		next = append(next, items...)
	}
	return next, trouble
}

func (r *reading) target(ctx context.Context, from item, kind, name string) ([]item, error) {
	address := strings.Contains(name, "://")
	switch {
	case address && (kind == "" || kind == "url"):
		o, err := r.engine.openURL(ctx, name)
		if err != nil {
			return nil, err
		}
		r.open = append(r.open, &o)
		return r.items(&o, o.Path, false)
	case address, kind == "file" && from.snap.root == "", kind == "url" && from.snap.root != "" && !strings.HasPrefix(name, "."):
		return nil, fs.ErrInvalid
	}
	p := name
	if path.IsAbs(name) && from.snap.root != "" {
		rel, ok := strings.CutPrefix(path.Clean(name), strings.TrimSuffix(from.snap.root, "/")+"/")
		if !ok {
			return nil, fs.ErrInvalid
		}
		return r.items(from.snap, rel, false)
	}
	p, err := within(from.path, name)
	if err != nil {
		return nil, err
	}
	return r.items(from.snap, p, false)
}

func (r *reading) trouble(file string, s Severity, code, message, fix string) Problem {
	return Problem{Severity: s, Code: code, Source: r.src.ID, File: file, Message: message, Fix: fix}.identified()
}
