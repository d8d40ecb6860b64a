// Package docs turns folders of Markdown into sites: it reads mkdocs.yml,
// renders pages with goldmark, keeps them by their content, checks them, and
// cuts them into sections for the search. It never leaves the folder it was
// given and trusts nothing that is written in it.
package docs

import "github.com/waymark-portal/waymark/internal/fault"

// Limits. A site that is larger is cut, and a page that is larger refused,
// with a problem that says so.
const (
	maxFiles    = 20_000
	maxPage     = 4 << 20
	maxAsset    = 32 << 20
	maxConfig   = 1 << 20
	maxHeadings = 2_000
)

// Faults of this package.
var (
	ErrNoSite = fault.New(fault.NotFound, "There are no docs here.")
	ErrNoPage = fault.New(fault.NotFound, "These docs have no such page.")
	ErrTooBig = fault.New(fault.TooLarge, "This page is too large to be shown. The limit is 4 MB.")
)

// Heading is one line of a table of contents.
type Heading struct {
	Level int // 1 to 6
	ID    string
	Text  string
}

// Section is a heading with the text up to the next one, for the search. The
// text before the first heading has an empty ID.
type Section struct {
	ID, Title, Text string
}

// Link is an address that a page leads to, as it was written.
type Link struct {
	Href     string
	Image    bool
	Line     int
	Target   Target
	Relative bool // it was resolved inside the site
}

// Target is where a relative address leads.
type Target struct {
	URL      string // absolute path of the portal
	Page     string // file of the page it leads to, if it leads to a page
	File     string // file of the source, if it leads to another file
	Fragment string
	Missing  bool // neither is there
}

// Rendered is a page as HTML with what was learnt on the way.
type Rendered struct {
	HTML     string // safe to show as it is
	Title    string // of the front matter or the first heading; may be empty
	TitleID  string // anchor of the leading heading, which is not part of HTML
	Headings []Heading
	Sections []Section
	Links    []Link
	IDs      map[string]bool // the places that a fragment may name
	Front    Front
	Notes    []Note
}

// Note is something about a page that its writer should know.
type Note struct {
	Line int
	Text string
}

// size is about what r costs in memory.
func (r *Rendered) size() int {
	n := len(r.HTML)
	for _, s := range r.Sections {
		n += len(s.Text) + 64
	}
	return n + 64*(len(r.Links)+len(r.IDs)) + 512
}
