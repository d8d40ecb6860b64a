package catalog

import (
	"encoding/json"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Rules say which kinds may come from where. Without any rule that concerns a
// source, all kinds are welcome from it (those that only trusted sources may
// hold still need a trusted one).
type Rules struct {
	// General are the rules of catalog.rules.
	General []Rule
	// Own are the rules of single locations, by source id. They add to General.
	Own map[string][]Rule
}

// Rule allows kinds, from the places it names or from everywhere.
type Rule struct {
	Allow     []Allow
	Locations []Place // none: everywhere
}

// Allow is a kind, without regard to case; with Type set, only entities with
// that spec.type.
type Allow struct {
	Kind string
	Type string
}

// Place is a sort of location: url or file, with one exact target, or a
// pattern in which * stands for anything but a slash and ** for folders. The
// pattern is compared without regard to case.
type Place struct {
	Type    string
	Exact   string
	Pattern string
}

// Allows reports whether an entity of this kind and spec.type may come from
// the source origin, the one that was registered.
func (r Rules) Allows(kind, specType, origin string) bool {
	own := r.Own[origin]
	if len(r.General) == 0 && len(own) == 0 {
		return true
	}
	for _, rules := range [][]Rule{r.General, own} {
		for _, rule := range rules {
			if rule.concerns(origin) && rule.allows(kind, specType) {
				return true
			}
		}
	}
	return false
}

func (r Rule) allows(kind, specType string) bool {
	for _, a := range r.Allow {
		if strings.EqualFold(a.Kind, kind) && (a.Type == "" || strings.EqualFold(a.Type, specType)) {
			return true
		}
	}
	return false
}

func (r Rule) concerns(origin string) bool {
	if len(r.Locations) == 0 {
		return true
	}
	kind, target, _ := strings.Cut(origin, ":")
	for _, p := range r.Locations {
		if p.matches(kind, target) {
			return true
		}
	}
	return false
}

func (p Place) matches(kind, target string) bool {
	if p.Type != "" && p.Type != kind || p.Exact != "" && p.Exact != target {
		return false
	}
	if p.Pattern == "" {
		return true
	}
	ok, err := doublestar.Match(strings.ToLower(p.Pattern), strings.ToLower(target))
	return err == nil && ok
}

// Check returns the patterns that cannot be read; the configuration refuses
// them at the start.
func (r Rules) Check() []string {
	var bad []string
	each := func(rules []Rule) {
		for _, rule := range rules {
			for _, p := range rule.Locations {
				if p.Pattern != "" && !doublestar.ValidatePattern(strings.ToLower(p.Pattern)) {
					bad = append(bad, p.Pattern)
				}
			}
		}
	}
	each(r.General)
	for _, rules := range r.Own {
		each(rules)
	}
	return bad
}

// Fingerprint changes with the rules, so that files are read again under new
// ones.
func (r Rules) Fingerprint() string {
	b, err := json.Marshal(r)
	if err != nil {
		return err.Error() // plain texts always encode
	}
	return string(b)
}
