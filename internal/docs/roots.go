package docs

import (
	"context"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Annotations by which an entity names its docs.
const (
	RefAnnotation    = "backstage.io/techdocs-ref"
	EntityAnnotation = "backstage.io/techdocs-entity"
	sourceAnnotation = "backstage.io/source-location"
)

// Catalog is what the docs need to know of entities. The store implements it.
type Catalog interface {
	Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error)
	EntitySummaries(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Summary, error)
	// DocsSince lists what changed in the catalog after a generation.
	DocsSince(ctx context.Context, v access.Viewer, generation int64) (Changes, error)
}

// Changes say which entities have docs now (Named) and which were changed or
// removed and have none (Gone).
type Changes struct {
	Generation  int64
	Named, Gone []catalog.Ref
}

// Repositories are the Git hosts of this portal that docs may stand on.
type Repositories interface {
	// Version names the state of a repository at an address such as
	// https://waymark/OWNER/REPO/blob/main/catalog-info.yaml; a NotFound fault
	// for an address that is not one of theirs.
	Version(ctx context.Context, address string) (string, error)
	// Files returns all files of that repository and the path that the address
	// names inside it.
	Files(ctx context.Context, address string) (files fs.FS, inside string, err error)
}

// CatalogRoots finds docs through the catalog, and the portal's own.
type CatalogRoots struct {
	Catalog      Catalog
	Repositories Repositories // nil: none
	Own          *Root        // the portal's own docs; nil: none

	mu         sync.Mutex
	generation int64
	started    bool
	named      map[catalog.Ref]bool
}

// Root implements Roots.
func (c *CatalogRoots) Root(ctx context.Context, v access.Viewer, ref string) (Root, error) {
	return c.root(ctx, v, ref, true)
}

func (c *CatalogRoots) root(ctx context.Context, v access.Viewer, ref string, follow bool) (Root, error) {
	if c.Own != nil && ref == c.Own.Ref {
		return *c.Own, nil
	}
	r, err := catalog.ParseRef(ref, "", "")
	if err != nil || !utf8.ValidString(ref) || strings.Contains(ref, "\x00") {
		return Root{}, ErrNoSite
	}
	e, err := c.Catalog.Entity(ctx, v, r.Canonical())
	if err != nil {
		return Root{}, err
	}
	target := strings.TrimSpace(e.Metadata.Annotations[RefAnnotation])
	if other := e.Metadata.Annotations[EntityAnnotation]; target == "" && other != "" && follow {
		o, err := catalog.ParseRef(other, "component", e.Ref.Namespace)
		if err != nil {
			return Root{}, ErrNoSite
		}
		return c.root(ctx, v, o.String(), false)
	}
	if target == "" {
		return Root{}, ErrNoSite
	}
	out := Root{Ref: e.Ref.String(), Title: e.Title(), Description: e.Metadata.Description, Owner: e.Owner().String()}
	return c.locate(ctx, out, e, target)
}

// locate opens what a techdocs-ref names: a folder beside the entity's file,
// or an address on one of our hosts.
func (c *CatalogRoots) locate(ctx context.Context, out Root, e catalog.Entity, target string) (Root, error) {
	kind, place, _ := strings.Cut(target, ":")
	switch {
	case kind == "url":
		return c.fromHost(ctx, out, place, "")
	case kind != "dir":
		return Root{}, ErrNoSite
	}
	if place == "" {
		place = "."
	}
	scheme, location, _ := strings.Cut(e.Source.Location, ":")
	out.EditURL = editBase(e.Metadata.Annotations[sourceAnnotation], place)
	switch scheme {
	case "url":
		return c.fromHost(ctx, out, location, place)
	case "file":
		root, sub, ok := besideFile(location, e.Source.File, place)
		if !ok {
			return Root{}, ErrNoSite
		}
		out.FS = lazily(func() (fs.FS, error) { return OpenDir(root, sub) })
		return out, nil
	}
	return Root{}, ErrNoSite
}

// besideFile splits the path of an entity's file into the source's root and
// the docs' folder below it.
func besideFile(location, file, dir string) (root, sub string, ok bool) {
	location = filepath.ToSlash(location)
	root, ok = strings.CutSuffix(location, "/"+file)
	if !ok {
		root, file = path.Split(location)
	}
	sub = path.Join(path.Dir(file), dir)
	return filepath.FromSlash(root), sub, fs.ValidPath(sub)
}

