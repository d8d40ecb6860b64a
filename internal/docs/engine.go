package docs

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Roots knows which entities have docs and where their sources are.
type Roots interface {
	// Root returns the source of the docs of an entity. Returns a NotFound
	// fault for an entity that v may not see or that has none.
	Root(ctx context.Context, v access.Viewer, ref string) (Root, error)
	// Roots lists the entities with docs that v may see, without their FS.
	Roots(ctx context.Context, v access.Viewer) ([]Root, error)
}

// Engine serves sites and keeps what it has read and rendered.
type Engine struct {
	roots Roots
	now   func() time.Time
	pages *cache

	mu    sync.Mutex
	sites map[string]kept
}

type kept struct {
	site *Site
	read time.Time
}

// freshFor is how long a site is used before its files are looked at again.
const freshFor = time.Second

// New makes an engine over roots.
func New(roots Roots) *Engine {
	return &Engine{roots: roots, now: time.Now, pages: newCache(8 << 20), sites: map[string]kept{}}
}

// Roots lists the sites that v may see.
func (e *Engine) Roots(ctx context.Context, v access.Viewer) ([]Root, error) {
	return e.roots.Roots(ctx, v)
}

// Site opens the docs of an entity. Returns a NotFound fault when there are
// none that v may see.
func (e *Engine) Site(ctx context.Context, v access.Viewer, ref string) (*Site, error) {
	r, err := e.roots.Root(ctx, v, ref)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	k, ok := e.sites[r.Ref]
	e.mu.Unlock()
	if ok && k.site.Version == r.Version && (r.Version != "" || e.now().Sub(k.read) < freshFor) {
		s := *k.site
		s.Owner = r.Owner
		return &s, nil
	}
	s, err := Open(r)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.sites) > 200 {
		clear(e.sites)
	}
	e.sites[r.Ref] = kept{s, e.now()}
	return s, nil
}

// Page is a page with its surroundings.
type Page struct {
	*Rendered
	File       string
	URL        string
	Prev, Next *NavItem
	Trail      []string // headings of the navigation above it
	EditURL    string
	SourceURL  string // its Markdown
	Changed    time.Time
}

// Page renders the page at an address below the site's base, or takes it from
// the cache. Returns ErrNoPage when there is none.
func (e *Engine) Page(s *Site, urlPath string) (Page, error) {
	file, ok := s.Lookup(urlPath)
	if !ok && strings.Trim(urlPath, "/") == "" {
		return s.listPage(), nil
	}
	if !ok {
		return Page{}, ErrNoPage
	}
	r, err := e.render(s, file)
	if err != nil {
		return Page{}, err
	}
	p := Page{Rendered: r, File: file, URL: s.URL(file), SourceURL: s.Base + escapePath(file), Changed: s.Changed(file), EditURL: s.editURL(file)}
	p.Prev, p.Next, p.Trail = neighbours(s.Nav, file)
	return p, nil
}

// listPage stands in for the first page of a site that has none.
func (s *Site) listPage() Page {
	var b strings.Builder
	writeList(&b, s.Nav)
	return Page{Rendered: &Rendered{HTML: b.String(), Title: s.Title, IDs: map[string]bool{}}, URL: s.Base}
}

func writeList(b *strings.Builder, items []NavItem) {
	b.WriteString("<ul>\n")
	for _, i := range items {
		if i.URL != "" {
			b.WriteString("<li>" + anchor(i.URL, "", escape(i.Title)))
		} else {
			b.WriteString("<li>" + escape(i.Title))
		}
		if len(i.Items) > 0 {
			b.WriteString("\n")
			writeList(b, i.Items)
		}
		b.WriteString("</li>\n")
	}
	b.WriteString("</ul>\n")
}

func (e *Engine) render(s *Site, file string) (*Rendered, error) {
	src, err := s.Read(file)
	if err != nil {
		return nil, err
	}
	key := s.key(file, src)
	if r := e.pages.get(key); r != nil {
		return r, nil
	}
	r, err := Render(src, Options{Resolve: s.resolve(file), Read: s.snippet, Size: s.pictureSize})
	if err != nil {
		return nil, fmt.Errorf("render %s of %s: %w", file, s.Ref, err)
	}
	e.pages.put(key, r)
	return r, nil
}

// key changes with the page and with the site around it, whose files decide
// where links lead and what snippets hold.
func (s *Site) key(file string, src []byte) string {
	h := sha256.New()
	h.Write([]byte(s.Base + "\x00" + file + "\x00" + s.stamp + "\x00"))
	h.Write(src)
	return string(h.Sum(nil))
}

// editURL is where a page is edited; only addresses of the web count.
func (s *Site) editURL(file string) string {
	base := s.EditURL
	if base != "" {
		base = strings.TrimSuffix(base, "/") + "/" + s.docsDir + "/"
	}
	if s.config.editURI != "" {
		base = s.config.editURI
		if s.config.repoURL != "" && !strings.Contains(base, "://") {
			base = strings.TrimSuffix(s.config.repoURL, "/") + "/" + strings.TrimPrefix(base, "/")
		}
	}
	if base == "" {
		return ""
	}
	if kind, href := classify(strings.TrimSuffix(base, "/") + "/" + escapePath(file)); kind == external && strings.HasPrefix(href, "http") {
		return strings.ReplaceAll(href, "/./", "/")
	}
	return ""
}

// neighbours finds the pages before and after file, and the headings above it.
func neighbours(nav []NavItem, file string) (prev, next *NavItem, trail []string) {
	flat := Flat(nav)
	for i := range flat {
		if flat[i].Page != file {
			continue
		}
		if i > 0 {
			prev = &flat[i-1]
		}
		if i+1 < len(flat) {
			next = &flat[i+1]
		}
		break
	}
	return prev, next, trailTo(nav, file)
}

func trailTo(nav []NavItem, file string) []string {
	for _, i := range nav {
		if i.Page == file {
			return []string{}
		}
		if t := trailTo(i.Items, file); t != nil {
			return append([]string{i.Title}, t...)
		}
	}
	return nil
}

// Nearest lists the pages whose addresses are most like urlPath, for an answer
// to somebody who is lost; the first pages when none is.
func (s *Site) Nearest(urlPath string) []NavItem {
	asked := words(urlPath)
	type near struct {
		item  NavItem
		score int
	}
	var found []near
	for _, p := range s.Pages {
		score := 0
		for w := range words(s.urlPath(p)) {
			for a := range asked {
				if a == w {
					score += 3
				} else if len(a) > 2 && (strings.HasPrefix(w, a) || strings.HasPrefix(a, w)) {
					score++
				}
			}
		}
		if score > 0 {
			found = append(found, near{NavItem{Title: s.title(p), Page: p, URL: s.URL(p)}, score})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return b.score - a.score })
	if len(found) == 0 {
		flat := Flat(s.Nav)
		return flat[:min(len(flat), 5)]
	}
	var out []NavItem
	for _, f := range found[:min(len(found), 5)] {
		out = append(out, f.item)
	}
	return out
}

func words(p string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(p), func(r rune) bool { return strings.ContainsRune("/-_. ", r) }) {
		out[w] = true
	}
	return out
}

// IsNoPage reports whether err means that a page or a site is not there.
func IsNoPage(err error) bool { return fault.Is(err, fault.NotFound) }
