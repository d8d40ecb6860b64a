package catalogview

import (
	"net/url"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
)

// AllKinds is the value of kind that asks for every kind.
const AllKinds = "all"

// Query is the catalog list's address. Every field is a parameter.
type Query struct {
	Text      string   `query:"q"`
	Kind      string   `query:"kind"` // one kind, or all
	Type      []string `query:"type"`
	Owner     []string `query:"owner"`
	Lifecycle []string `query:"lifecycle"`
	Tag       []string `query:"tag"`
	System    []string `query:"system"`
	Mine      bool     `query:"mine"`
	Starred   bool     `query:"starred"`
	Unowned   bool     `query:"unowned"`
	State     string   `query:"state"` // a catalog.State
	Sort      string   `query:"sort"`
	Group     string   `query:"group"` // system: the list by systems
	After     string   `query:"after"`
	Open      []string `query:"open"` // groups that are opened, or all
}

// NoSystem is the value of system for what belongs to none.
const NoSystem = "-"

// OpenAll is the value of open that opens every group.
const OpenAll = "all"

// kind is the kind that is shown. Without any choice it is components: what
// most people look for.
func (q Query) kind() string {
	switch {
	case q.Kind == AllKinds || (q.Kind == "" && q.Narrowed()):
		return ""
	case q.Kind == "":
		return "component"
	}
	return strings.ToLower(q.Kind)
}

// Refs makes canonical references of what people write in an address.
func Refs(list []string, kind string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s == NoSystem {
			s = ""
		}
		if r, err := catalog.ParseRef(s, kind, ""); err == nil {
			s = r.String()
		}
		out = append(out, s)
	}
	return out
}

// Own is what is a viewer's own: the references as which it owns things, and
// what it starred.
type Own struct{ Owners, Stars []string }

// Filter is what the list asks the store for.
func (q Query) Filter(own Own) catalog.Filter {
	f := q.base(own)
	if k := q.kind(); k != "" {
		f.Kinds = []string{k}
	}
	f.Types, f.Lifecycles, f.Tags, f.Systems = q.Type, q.Lifecycle, q.Tag, Refs(q.System, "system")
	f.Sort, f.After, f.Facets = q.Sort, q.After, true
	return f
}

// Across is the filter by whose facet the kinds are counted: what stays when
// another kind is chosen.
func (q Query) Across(own Own) catalog.Filter { return q.base(own) }

func (q Query) base(own Own) catalog.Filter {
	f := catalog.Filter{Text: q.Text, Unowned: q.Unowned, State: catalog.State(q.State), Owners: Refs(q.Owner, "group")}
	if q.Starred {
		f.Refs = append([]string{}, own.Stars...) // without a star: nothing, not everything
	}
	if q.Mine {
		chosen := f.Owners
		f.Owners = own.Owners
		if len(q.Owner) > 0 {
			f.Owners = slices.DeleteFunc(slices.Clone(own.Owners), func(o string) bool { return !slices.Contains(chosen, o) })
		}
		if len(f.Owners) == 0 {
			f.Owners = []string{"nobody"} // who owns nothing sees nothing here, not everything
		}
	}
	return f
}

// URL is the address of q.
func (q Query) URL() string {
	if v := q.values(); len(v) > 0 {
		return "/catalog?" + v.Encode()
	}
	return "/catalog"
}

// ExportURL is the address of all that q finds as a file.
func (q Query) ExportURL(format string) string {
	v := q.choice().values()
	if len(v) == 0 {
		return "/catalog/export." + format
	}
	return "/catalog/export." + format + "?" + v.Encode()
}

// Saved is what a named view keeps of q.
func (q Query) Saved() string { return q.choice().values().Encode() }

// choice is q without the place in the list.
func (q Query) choice() Query {
	q.After, q.Open = "", nil
	return q
}

func (q Query) values() url.Values {
	v := url.Values{}
	set := func(name string, values ...string) {
		for _, s := range values {
			if s != "" {
				v.Add(name, s)
			}
		}
	}
	flag := func(name string, on bool) {
		if on {
			v.Set(name, "true")
		}
	}
	set("q", q.Text)
	set("kind", q.Kind)
	set("type", q.Type...)
	set("owner", q.Owner...)
	set("lifecycle", q.Lifecycle...)
	set("tag", q.Tag...)
	set("system", q.System...)
	flag("mine", q.Mine)
	flag("starred", q.Starred)
	flag("unowned", q.Unowned)
	set("state", q.State)
	set("sort", q.Sort)
	set("group", q.Group)
	set("after", q.After)
	set("open", q.Open...)
	return v
}

// withKind is the list of another kind; what holds for one kind only is left.
func (q Query) withKind(kind string) Query {
	q.Kind, q.Type, q.Lifecycle, q.Tag, q.System = kind, nil, nil, nil, nil
	q.After, q.Open = "", nil
	return q
}

// tagPrefix is the address of the list with one tag, which is to be added.
func (q Query) tagPrefix() string {
	q.Tag, q.After, q.Open = nil, "", nil
	u := q.URL()
	if strings.Contains(u, "?") {
		return u + "&tag="
	}
	return u + "?tag="
}

func (q Query) at(after string) Query {
	if after == catalog.FirstPage {
		after = ""
	}
	q.After = after
	return q
}

// sorted is the list in another order.
func (q Query) sorted(by string) Query {
	q.Sort, q.After = by, ""
	return q
}

// toggled opens or closes a group.
func (q Query) toggled(group string) Query {
	open := slices.Clone(q.Open)
	if i := slices.Index(open, group); i >= 0 {
		q.Open = slices.Delete(open, i, i+1)
	} else {
		q.Open = append(open, group)
	}
	return q
}

// Narrowed reports whether anything but the kind is chosen.
func (q Query) Narrowed() bool {
	return q.Text != "" || len(q.Type)+len(q.Owner)+len(q.Lifecycle)+len(q.Tag)+len(q.System) > 0 ||
		q.Mine || q.Starred || q.Unowned || q.State != ""
}
