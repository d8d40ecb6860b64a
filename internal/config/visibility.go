package config

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// MaxVisibility is how many visibility rules there may be: each is a bit of a
// signed 64-bit number in the database, and one is kept free.
const MaxVisibility = 62

// VisibilityRule hides the entities it matches from everybody whom it does
// not name.
type VisibilityRule struct {
	Name    string       `yaml:"name"`   // unique among the rules
	Reason  string       `yaml:"reason"` // why, for administrators
	Match   VisibleMatch `yaml:"match"`
	Visible VisibleTo    `yaml:"visible_to"`
}

// VisibleMatch says which entities a rule covers. All the fields that are
// given must match; of a field's values one is enough. Letters' case does not
// matter.
type VisibleMatch struct {
	Kind      OneOrMany `yaml:"kind"`
	Namespace OneOrMany `yaml:"namespace"`
	Owner     OneOrMany `yaml:"owner"` // references; without a kind, a group
	Tag       OneOrMany `yaml:"tag"`
}

// VisibleTo names who sees what a rule covers: who holds one of the roles,
// everywhere or for a group, or is in one of the groups or in a group below.
type VisibleTo struct {
	Roles  OneOrMany `yaml:"roles"`
	Groups OneOrMany `yaml:"groups"` // references; without a kind, a group
}

// OneOrMany is a list of texts that may be written as one text.
type OneOrMany []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (o *OneOrMany) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*o = OneOrMany{n.Value}
		return nil
	}
	return n.Decode((*[]string)(o))
}

// Path is the configuration key of a field of the rule at a place, counted
// from nought.
func (r VisibilityRule) Path(at int, field string) string {
	key := fmt.Sprintf("catalog.visibility[%d]", at)
	if r.Name != "" {
		key += " (" + r.Name + ")"
	}
	return key + ": " + field
}

// String is the rule's name, for the table of settings.
func (r VisibilityRule) String() string { return r.Name }

// checkVisibility refuses rules that cannot work, each with its key. Roles
// are checked where they are known, by access.NewVisibility.
func checkVisibility(rules []VisibilityRule) []error {
	var errs []error
	seen := map[string]bool{}
	if len(rules) > MaxVisibility {
		errs = append(errs, fmt.Errorf("catalog.visibility: has %d rules, may have at most %d", len(rules), MaxVisibility))
	}
	for i, r := range rules {
		bad := func(field, text string) { errs = append(errs, fmt.Errorf("%s: %s", r.Path(i, field), text)) }
		switch {
		case strings.TrimSpace(r.Name) == "":
			bad("name", "is missing")
		case seen[r.Name]:
			bad("name", "is used twice")
		}
		seen[r.Name] = true
		m := r.Match
		if len(m.Kind)+len(m.Namespace)+len(m.Owner)+len(m.Tag) == 0 {
			bad("match", "names no kind, namespace, owner or tag; it would hide everything")
		}
		if len(r.Visible.Roles)+len(r.Visible.Groups) == 0 {
			bad("visible_to", "names no roles and no groups")
		}
		for field, list := range map[string]OneOrMany{"match.kind": m.Kind, "match.namespace": m.Namespace, "match.owner": m.Owner,
			"match.tag": m.Tag, "visible_to.roles": r.Visible.Roles, "visible_to.groups": r.Visible.Groups} {
			for _, v := range list {
				if strings.TrimSpace(v) == "" {
					bad(field, "has an empty value")
				}
			}
		}
	}
	return errs
}
