package docs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"net/url"
	"path"
	"sort"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Root is the source of one site: a folder that is never left.
type Root struct {
	Ref         string // entity reference, canonical
	Title       string
	Description string
	Owner       string // reference of the owner
	FS          fs.FS
	// Version names the state of FS when it has a name, such as a commit.
	// Empty means that the files themselves are asked.
	Version string
	// EditURL and ViewURL are where the source is edited and seen; the path of
	// the file is added. Empty when unknown.
	EditURL, ViewURL string
}

// Site is a root that was read: its files, its navigation.
type Site struct {
	Root
	Base  string    // /docs/default/component/x/
	Nav   []NavItem // by mkdocs.yml or by folders
	Pages []string  // files of pages, relative to the docs folder, sorted
	Notes []Note    // about mkdocs.yml

	fsys       fs.FS
	docsDir    string
	config     config
	stamp      string
	files      map[string]bool // every file that may be served, relative to the docs folder
	pages      map[string]int  // page's file in lower case → place in Pages
	urls       map[string]string
	titles     *titles
	inNav      map[string]bool
	missingNav []Note
}

// BaseURL is the address of the site of an entity.
func BaseURL(ref string) string {
	kind, rest, _ := strings.Cut(ref, ":")
	namespace, name, _ := strings.Cut(rest, "/")
	return "/docs/" + url.PathEscape(namespace) + "/" + url.PathEscape(kind) + "/" + url.PathEscape(name) + "/"
}

// Open reads a root. Returns ErrNoSite when it holds no page at all.
func Open(r Root) (*Site, error) {
	s := &Site{Root: r, Base: BaseURL(r.Ref), fsys: r.FS, config: readConfig(r.FS),
		files: map[string]bool{}, pages: map[string]int{}, urls: map[string]string{}, titles: &titles{of: map[string]string{}}, inNav: map[string]bool{}}
	s.docsDir, s.Notes = s.config.docsDir, s.config.notes
	s.Title = firstOf(s.config.name, r.Title, r.Ref)
	s.Description = firstOf(s.config.description, r.Description)
	if err := s.list(); err != nil {
		return nil, err
	}
	if len(s.Pages) == 0 {
		return nil, ErrNoSite
	}
	s.Nav = s.navigation(s.config.nav)
	return s, nil
}

// list finds the files of the docs folder, else the README beside it.
func (s *Site) list() error {
	names, stamp, err := files(s.fsys, s.docsDir)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !anyPage(names)) {
		s.docsDir = "."
		names, stamp, err = readmes(s.fsys)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("docs of %s: %w", s.Ref, err)
	}
	s.stamp = stamp + s.Version
	for _, name := range names {
		rel := name
		if s.docsDir != "." {
			rel = strings.TrimPrefix(name, s.docsDir+"/")
		} else if rel == s.config.file || strings.HasSuffix(rel, ".go") {
			continue
		}
		s.files[rel] = true
		if isPage(rel) {
			s.Pages = append(s.Pages, rel)
		}
	}
	if len(names) == maxFiles {
		s.Notes = append(s.Notes, Note{Text: fmt.Sprintf("These docs have more than %d files; the rest is left out.", maxFiles)})
	}
	sort.Strings(s.Pages)
	for i, p := range s.Pages {
		s.pages[strings.ToLower(p)] = i
		s.urls[strings.ToLower(s.urlPath(p))] = p
	}
	return nil
}

func anyPage(names []string) bool {
	for _, n := range names {
		if isPage(n) {
			return true
		}
	}
	return false
}

// readmes are the pages of a root without a docs folder.
func readmes(fsys fs.FS) (out []string, stamp string, err error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, "", err
	}
	h := newStamp()
	for _, e := range entries {
		if name := strings.ToLower(e.Name()); !e.IsDir() && (name == "readme.md" || name == "index.md") {
			h.add(e.Name(), e)
			out = append(out, e.Name())
		}
	}
	return out, h.sum(), nil
}

// inSource is where a file of the docs folder stands in the root.
func (s *Site) inSource(file string) string { return path.Join(s.docsDir, file) }

// urlPath is the address of a page below the base: guide/ for guide.md and for
// guide/index.md, empty for the first page.
func (s *Site) urlPath(file string) string {
	dir, base := path.Split(file)
	if strings.EqualFold(base, "index.md") || (strings.EqualFold(base, "readme.md") && !s.files[dir+"index.md"]) {
		return dir
	}
	return strings.TrimSuffix(file, path.Ext(file)) + "/"
}

