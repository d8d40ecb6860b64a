// Package search is the portal's one index: what a searchable thing is, how a
// question is read, how hits are ranked and how they are shown. The store
// keeps the index and changes it in the transaction of the thing itself.
package search

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Doc is one searchable thing: an entity, a section of a page, an action.
type Doc struct {
	// Key is unique over everything, such as "entity:component:default/ledger".
	Key string
	// Source groups documents that are replaced or dropped together.
	Source string
	// Kind is what people filter by: component, api, docs, template, action …
	Kind string
	// Title is shown and ranked highest.
	Title string
	// Name is a second exact name, ranked like the title (metadata.name).
	Name string
	// Context says where the thing belongs ("Payment API › Runbook"); ranked
	// between title and text.
	Context string
	// Text is the rest. Only the first TextLimit bytes are kept.
	Text string
	// URL is where a hit leads; a path of ours, with a fragment if need be.
	URL string
	// Owner is the reference of the owning group or user, or empty.
	Owner string
	// Entity is the reference of the entity it belongs to, or empty; who may
	// not see that does not find this.
	Entity string
	// Restricted documents are found by readers of Owner only.
	Restricted bool
}

// TextLimit bounds the kept text of one document.
const TextLimit = 32 << 10

// Trimmed returns d with its text cut to TextLimit at a rune's edge, and
// without what no database keeps as text.
func (d Doc) Trimmed() Doc {
	if len(d.Text) > TextLimit {
		d.Text = strings.ToValidUTF8(d.Text[:TextLimit], "")
	}
	for _, s := range []*string{&d.Key, &d.Source, &d.Kind, &d.Title, &d.Name, &d.Context, &d.Text, &d.URL, &d.Owner, &d.Entity} {
		if !storable(*s) {
			*s = strings.ReplaceAll(strings.ToValidUTF8(*s, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return d
}

func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// Hash changes when anything of d does, so that an unchanged document need not
// be written again.
func (d Doc) Hash() string {
	h := sha256.New()
	restricted := "open"
	if d.Restricted {
		restricted = "restricted"
	}
	for _, s := range []string{d.Source, d.Kind, d.Title, d.Name, d.Context, d.Text, d.URL, d.Owner, d.Entity, restricted} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Query is a question to the index.
type Query struct {
	Text   string
	Kinds  []string // only these kinds; none means all
	Owners []string // only what one of these owns; none means all
	Limit  int      // at most this many items; 0 means DefaultLimit
	Skip   int      // leave out the first ones
	// Teams are the asker's own groups, whose things rank slightly higher.
	Teams []string
}

// Limits of a query.
const (
	DefaultLimit = 20
	MaxLimit     = 100
	MaxText      = 300
	maxWords     = 12
	maxValues    = 50
)

// Check refuses a query that is out of bounds and fills in defaults.
func (q Query) Check() (Query, error) {
	q.Text = strings.TrimSpace(q.Text)
	switch {
	case len(q.Text) > MaxText:
		return q, fault.InvalidField("q", "too_long", "Search for at most 300 characters.")
	case len(q.Kinds) > maxValues || len(q.Owners) > maxValues:
		return q, fault.InvalidField("kind", "too_many", "Filter by at most 50 kinds and 50 owners.")
	case !storable(strings.Join(q.Kinds, "")) || !storable(strings.Join(q.Owners, "")):
		return q, fault.InvalidField("kind", "encoding", "A filter holds bytes that are no text.")
	case q.Limit < 0 || q.Limit > MaxLimit:
		return q, fault.InvalidField("limit", "out_of_range", "limit is between 1 and 100.")
	case q.Skip < 0:
		return q, fault.InvalidField("cursor", "out_of_range", "This cursor is not one of ours.")
	case q.Limit == 0:
		q.Limit = DefaultLimit
	}
	return q, nil
}

// Fragment is a piece of a text, marked when it matched. Escape first, then
// mark: fragments hold plain text.
type Fragment struct {
	Text string
	Hit  bool
}

// Hit is one found thing.
type Hit struct {
	Key, Kind, Title, Name, Context, URL, Owner string
	Score                                       float64
	TitleParts                                  []Fragment
	Snippet                                     []Fragment
}

// Facet is one value of a field with the number of hits that have it.
type Facet struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Results answer a query.
type Results struct {
	Items []Hit
	// Total counts all hits; with More there are even more than that.
	Total int
	More  bool
	// Kinds and Owners count the hits without the filter on that very field.
	Kinds, Owners []Facet
	// Corrected is the text that was searched for instead, or empty.
	Corrected string
	// Loose says that no document held all the words, so these hold some.
	Loose bool
	Took  time.Duration
}
