package access

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/config"
)

// SeeHidden is the permission to see every entity whatever the rules cover.
// Administrators hold it, as they hold all.
const SeeHidden = "see-hidden"

// Facts are what visibility rules know of an entity, in lower case; Owner is
// a canonical reference.
type Facts struct {
	Kind, Namespace, Owner string
	Tags                   []string
}

// Visibility is the compiled visibility rules. A nil one has no rules. Each
// rule has a bit, kept for as long as what it matches stays the same.
type Visibility struct {
	roles *Roles
	rules []visibilityRule
}

type visibilityRule struct {
	config.VisibilityRule
	bit                         int64
	kinds, spaces, owners, tags []string
	roles                       []string // with those that include them
	groups                      []string
	key                         string // of what it matches
}

// NewVisibility compiles rules. An error names the key: a role that is not in
// roles, or a reference that cannot be read.
func NewVisibility(rules []config.VisibilityRule, roles *Roles) (*Visibility, error) {
	x := &Visibility{roles: roles}
	for i, r := range rules {
		c := visibilityRule{VisibilityRule: r, bit: 1 << i, kinds: lower(r.Match.Kind), spaces: lower(r.Match.Namespace), tags: lower(r.Match.Tag)}
		var err error
		if c.owners, err = groupRefs(r.Match.Owner); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path(i, "match.owner"), err)
		}
		if c.groups, err = groupRefs(r.Visible.Groups); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path(i, "visible_to.groups"), err)
		}
		for _, role := range r.Visible.Roles {
			if _, ok := roles.Roles[role]; !ok {
				return nil, fmt.Errorf("%s: there is no role %q", r.Path(i, "visible_to.roles"), role)
			}
		}
		c.roles = roles.holding(r.Visible.Roles)
		c.key = c.matchKey()
		x.rules = append(x.rules, c)
	}
	return x, nil
}

// holding are the named roles and all that include one of them.
func (r *Roles) holding(names []string) []string {
	var out []string
	for role := range r.Roles {
		if r.includes(role, names) {
			out = append(out, role)
		}
	}
	return out
}

func (r *Roles) includes(role string, names []string) bool {
	return slices.Contains(names, role) ||
		slices.ContainsFunc(r.Roles[role].Includes, func(in string) bool { return r.includes(in, names) })
}

// matchKey is the same for rules that cover the same.
func (c visibilityRule) matchKey() string {
	h := sha256.New()
	for _, list := range [][]string{c.kinds, c.spaces, c.owners, c.tags} {
		fmt.Fprintf(h, "%q\n", slices.Sorted(slices.Values(list)))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Keys name what each rule matches, in the order of the rules.
func (x *Visibility) Keys() []string {
	var out []string
	for i := range x.count() {
		out = append(out, x.rules[i].key)
	}
	return out
}

// WithBits returns the rules with the bits that keys are kept under.
func (x *Visibility) WithBits(bits map[string]int) *Visibility {
	if x.count() == 0 {
		return x
	}
	out := &Visibility{roles: x.roles, rules: slices.Clone(x.rules)}
	for i, r := range out.rules {
		out.rules[i].bit = 1 << bits[r.key]
	}
	return out
}

// Fingerprint changes with what the rules match and their bits; empty without
// rules.
func (x *Visibility) Fingerprint() string {
	if x.count() == 0 {
		return ""
	}
	h := sha256.New()
	for _, r := range x.rules {
		fmt.Fprintf(h, "%s %d\n", r.key, r.bit)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Rules are the rules as configured.
func (x *Visibility) Rules() []config.VisibilityRule {
	var out []config.VisibilityRule
	for i := range x.count() {
		out = append(out, x.rules[i].VisibilityRule)
	}
	return out
}

// Count adds up, for each rule, what is counted by sets of bits.
func (x *Visibility) Count(by map[int64]int) []int {
	out := make([]int, x.count())
	for i := range out {
		for bits, n := range by {
			if bits&x.rules[i].bit != 0 {
				out[i] += n
			}
		}
	}
	return out
}

func (x *Visibility) count() int {
	if x == nil {
		return 0
	}
	return len(x.rules)
}

// Covers are the bits of the rules that cover an entity.
func (x *Visibility) Covers(f Facts) int64 {
	var out int64
	for i := range x.count() {
		if r := &x.rules[i]; r.mayMatch(f.Kind, f.Namespace) && has(r.owners, f.Owner) && r.hasTag(f.Tags) {
			out |= r.bit
		}
	}
	return out
}

// HiddenFrom are the bits of the rules that hide what they cover from v. The
// system, and who may see-hidden everywhere, sees everything.
func (x *Visibility) HiddenFrom(v Viewer) int64 {
	if x.count() == 0 || v.Via == "system" {
		return 0
	}
	for _, g := range v.Grants {
		if g.Group == "" && x.roles.Allows(g.Role, SeeHidden) {
			return 0
		}
	}
	var out int64
	for i := range x.rules {
		if r := &x.rules[i]; !r.names(v) {
			out |= r.bit
		}
	}
	return out
}

// MayCover reports whether one of the rules in mask could cover an entity of
// that kind and namespace, whatever its owner and tags. What does not exist
// is answered for by this: it must look like what is hidden.
func (x *Visibility) MayCover(mask int64, kind, namespace string) bool {
	for i := range x.count() {
		if r := &x.rules[i]; r.bit&mask != 0 && r.mayMatch(strings.ToLower(kind), strings.ToLower(namespace)) {
			return true
		}
	}
	return false
}

func (r *visibilityRule) mayMatch(kind, namespace string) bool {
	return has(r.kinds, kind) && has(r.spaces, namespace)
}

func (r *visibilityRule) hasTag(tags []string) bool {
	return len(r.tags) == 0 || slices.ContainsFunc(tags, func(t string) bool { return slices.Contains(r.tags, strings.ToLower(t)) })
}

// names reports whether the rule names v, by a role or a group. A member of a
// group reads as the groups above it.
func (r *visibilityRule) names(v Viewer) bool {
	for _, g := range v.Grants {
		if slices.Contains(r.roles, g.Role) {
			return true
		}
	}
	for _, g := range r.groups {
		if slices.Contains(v.Reads, g) || slices.Contains(v.Groups, g) || slices.Contains(v.Above, g) {
			return true
		}
	}
	return false
}

// has reports whether a field that is given holds the value.
func has(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }

func lower(list []string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = strings.ToLower(strings.TrimSpace(v))
	}
	return out
}

// groupRefs completes references as owners are written: a bare name is a
// group in the default namespace.
func groupRefs(list []string) ([]string, error) {
	out := lower(list)
	for i, ref := range out {
		kind, rest, ok := strings.Cut(ref, ":")
		if !ok {
			kind, rest = "group", ref
		}
		space, name, ok := strings.Cut(rest, "/")
		if !ok {
			space, name = "default", rest
		}
		if kind == "" || space == "" || name == "" || strings.ContainsAny(name, "/: ") {
			return nil, fmt.Errorf("%q is not a reference such as group:default/payments", list[i])
		}
		out[i] = kind + ":" + space + "/" + name
	}
	return out, nil
}
