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
	Unowned   bool     `query:"unowned"`
	Sort      string   `query:"sort"`
	After     string   `query:"after"`
}

// kind is the kind that is shown. Without any choice it is components: what
// most people look for.
func (q Query) kind() string {
	narrowed := q.Text != "" || len(q.Type)+len(q.Owner)+len(q.Lifecycle)+len(q.Tag)+len(q.System) > 0 || q.Mine || q.Unowned
	switch {
	case q.Kind == AllKinds || (q.Kind == "" && narrowed):
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
		if r, err := catalog.ParseRef(s, kind, ""); err == nil {
			s = r.String()
		}
		out = append(out, s)
	}
	return out
}

// Filter is what the list asks the store for; mine are the viewer's own
// references.
func (q Query) Filter(mine []string) catalog.Filter {
	f := q.base(mine)
	if k := q.kind(); k != "" {
		f.Kinds = []string{k}
	}
	f.Types, f.Lifecycles, f.Tags, f.Systems = q.Type, q.Lifecycle, q.Tag, Refs(q.System, "system")
	f.Sort, f.After, f.Facets = q.Sort, q.After, true
	return f
}

// Across is the filter by whose facet the kinds are counted: what stays when
// another kind is chosen.
func (q Query) Across(mine []string) catalog.Filter { return q.base(mine) }

func (q Query) base(mine []string) catalog.Filter {
	f := catalog.Filter{Text: q.Text, Unowned: q.Unowned, Owners: Refs(q.Owner, "group")}
	if q.Mine {
		chosen := f.Owners
		f.Owners = mine
		if len(q.Owner) > 0 {
			f.Owners = slices.DeleteFunc(slices.Clone(mine), func(o string) bool { return !slices.Contains(chosen, o) })
		}
		if len(f.Owners) == 0 {
			f.Owners = []string{"nobody"} // who owns nothing sees nothing here, not everything
		}
	}
	return f
}

// URL is the address of q.
func (q Query) URL() string {
	v := url.Values{}
	set := func(name string, values ...string) {
		for _, s := range values {
			if s != "" {
				v.Add(name, s)
			}
		}
	}
	set("q", q.Text)
	set("kind", q.Kind)
	set("type", q.Type...)
	set("owner", q.Owner...)
	set("lifecycle", q.Lifecycle...)
	set("tag", q.Tag...)
	set("system", q.System...)
	if q.Mine {
		set("mine", "true")
	}
	if q.Unowned {
		set("unowned", "true")
	}
	set("sort", q.Sort)
	set("after", q.After)
	if len(v) == 0 {
		return "/catalog"
	}
	return "/catalog?" + v.Encode()
}

// withKind is the list of another kind; what holds for one kind only is left.
func (q Query) withKind(kind string) Query {
	q.Kind, q.Type, q.Lifecycle, q.Tag, q.System, q.After = kind, nil, nil, nil, nil, ""
	return q
}

// tagPrefix is the address of the list with one tag, which is to be added.
func (q Query) tagPrefix() string {
	q.Tag, q.After = nil, ""
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

// Narrowed reports whether anything but the kind is chosen.
func (q Query) Narrowed() bool {
	return q.Text != "" || len(q.Type)+len(q.Owner)+len(q.Lifecycle)+len(q.Tag)+len(q.System) > 0 || q.Mine || q.Unowned
}
