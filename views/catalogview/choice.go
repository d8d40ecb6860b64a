package catalogview

import (
	"net/url"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/keep"
)

// Unknown says what of an address the list does not understand, so that
// nobody takes a list for narrowed that is not: names of parameters, and
// values that those with a few values do not have.
func Unknown(address url.Values) []string {
	var out []string
	for name := range address {
		if !slices.Contains(keep.Parameters, name) && name != "after" && name != "open" {
			out = append(out, name)
		}
	}
	for name, known := range map[string][]string{"sort": {"name", "-name", "changed"}, "group": {GroupSystem},
		"state": {string(catalog.Ownerless), string(catalog.OwnerGone), string(catalog.Orphaned)}} {
		if v := address.Get(name); v != "" && !slices.Contains(known, v) {
			out = append(out, name+"="+v)
		}
	}
	slices.Sort(out)
	return out
}

// Understood is q without the values that Unknown tells of.
func (q Query) Understood() Query {
	if !slices.Contains([]string{"", "-name", "changed"}, q.Sort) {
		q.Sort = ""
	}
	if q.Group != GroupSystem {
		q.Group = ""
	}
	if _, ok := stateWords[catalog.State(q.State)]; !ok {
		q.State = ""
	}
	return q
}

// sayChoice says the query of a view in words.
func sayChoice(query string) string {
	v, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	var out []string
	for _, name := range keep.Parameters {
		for _, value := range v[name] {
			out = append(out, sayPart(name, value))
		}
	}
	if len(out) == 0 {
		return "everything"
	}
	return strings.Join(out, ", ")
}

func sayPart(name, value string) string {
	switch name {
	case "q":
		return "“" + value + "”"
	case "kind":
		if value == AllKinds {
			return "all kinds"
		}
		return KindNames(strings.ToLower(value))
	case "mine", "starred", "unowned":
		return name
	case "state":
		if w, ok := stateWords[catalog.State(value)]; ok {
			return strings.ToLower(w)
		}
	case "sort":
		return "sorted by " + value
	case "group":
		return "by " + value
	case "owner", "system":
		return name + " " + refLabel(value)
	}
	return name + " " + value
}