func (c *CatalogRoots) fromHost(ctx context.Context, out Root, address, dir string) (Root, error) {
	if c.Repositories == nil {
		return Root{}, ErrNoSite
	}
	version, err := c.Repositories.Version(ctx, address)
	if err != nil {
		return Root{}, ErrNoSite.Because(err)
	}
	out.Version = version
	out.FS = lazily(func() (fs.FS, error) {
		files, inside, err := c.Repositories.Files(context.WithoutCancel(ctx), address)
		if err != nil {
			return nil, err
		}
		if dir != "" {
			inside = path.Dir(inside)
		}
		sub := path.Join(inside, dir)
		if sub == "." || sub == "" {
			return files, nil
		}
		if !fs.ValidPath(sub) {
			return nil, ErrNoSite
		}
		return fs.Sub(files, sub)
	})
	return out, nil
}

// editBase turns a source location such as
// url:https://github.com/o/r/tree/main/ into the address under which its files
// are edited; empty when it is no such address.
func editBase(location, dir string) string {
	address, ok := strings.CutPrefix(location, "url:")
	if !ok || strings.HasPrefix(address, "https://waymark/") {
		return "" // the host of our own forge is a name, not an address
	}
	for _, seen := range []string{"/-/tree/", "/-/blob/", "/tree/", "/blob/"} {
		if before, after, ok := strings.Cut(address, seen); ok {
			edit := strings.NewReplacer("tree", "edit", "blob", "edit").Replace(seen)
			return before + edit + path.Join(after, dir)
		}
	}
	return ""
}

// lazyFS opens its files when the first one is asked for.
type lazyFS struct{ open func() (fs.FS, error) }

func lazily(open func() (fs.FS, error)) fs.FS { return lazyFS{sync.OnceValues(open)} }

// Open implements fs.FS.
func (l lazyFS) Open(name string) (fs.File, error) {
	f, err := l.open()
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.Open(name)
}

// Roots implements Roots.
func (c *CatalogRoots) Roots(ctx context.Context, v access.Viewer) ([]Root, error) {
	if _, err := c.refresh(ctx); err != nil {
		return nil, err
	}
	var out []Root
	if c.Own != nil {
		out = append(out, *c.Own)
	}
	summaries, err := c.Catalog.EntitySummaries(ctx, v, c.refs())
	if err != nil {
		return nil, err
	}
	for ref, s := range summaries {
		if c.Own != nil && ref.String() == c.Own.Ref {
			continue
		}
		out = append(out, Root{Ref: ref.String(), Title: s.Title, Description: s.Description, Owner: s.Owner.String()})
	}
	slices.SortFunc(out, func(a, b Root) int {
		return strings.Compare(strings.ToLower(a.Title)+a.Ref, strings.ToLower(b.Title)+b.Ref)
	})
	return out, nil
}

func (c *CatalogRoots) refs() []catalog.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]catalog.Ref, 0, len(c.named))
	for r := range c.named {
		out = append(out, r)
	}
	slices.SortFunc(out, catalog.Ref.Compare)
	return out
}

// refresh brings the list of entities with docs up to the catalog.
func (c *CatalogRoots) refresh(ctx context.Context) (Changes, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	after := c.generation
	if !c.started {
		after = -1
	}
	ch, err := c.Catalog.DocsSince(ctx, access.System("docs"), after)
	if err != nil {
		return Changes{}, err
	}
	if c.named == nil {
		c.named = map[catalog.Ref]bool{}
	}
	for _, r := range ch.Gone {
		delete(c.named, r)
	}
	for _, r := range ch.Named {
		c.named[r] = true
	}
	c.started, c.generation = true, ch.Generation
	return ch, nil
}

// Has reports whether an entity has docs, by its annotations alone.
func Has(e catalog.Entity) bool {
	return e.Metadata.Annotations[RefAnnotation] != "" || e.Metadata.Annotations[EntityAnnotation] != ""
}

// isNotFound is told apart from faults that should be seen.
func isNotFound(err error) bool { return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) }
