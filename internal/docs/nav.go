package docs

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// NavItem is one entry of a site's navigation: a page, a link elsewhere, or a
// heading over further entries.
type NavItem struct {
	Title string
	Page  string // file of the page
	URL   string // where it leads; empty for a heading
	Items []NavItem
}

// maxNavDepth bounds how deep a navigation may nest.
const maxNavDepth = 8

// navigation reads nav of mkdocs.yml; without one it follows the folders.
func (s *Site) navigation(nav *yaml.Node) []NavItem {
	if nav != nil && nav.Kind == yaml.SequenceNode && len(nav.Content) > 0 {
		return s.navItems(nav, 0)
	}
	return s.autoNav("", 0)
}

func (s *Site) navItems(list *yaml.Node, depth int) []NavItem {
	var out []NavItem
	for _, n := range list.Content {
		if n.Kind == yaml.ScalarNode {
			out = append(out, s.navEntry("", n))
			continue
		}
		for title, v := range pairs(n) {
			switch {
			case v.Kind == yaml.ScalarNode:
				out = append(out, s.navEntry(title, v))
			case v.Kind == yaml.SequenceNode && depth < maxNavDepth:
				out = append(out, NavItem{Title: title, Items: s.navItems(v, depth+1)})
			}
		}
	}
	return slices.DeleteFunc(out, func(i NavItem) bool { return i.URL == "" && len(i.Items) == 0 })
}

// navEntry is one line: a page, an address elsewhere, or a mistake that leaves
// a note.
func (s *Site) navEntry(title string, v *yaml.Node) NavItem {
	if strings.HasPrefix(v.Value, "!include") {
		s.Notes = append(s.Notes, Note{v.Line, "!include is not followed yet; the pages of “" + short(v.Value) + "” are reached from their own entity."})
		return NavItem{}
	}
	if kind, href := classify(v.Value); kind == external {
		return NavItem{Title: firstOf(title, href), URL: href}
	}
	file := path.Clean(strings.TrimPrefix(v.Value, "/"))
	if i, ok := s.pages[strings.ToLower(file)]; ok {
		file = s.Pages[i]
		s.inNav[file] = true
		return NavItem{Title: firstOf(title, s.title(file)), Page: file, URL: s.URL(file)}
	}
	s.missingNav = append(s.missingNav, Note{v.Line, v.Value})
	return NavItem{}
}

// autoNav lists a folder: its index first, then pages, then folders.
func (s *Site) autoNav(dir string, depth int) []NavItem {
	var pages, folders []NavItem
	seen := map[string]bool{}
	for _, p := range s.Pages {
		rest, ok := strings.CutPrefix(p, dir)
		if !ok {
			continue
		}
		name, below, nested := strings.Cut(rest, "/")
		if !nested {
			item := NavItem{Title: s.title(p), Page: p, URL: s.URL(p)}
			s.inNav[p] = true
			if isIndex(p) {
				pages = append([]NavItem{item}, pages...)
			} else {
				pages = append(pages, item)
			}
			continue
		}
		if below != "" && !seen[name] && depth < maxNavDepth {
			seen[name] = true
			folders = append(folders, NavItem{Title: prettyName(name), Items: s.autoNav(dir+name+"/", depth+1)})
		}
	}
	return append(pages, folders...)
}

func firstOf(a ...string) string {
	for _, s := range a {
		if s != "" {
			return s
		}
	}
	return ""
}

// titles keeps what pages are called; sites are read by many at once.
type titles struct {
	mu sync.Mutex
	of map[string]string
}

// title is what a page is called in the navigation: its front matter's title,
// its first heading, or its file's name.
func (s *Site) title(file string) string {
	s.titles.mu.Lock()
	defer s.titles.mu.Unlock()
	t, ok := s.titles.of[file]
	if !ok {
		t = s.readTitle(file)
		s.titles.of[file] = t
	}
	return t
}

func (s *Site) readTitle(file string) string {
	if b, err := readLimited(s.fsys, s.inSource(file), maxPage); err == nil {
		if t := peekTitle(b); t != "" {
			return t
		}
	}
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	if isIndex(file) {
		if name = path.Base(path.Dir(file)); name == "." {
			name = "Home"
		}
	}
	return prettyName(name)
}

// peekTitle finds the title of a page without rendering it.
func peekTitle(src []byte) string {
	front, body, _ := cutFront(src)
	if front.Title != "" {
		return front.Title
	}
	fence := false
	for line := range bytes.Lines(body[:min(len(body), 16<<10)]) {
		l := strings.TrimSpace(string(line))
		if strings.HasPrefix(l, "```") {
			fence = !fence
		}
		if t, ok := strings.CutPrefix(l, "# "); ok && !fence {
			t = attrLast.ReplaceAllString(strings.TrimRight(strings.TrimSpace(t), "#"), "")
			return strings.NewReplacer("`", "", "**", "", "__", "", `\`, "").Replace(strings.TrimSpace(t))
		}
	}
	return ""
}

// prettyName makes words of a file's name.
func prettyName(name string) string {
	name = strings.NewReplacer("-", " ", "_", " ").Replace(name)
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}

// Flat lists the pages of the navigation in reading order.
func Flat(items []NavItem) []NavItem {
	var out []NavItem
	for _, i := range items {
		if i.Page != "" {
			out = append(out, i)
		}
		out = append(out, Flat(i.Items)...)
	}
	return out
}

func isIndex(file string) bool {
	base := path.Base(file)
	return strings.EqualFold(base, "index.md") || strings.EqualFold(base, "readme.md")
}

func isPage(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".md" || ext == ".markdown"
}

// files walks a folder for everything that may be served: no hidden names, no
// configuration, at most maxFiles.
func files(fsys fs.FS, dir string) (out []string, stamp string, err error) {
	h := newStamp()
	err = fs.WalkDir(fsys, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if name == dir {
				return err
			}
			return nil // a folder that cannot be read is left out
		}
		if base := path.Base(name); strings.HasPrefix(base, ".") && name != dir {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		if len(out) == maxFiles {
			return fs.SkipAll
		}
		h.add(name, d)
		out = append(out, name)
		return nil
	})
	return out, h.sum(), err
}
