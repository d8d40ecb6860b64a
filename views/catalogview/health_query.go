package catalogview

import (
	"net/url"
	"slices"

	"github.com/waymark-portal/waymark/internal/catalog"
)

// HealthURL is the page of what is wrong with the catalog's files.
const HealthURL = "/catalog/health"

// NoOwner is the value of owner for problems whose owner cannot be told.
const NoOwner = "-"

const problemsID = "problems-found"

// HealthQuery is the page's address. Every field is a parameter.
type HealthQuery struct {
	Text     string   `query:"q"`
	Source   []string `query:"source"`
	Owner    []string `query:"owner"`
	Severity []string `query:"severity"`
	Code     []string `query:"code"`
	Entity   string   `query:"entity"`
	Sort     string   `query:"sort"`
	After    string   `query:"after"`
}

// healthParameters are those of the address.
var healthParameters = []string{"q", "source", "owner", "severity", "code", "entity", "sort", "after"}

// UnknownHealth says what of an address the page does not understand.
func UnknownHealth(address url.Values) []string {
	var out []string
	for name := range address {
		if !slices.Contains(healthParameters, name) {
			out = append(out, name)
		}
	}
	if sort := address.Get("sort"); !slices.Contains(catalog.ProblemSorts, catalog.ProblemSort(sort)) {
		out = append(out, "sort="+sort)
	}
	slices.Sort(out)
	return out
}

// Filter is what the page asks the store for.
func (q HealthQuery) Filter() catalog.ProblemFilter {
	f := catalog.ProblemFilter{Text: q.Text, Sources: q.Source, Severities: q.Severity, Codes: q.Code, Sort: catalog.ProblemSort(q.Sort), After: q.After}
	for _, o := range q.Owner {
		if o == NoOwner {
			f.Owners = append(f.Owners, "")
			continue
		}
		f.Owners = append(f.Owners, Refs([]string{o}, "group")...)
	}
	if q.Entity != "" {
		f.Entities = Refs([]string{q.Entity}, "component")
	}
	return f
}

// Narrowed reports whether anything is chosen.
func (q HealthQuery) Narrowed() bool {
	return q.Text != "" || q.Entity != "" || len(q.Source)+len(q.Owner)+len(q.Severity)+len(q.Code) > 0
}

// URL is the address of q.
func (q HealthQuery) URL() string {
	v := url.Values{}
	for name, values := range map[string][]string{"q": {q.Text}, "source": q.Source, "owner": q.Owner, "severity": q.Severity, "code": q.Code,
		"entity": {q.Entity}, "sort": {q.Sort}, "after": {q.After}} {
		for _, s := range values {
			if s != "" {
				v.Add(name, s)
			}
		}
	}
	if len(v) == 0 {
		return HealthURL
	}
	return HealthURL + "?" + v.Encode()
}

func (q HealthQuery) at(after string) HealthQuery {
	q.After = after
	return q
}

func (q HealthQuery) sorted(by string) HealthQuery {
	q.Sort, q.After = by, ""
	return q
}