// URL is the address of a page.
func (s *Site) URL(file string) string { return s.Base + escapePath(s.urlPath(file)) }

func escapePath(p string) string { return (&url.URL{Path: p}).EscapedPath() }

// Lookup finds the page at an address below the base; letter case and a
// missing slash do not matter.
func (s *Site) Lookup(urlPath string) (file string, ok bool) {
	p := strings.ToLower(strings.Trim(urlPath, "/"))
	if p != "" {
		p += "/"
	}
	file, ok = s.urls[p]
	return file, ok
}

// Read returns a file of the docs folder. Returns ErrNoPage for one that is
// not served, ErrTooBig for one that is too large.
func (s *Site) Read(file string) ([]byte, error) {
	if !s.files[file] {
		return nil, ErrNoPage
	}
	limit := int64(maxAsset)
	if isPage(file) {
		limit = maxPage
	}
	b, err := readLimited(s.fsys, s.inSource(file), limit)
	if err != nil && !fault.Is(err, fault.TooLarge) {
		return nil, ErrNoPage.Because(err)
	}
	return b, err
}

// Changed is when a file was last changed, zero when that is not known.
func (s *Site) Changed(file string) time.Time {
	st, err := fs.Stat(s.fsys, s.inSource(file))
	if err != nil || s.Version != "" {
		return time.Time{}
	}
	return st.ModTime()
}

// snippet reads a file for inclusion: from the root or the docs folder, but
// nothing hidden: .git/config may hold the password of a checkout.
func (s *Site) snippet(name string) ([]byte, error) {
	name = path.Clean(name)
	if !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return nil, fs.ErrNotExist
	}
	if b, err := readLimited(s.fsys, name, maxPage); err == nil {
		return b, nil
	}
	return readLimited(s.fsys, s.inSource(name), maxPage)
}

// resolve says where an address leads that stands on the page file.
func (s *Site) resolve(file string) Resolver {
	return func(href string) Target {
		u, err := url.Parse(href)
		if err != nil {
			return Target{URL: s.Base, Missing: true}
		}
		t := s.find(file, u.Path)
		t.Fragment = u.Fragment
		out := url.URL{Path: t.URL, RawQuery: u.RawQuery, Fragment: u.Fragment}
		if pageIDs[strings.ToLower(u.Fragment)] {
			out.Fragment = "doc-" + u.Fragment
		}
		t.URL = out.String()
		return t
	}
}

// find looks beside the file first, as Markdown means it, then beside the
// rendered address, as some writers do.
func (s *Site) find(file, p string) Target {
	beside := path.Join("/", path.Dir(file), p)[1:]
	rendered := path.Join("/", s.urlPath(file), p)[1:]
	for _, at := range []string{beside, rendered} {
		if page, ok := s.pageAt(at); ok {
			return Target{URL: s.Base + s.urlPath(page), Page: page}
		}
		if s.files[at] {
			return Target{URL: s.Base + at, File: at}
		}
	}
	return Target{URL: s.Base + strings.TrimSuffix(beside, ".md"), Missing: true}
}

// pageAt finds the page that a path names: its file, or its address.
func (s *Site) pageAt(p string) (string, bool) {
	if i, ok := s.pages[strings.ToLower(p)]; ok {
		return s.Pages[i], true
	}
	if isPage(p) || path.Ext(p) != "" && s.files[p] {
		return "", false
	}
	return s.Lookup(p)
}

// stamp is a hash over names, sizes and times of files.
type stamper struct{ h hash.Hash }

func newStamp() stamper { return stamper{sha256.New()} }

func (s stamper) add(name string, d fs.DirEntry) {
	i, err := d.Info()
	if err != nil {
		return // it is gone: the next stamp differs
	}
	fmt.Fprintf(s.h, "%s\x00%d\x00%d\n", name, i.Size(), i.ModTime().UnixNano())
}

func (s stamper) sum() string { return hex.EncodeToString(s.h.Sum(nil)[:12]) }

// Serves reports whether a path below the base is a file of the site that is
// no page.
func (s *Site) Serves(file string) bool { return s.files[file] && !isPage(file) }

// Source finds the page whose Markdown an address such as guide/page.md names.
func (s *Site) Source(urlPath string) (file string, ok bool) {
	if i, ok := s.pages[strings.ToLower(urlPath)]; ok {
		return s.Pages[i], true
	}
	p := strings.TrimSuffix(strings.ToLower(urlPath), ".md")
	if base := path.Base(p); base == "index" || base == "readme" {
		p = strings.TrimSuffix(p, base)
	}
	return s.Lookup(p)
}
