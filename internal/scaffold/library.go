package scaffold

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// Entities is where templates of other sources are found.
type Entities interface {
	Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error)
}

// Library finds templates: the shipped ones, and those of trusted sources of
// the catalog, read again from their files when they have changed.
type Library struct {
	shipped  map[catalog.Ref]*Template
	entities Entities
	forge    Forge
	mu       sync.Mutex
	read     map[string]*Template // by reference and hash
	versions Versions             // nil: none are kept
	engine   *Engine              // that uses the templates; nil: the actions of Waymark are all that there are
}

// serve makes the library answer by what an engine can do.
func (l *Library) serve(e *Engine) {
	l.engine = e
	for _, t := range l.shipped {
		t.Unsupported = e.lacking(t.Steps)
	}
}

// NewLibrary reads the shipped templates: every folder of files with a
// template.yaml.
func NewLibrary(files fs.FS, entities Entities, f Forge) (*Library, error) {
	l := &Library{shipped: map[catalog.Ref]*Template{}, entities: entities, forge: f, read: map[string]*Template{}}
	names, err := fs.Glob(files, "*/template.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		folder, err := fs.Sub(files, path.Dir(name))
		if err != nil {
			return nil, err
		}
		b, err := fs.ReadFile(folder, "template.yaml")
		if err != nil {
			return nil, err
		}
		t, err := Parse(b, "template.yaml", folder)
		if err != nil {
			return nil, fmt.Errorf("shipped template %s: %w", name, err)
		}
		t.Source = "shipped: golden-paths/" + name
		l.shipped[t.Ref] = t
	}
	return l, nil
}

// Shipped lists the templates that come with the portal, by title.
func (l *Library) Shipped() []*Template {
	var out []*Template
	for _, t := range l.shipped {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *Template) int { return strings.Compare(a.Title, b.Title) })
	return out
}

// SourceID is the catalog's source of the shipped templates.
const SourceID = "engine:templates"

// ShippedEntities are the shipped templates as the catalog keeps them.
func (l *Library) ShippedEntities() ([]catalog.Entity, error) {
	var out []catalog.Entity
	for _, t := range l.Shipped() {
		b, err := json.Marshal(t.doc)
		if err != nil {
			return nil, err
		}
		e, err := catalog.Decode(b)
		if err != nil {
			return nil, err
		}
		e.Source = catalog.Source{ID: SourceID, Location: SourceID, File: strings.TrimPrefix(t.Source, "shipped: ")}
		out = append(out, e)
	}
	return out, nil
}

// Template finds a template, ErrNoTemplate if there is none that v may see.
// What is wrong with its file is fault Invalid.
func (l *Library) Template(ctx context.Context, v access.Viewer, ref catalog.Ref) (*Template, error) {
	if t, ok := l.shipped[ref.Canonical()]; ok {
		return t, l.open(ctx, v, t.Ref)
	}
	e, err := l.entity(ctx, v, ref.Canonical())
	if err != nil || !IsMaker(e.Ref.Kind) {
		return nil, fmt.Errorf("template %s: %w", ref, ErrNoTemplate.Because(err))
	}
	key := e.Ref.String() + " " + e.Hash + " " + e.Source.Version
	l.mu.Lock()
	t := l.read[key]
	l.mu.Unlock()
	if t != nil {
		return t, nil
	}
	if t, err = l.load(ctx, e); err != nil {
		return nil, err
	}
	if l.engine != nil {
		t.Unsupported = l.engine.lacking(t.Steps)
	}
	if strings.HasPrefix(e.Source.Location, "file:") || t.files == nil {
		return t, nil // its folder may change without the file, or be there again
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.read) > 200 {
		clear(l.read)
	}
	l.read[key] = t
	return t, nil
}

// entity looks a template up; a golden path or a service template of the name
// answers where there is no Template, so that addresses need not say which.
func (l *Library) entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	e, err := l.entities.Entity(ctx, v, ref)
	if ref.Kind != "template" || !fault.Is(err, fault.NotFound) {
		return e, err
	}
	for _, kind := range Makers[1:] {
		other, otherErr := l.entities.Entity(ctx, v, catalog.Ref{Kind: kind, Namespace: ref.Namespace, Name: ref.Name})
		if !fault.Is(otherErr, fault.NotFound) {
			return other, otherErr
		}
	}
	return e, err
}

// open returns ErrNoTemplate when a shipped template is hidden from v. One
// that the catalog does not hold yet is hidden from nobody.
func (l *Library) open(ctx context.Context, v access.Viewer, ref catalog.Ref) error {
	if v.Via == "system" {
		return nil
	}
	_, err := l.entities.Entity(ctx, v, ref.Canonical())
	if !fault.Is(err, fault.NotFound) {
		return nil
	}
	if _, err := l.entities.Entity(ctx, access.System("create"), ref.Canonical()); err != nil {
		return nil
	}
	return fmt.Errorf("template %s: %w", ref, ErrNoTemplate)
}

// load reads a template from the file that its entity came from.
func (l *Library) load(ctx context.Context, e catalog.Entity) (*Template, error) {
	files, file, err := l.folder(ctx, e.Source.Location)
	if err != nil {
		return nil, err
	}
	if files == nil { // the file is out of reach; its document is not
		b, err := json.Marshal(e.Body())
		if err != nil {
			return nil, err
		}
		return parse(b, e.Ref.String(), nil, e.Ref.Name)
	}
	b, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, fault.Newf(fault.Unavailable, "The file of the template %s cannot be read.", e.Ref.Name).Because(err)
	}
	t, err := parse(b, file, files, e.Ref.Name)
	if err == nil {
		t.Source = e.Source.Location
	}
	return t, err
}

// folder opens the source that holds a file: the repository, or the file's
// own folder on disk. Links out of it do not lead anywhere.
func (l *Library) folder(ctx context.Context, location string) (fs.FS, string, error) {
	if p, ok := strings.CutPrefix(location, "file:"); ok {
		root, err := os.OpenRoot(filepath.Dir(p))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		return root.FS(), filepath.Base(p), nil
	}
	t, err := forge.ParseTarget(strings.TrimPrefix(location, "url:"))
	if err != nil {
		return l.remote(ctx, location)
	}
	files, err := l.forge.FS(ctx, t.Owner, t.Name, t.Ref)
	return files, t.Path, err
}

// remotePatience is how long a template's own host may take to open its
// folder; after that the template is shown by its document.
const remotePatience = 15 * time.Second

// remote opens the repository of another host in which a file lies; no files
// when the host cannot be read, or keeps single files only.
func (l *Library) remote(ctx context.Context, location string) (fs.FS, string, error) {
	address, ok := strings.CutPrefix(location, "url:")
	if !ok || l.engine == nil || l.engine.o.Fetcher == nil {
		return nil, "", nil
	}
	bounded, done := context.WithTimeout(ctx, remotePatience)
	defer done()
	files, name, err := l.engine.o.Fetcher.Source(bounded, address, "")
	if err != nil {
		return nil, "", ctx.Err()
	}
	return files, name, nil
}
