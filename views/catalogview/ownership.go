package catalogview

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/views/ui"
)

// OwnershipURL is the page of who answers for what.
const OwnershipURL = "/catalog/ownership"

const ownersID = "owners"

// ownersShown is how many owners one page has.
const ownersShown = 50

// OwnershipQuery is the address of the page.
type OwnershipQuery struct {
	Text  string `query:"q"`
	After int    `query:"after"` // owners before this page
}

// URL is the address of q.
func (q OwnershipQuery) URL() string {
	v := url.Values{}
	if q.Text != "" {
		v.Set("q", q.Text)
	}
	if q.After > 0 {
		v.Set("after", strconv.Itoa(q.After))
	}
	if len(v) == 0 {
		return OwnershipURL
	}
	return OwnershipURL + "?" + v.Encode()
}

// OwnershipProps are those of OwnershipPage.
type OwnershipProps struct {
	Query OwnershipQuery
	Stats []ui.StatProps
	Shown []catalog.OwnerCount
	Names Names // of the owners that are shown
	Pager ui.PagerProps
}

// OwnerRow is one owner with what it has.
type OwnerRow struct {
	Owner    ui.Link
	Icon     string
	Note     string // the reference, or why the owner is marked
	Gone     bool
	All      ui.Link
	Kinds    []ui.Link // how many of each kind, most first
	Orphaned ui.Link
}

// NewOwnership makes the props of the page. Names are to be filled in of Refs.
func NewOwnership(o catalog.Ownership, q OwnershipQuery) OwnershipProps {
	p := OwnershipProps{Query: q, Stats: ownershipStats(o)}
	found := o.Owners
	if text := strings.ToLower(strings.TrimSpace(q.Text)); text != "" {
		found = slices.DeleteFunc(slices.Clone(found), func(c catalog.OwnerCount) bool { return !strings.Contains(c.Ref, text) })
	}
	from := min(max(q.After, 0), len(found))
	to := min(from+ownersShown, len(found))
	p.Shown = found[from:to]
	p.Pager.Summary = "none"
	if from < to {
		p.Pager.Summary = ui.Number(int64(from+1)) + "–" + ui.Number(int64(to)) + " of " + ui.Number(int64(len(found)))
	}
	if to < len(found) {
		p.Pager.Next = OwnershipQuery{q.Text, to}.URL()
	}
	if from > 0 {
		p.Pager.Prev = OwnershipQuery{q.Text, max(from-ownersShown, 0)}.URL()
	}
	return p
}

func ownershipStats(o catalog.Ownership) []ui.StatProps {
	share := func(n int) string {
		if o.Total == 0 {
			return ""
		}
		return ui.Percent(float64(n)/float64(o.Total), 1) + " of " + ui.Number(int64(o.Total))
	}
	stat := func(label string, n int, note string, q Query) ui.StatProps {
		s := ui.StatProps{Label: label, Value: ui.Number(int64(n)), Note: note}
		if n > 0 && q.State != "" {
			q.Kind = AllKinds
			s.URL = q.URL()
		}
		return s
	}
	return []ui.StatProps{
		stat("Owned", o.Owned, share(o.Owned), Query{}),
		stat("Without an owner", o.Ownerless, share(o.Ownerless), Query{State: string(catalog.Ownerless)}),
		stat("Owner is gone", o.Gone, share(o.Gone), Query{State: string(catalog.OwnerGone)}),
		stat("Orphaned", o.Orphaned, "their source no longer holds them", Query{State: string(catalog.Orphaned)}),
	}
}

// Refs are the owners that are shown.
func (p OwnershipProps) Refs() []catalog.Ref {
	var out []catalog.Ref
	for _, c := range p.Shown {
		if r, err := catalog.ParseRef(c.Ref, "group", ""); err == nil {
			out = append(out, r)
		}
	}
	return out
}

// Rows are the owners that are shown.
func (p OwnershipProps) Rows() []OwnerRow {
	var out []OwnerRow
	for _, c := range p.Shown {
		out = append(out, p.row(c))
	}
	return out
}

func (p OwnershipProps) row(c catalog.OwnerCount) OwnerRow {
	list := Query{Owner: []string{c.Ref}, Kind: AllKinds}
	r := OwnerRow{Owner: ui.Link{Label: c.Ref}, Icon: "users", Gone: c.Gone, All: ui.Link{Label: ui.Number(int64(c.N)), URL: list.URL()}}
	if ref, err := catalog.ParseRef(c.Ref, "group", ""); err == nil {
		r.Owner.Label, r.Icon, r.Note = RefName(ref), Icon(ref.Kind, ""), ref.String()
		if e, ok := p.Names[ref]; ok {
			r.Owner.Label = e.Title
		}
		if !c.Gone {
			r.Owner.URL = ShowURL(ref)
		} else {
			r.Note = "There is no " + ref.String() + ". What it owned belongs to the platform team until files name another."
		}
	}
	for kind, n := range c.Kinds {
		q := list
		q.Kind = kind
		r.Kinds = append(r.Kinds, ui.Link{Label: ui.Number(int64(n)) + " " + kindWord(kind, n), URL: q.URL()})
	}
	slices.SortFunc(r.Kinds, func(a, b ui.Link) int {
		return cmp.Or(cmp.Compare(kindPlace(a.URL), kindPlace(b.URL)), strings.Compare(a.URL, b.URL))
	})
	if c.Orphaned > 0 {
		q := list
		q.State = string(catalog.Orphaned)
		r.Orphaned = ui.Link{Label: ui.Number(int64(c.Orphaned)) + " orphaned", URL: q.URL()}
	}
	return r
}

func kindWord(kind string, n int) string {
	word := KindNames(kind)
	if n == 1 {
		word = KindName(kind)
	}
	if kind == "api" || kind == "airesource" {
		return word
	}
	return strings.ToLower(word)
}

// kindPlace orders the kinds of an owner as the chips of the list are.
func kindPlace(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return len(kindOrder)
	}
	return kindRank(KindNames(u.Query().Get("kind")))
}
