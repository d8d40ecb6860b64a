package catalog

import (
	"slices"
	"strconv"
	"strings"
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

// Inverse returns the relation as seen from its target.
func Inverse(relation string) string { return inverse[relation] }

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

// emitted returns the relations that e's own fields state, canonical and
// sorted, with a fault for each reference that cannot be read.
func emitted(e Entity) ([]Relation, []*fieldError) {
	rules, known := relationRules[e.Ref.Kind]
	if !known {
		rules = otherRules
	}
	var out []Relation
	var bad []*fieldError
	for _, rule := range rules {
		for i, s := range texts(e.Spec[rule.field]) {
			ref, err := ParseRef(s, rule.defaultKind, e.Ref.Namespace)
			if err != nil {
				path := []string{"spec", rule.field}
				if _, list := e.Spec[rule.field].([]any); list {
					path = append(path, strconv.Itoa(i))
				}
				bad = append(bad, &fieldError{code: "reference", path: path, warning: !known, message: err.Error(), fix: "Write kind:namespace/name."})
				continue
			}
			out = append(out, Relation{rule.relation, ref.Canonical()})
		}
	}
	return SortRelations(out), bad
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
