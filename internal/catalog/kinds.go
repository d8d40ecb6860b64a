package catalog

import "strings"

// shape is what a field of a kind's spec must be.
type shape uint8

const (
	aText  shape = iota // a string of at least one letter
	aList               // a list of such strings
	anyMap              // an object
	aSteps              // a list of objects that have an action
)

type field struct {
	name     string
	shape    shape
	required bool
}

// kindRule is what the validator asks of a built-in kind.
type kindRule struct {
	name     string // as it must be written
	versions []string
	fields   []field
	trusted  bool // only from trusted sources
}

var coreVersions = []string{"backstage.io/v1alpha1", "backstage.io/v1beta1"}

func needs(shape shape, names ...string) []field { return fields(shape, true, names) }
func may(shape shape, names ...string) []field   { return fields(shape, false, names) }

func fields(s shape, required bool, names []string) []field {
	out := make([]field, len(names))
	for i, n := range names {
		out[i] = field{n, s, required}
	}
	return out
}

func join(parts ...[]field) []field {
	var out []field
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// builtin are the kinds of the Backstage format, by lower-case name.
var builtin = map[string]kindRule{
	"component": {name: "Component", versions: coreVersions, fields: join(needs(aText, "type", "lifecycle", "owner"),
		may(aText, "system", "subcomponentOf"), may(aList, "providesApis", "consumesApis", "dependsOn"))},
	"api": {name: "API", versions: coreVersions, fields: join(needs(aText, "type", "lifecycle", "owner", "definition"),
		may(aText, "system"))},
	"resource": {name: "Resource", versions: coreVersions, fields: join(needs(aText, "type", "owner"), may(aText, "system"),
		may(aList, "dependsOn", "dependencyOf"))},
	"system": {name: "System", versions: coreVersions, fields: join(needs(aText, "owner"), may(aText, "domain", "type"))},
	"domain": {name: "Domain", versions: coreVersions, fields: join(needs(aText, "owner"), may(aText, "subdomainOf", "type"))},
	"group": {name: "Group", versions: coreVersions, trusted: true, fields: join(needs(aText, "type"), needs(aList, "children"),
		may(aText, "parent"), may(aList, "members"), may(anyMap, "profile"))},
	"user": {name: "User", versions: coreVersions, trusted: true, fields: join(needs(aList, "memberOf"), may(anyMap, "profile"))},
	"location": {name: "Location", versions: coreVersions, fields: join(may(aText, "type", "target", "presence"),
		may(aList, "targets"))},
	"template": {name: "Template", versions: []string{"scaffolder.backstage.io/v1beta3"}, trusted: true,
		fields: join(needs(aText, "type"), needs(aSteps, "steps"), may(aText, "owner", "lifecycle"), may(anyMap, "output"))},
	"airesource": {name: "AiResource", versions: coreVersions, fields: join(needs(aText, "type", "lifecycle", "owner"),
		may(aText, "system"), may(aList, "dependsOn"))},
}

// trustedKinds are accepted from trusted sources only, whatever their version:
// they decide who is who and what the portal runs.
var trustedKinds = map[string]bool{"user": true, "group": true, "template": true, "blueprint": true, "policy": true}

// mcpServer is the variant of API that has remotes instead of a definition.
const mcpServer = "mcp-server"

// ruleOf returns the rule of a kind in one of its versions. A kind of another
// API group that shares a name with a built-in one is a custom kind.
func ruleOf(apiVersion, kind string) (kindRule, bool) {
	r, ok := builtin[strings.ToLower(kind)]
	if !ok {
		return kindRule{}, false
	}
	group, _, _ := strings.Cut(apiVersion, "/")
	want, _, _ := strings.Cut(r.versions[0], "/")
	return r, group == want
}
