package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// relationRule says which relation follows from a field of a spec.
type relationRule struct {
	field       string
	defaultKind string // empty: the kind must be written
	relation    string
}

// inverse is the relation as seen from the other end.
var inverse = map[string]string{
	"ownedBy": "ownerOf", "ownerOf": "ownedBy",
	"partOf": "hasPart", "hasPart": "partOf",
	"providesApi": "apiProvidedBy", "apiProvidedBy": "providesApi",
	"consumesApi": "apiConsumedBy", "apiConsumedBy": "consumesApi",
	"dependsOn": "dependencyOf", "dependencyOf": "dependsOn",
	"memberOf": "hasMember", "hasMember": "memberOf",
	"childOf": "parentOf", "parentOf": "childOf",
}

// moreInverses are the inverses that custom kinds declare. They are known to
// the whole process, since a relation is read by those who do not know which
// kind stated it.
var moreInverses atomic.Pointer[map[string]string]

// Inverse returns the relation as seen from its target. A relation that nobody
// declares any more gets a name made of its own.
func Inverse(relation string) string {
	if other, ok := inverse[relation]; ok {
		return other
	}
	if more := moreInverses.Load(); more != nil {
		if other, ok := (*more)[relation]; ok {
			return other
		}
	}
	return relation + "Of"
}

var (
	ownerRule      = relationRule{"owner", "group", "ownedBy"}
	systemRule     = relationRule{"system", "system", "partOf"}
	dependsRule    = relationRule{"dependsOn", "", "dependsOn"}
	dependencyRule = relationRule{"dependencyOf", "", "dependencyOf"}
)

// relationRules are the rules of the built-in kinds, in the order in which
// Backstage reads them.
var relationRules = map[string][]relationRule{
	"component": {ownerRule, {"subcomponentOf", "component", "partOf"}, {"providesApis", "api", "providesApi"},
		{"consumesApis", "api", "consumesApi"}, dependsRule, dependencyRule, systemRule},
	"api":      {ownerRule, systemRule},
	"resource": {ownerRule, dependsRule, dependencyRule, systemRule},
	"system":   {ownerRule, {"domain", "domain", "partOf"}},
	"domain":   {ownerRule, {"subdomainOf", "domain", "partOf"}},
	"template": {ownerRule},
	"user":     {{"memberOf", "group", "memberOf"}},
	"group": {{"parent", "group", "childOf"}, {"children", "group", "parentOf"},
		{"members", "user", "hasMember"}},
	"location": {},
	"airesource": {ownerRule, systemRule, {"dependsOn", "airesource", "dependsOn"}, {"skills", "airesource", "hasPart"},
		{"plugins", "airesource", "hasPart"}},
}

// otherRules are for kinds that the format does not know.
var otherRules = []relationRule{ownerRule, systemRule, dependsRule, dependencyRule}

// emittedBy returns the relations that e's own fields state, canonical and
// sorted, with a fault for each reference that cannot be read. With lenient
// set, that is a warning.
func emittedBy(e Entity, rules []relationRule, lenient bool) ([]Relation, []*fieldError) {
	var out []Relation
	var bad []*fieldError
	for _, rule := range rules {
		references(e.Spec, strings.Split(rule.field, "."), []string{"spec"}, func(v any, path []string) {
			s, isText := v.(string)
			ref, err := ParseRef(s, rule.defaultKind, e.Ref.Namespace)
			switch {
			case !isText:
				bad = append(bad, &fieldError{code: "reference", path: path, warning: lenient,
					message: fmt.Sprintf("%s is %s and not a reference.", fieldName(path), show(v)), fix: "Write kind:namespace/name."})
			case err != nil:
				bad = append(bad, &fieldError{code: "reference", path: path, warning: lenient, message: err.Error(), fix: "Write kind:namespace/name."})
			default:
				out = append(out, Relation{rule.relation, ref.Canonical()})
			}
		})
	}
	return SortRelations(out), bad
}

// references calls f for what stands at a field: one value, or each of a list.
func references(v any, field, path []string, f func(v any, path []string)) {
	if list, ok := v.([]any); ok {
		for i, item := range list {
			references(item, field, append(slices.Clone(path), strconv.Itoa(i)), f)
		}
		return
	}
	if len(field) == 0 {
		if v != nil {
			f(v, slices.Clone(path))
		}
		return
	}
	if m, ok := v.(map[string]any); ok {
		references(m[field[0]], field[1:], append(path, field[0]), f)
	}
}

// texts returns a text or the texts of a list.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// SortRelations orders by type, then target, and drops doubles.
func SortRelations(list []Relation) []Relation {
	slices.SortFunc(list, func(a, b Relation) int {
		if c := strings.Compare(a.Type, b.Type); c != 0 {
			return c
		}
		return a.Target.Compare(b.Target)
	})
	return slices.Compact(list)
}
