package cost

import (
	"encoding/json"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
)

// Directory is what the catalog says about who owns what.
type Directory struct {
	// Teams holds every known group's reference.
	Teams map[string]bool
	// Services holds the owner (a group reference or empty) of every known
	// component.
	Services map[string]string
	// Resources maps a provider's resource id to its place.
	Resources map[string]Place
	// Accounts maps a provider's account id to its place.
	Accounts map[string]Place
}

// ReferenceOf makes text from a bill or a caller into a reference of the given
// kind, whether the catalog holds it or not. What cannot be a reference is
// kept as it is, so that nothing is dropped.
func ReferenceOf(kind, text string) string {
	text = strings.TrimSpace(text)
	if text == "" || text == Unallocated {
		return text
	}
	ref, err := catalog.ParseRef(text, kind, "")
	if err != nil {
		return strings.ToLower(text)
	}
	return ref.String()
}

// tagNames are the spellings of the tags that are read, in lower case, by
// what they say.
var tagNames = map[string]string{
	"team": "team", "owner": "team", "service": "service", "app": "service", "component": "service",
	"environment": "environment", "env": "environment", "stage": "environment",
}

// tags reads the Tags field of a row: a JSON object. ok is false when it is
// something else.
func tags(field string) (place Place, ok bool) {
	if field == "" || field == "{}" {
		return Place{}, true
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(field), &m); err != nil {
		return Place{}, false
	}
	found := map[string]string{}
	for k, v := range m {
		text, isText := v.(string)
		name, exact := tagName(k)
		if name == "" || !isText || strings.TrimSpace(text) == "" {
			continue
		}
		if _, have := found[name]; !have || exact {
			found[name] = text
		}
	}
	return Place{
		Team:        ReferenceOf("group", found["team"]),
		Service:     ReferenceOf("component", found["service"]),
		Environment: strings.ToLower(strings.TrimSpace(found["environment"])),
	}, true
}

// tagName says what a tag's key stands for; exact keys win over other
// spellings, so that the order of a JSON object does not matter.
func tagName(key string) (name string, exact bool) {
	k := strings.ToLower(strings.TrimSpace(key))
	if i := strings.LastIndexAny(k, ":/"); i >= 0 {
		k = k[i+1:] // user:team, waymark.io/team
	}
	name = tagNames[k]
	return name, name != "" && key == name
}

// Allocate says where a charge belongs, in the order of the definitions:
// the explicit mapping of its resource, its tags, the owner of its service in
// the catalog, the mapping of its account; else nobody.
func (d Directory) Allocate(resource, account string, tagged Place) Place {
	p := tagged
	if m, ok := d.Resources[resource]; ok && resource != "" {
		p = m.over(p)
	}
	if p.Team == "" && p.Service != "" {
		p.Team = d.Services[p.Service]
	}
	if m, ok := d.Accounts[account]; ok && account != "" {
		p = p.over(m)
	}
	return p
}

// over returns p with what it does not say taken from under.
func (p Place) over(under Place) Place {
	if p.Team == "" {
		p.Team = under.Team
	}
	if p.Service == "" {
		p.Service = under.Service
	}
	if p.Environment == "" {
		p.Environment = under.Environment
	}
	return p
}
