package catalog

import (
	"maps"
	"slices"
	"strings"
)

// KindSource is the source of problems with kind files.
const KindSource = EnginePrefix + "kinds"

// Kinds are the custom kinds. The zero value, and nil, hold none.
type Kinds struct {
	byName   map[string][]*Kind // by lower-case name; one for each group
	inverses map[string]string
	problems []Problem
	print    string
}

// Problems are what is wrong with kind files.
func (k *Kinds) Problems() []Problem {
	if k == nil {
		return nil
	}
	return k.problems
}

// Fingerprint changes with the kinds, so that files are read again under new
// ones.
func (k *Kinds) Fingerprint() string {
	if k == nil {
		return ""
	}
	return k.print
}

// All returns the kinds by name.
func (k *Kinds) All() []Kind {
	if k == nil {
		return nil
	}
	var out []Kind
	for _, name := range slices.Sorted(maps.Keys(k.byName)) {
		for _, n := range k.byName[name] {
			out = append(out, *n)
		}
	}
	return out
}

// Find returns the kind of entities with this API version and kind.
func (k *Kinds) Find(apiVersion, kind string) (Kind, bool) {
	n, ok := k.of(apiVersion, kind)
	if !ok {
		return Kind{}, false
	}
	return *n, true
}

// of finds the kind of the group of an API version.
func (k *Kinds) of(apiVersion, kind string) (*Kind, bool) {
	if k == nil {
		return nil, false
	}
	for _, n := range k.byName[strings.ToLower(kind)] {
		if groupOf(n.APIVersions[0]) == groupOf(apiVersion) {
			return n, true
		}
	}
	return nil, false
}

// declare makes the relations of the kinds known to Inverse.
func (k *Kinds) declare() {
	if k != nil {
		all := maps.Clone(k.inverses)
		moreInverses.Store(&all)
	}
}
