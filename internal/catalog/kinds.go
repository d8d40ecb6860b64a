package catalog

import "strings"

// kindRule is what the validator asks of a built-in kind.
type kindRule struct {
	name     string // as it must be written
	versions []string
	spec     *shape
	byType   map[string]*shape // of the spec, for some values of spec.type
}

// shape returns what the spec must be.
func (r kindRule) shape(spec any) *shape {
	m, _ := spec.(map[string]any)
	kind, _ := m["type"].(string)
	if s, ok := r.byType[kind]; ok {
		return s
	}
	return r.spec
}

var (
	coreVersions     = []string{"backstage.io/v1alpha1", "backstage.io/v1beta1"}
	templateVersions = []string{"scaffolder.backstage.io/v1beta3"}
	aiVersions       = []string{"backstage.io/v1alpha1"}
)

var (
	word     = &shape{types: []string{tText}, min: 1} // a text of at least one letter
	anyText  = &shape{types: []string{tText}}
	words    = &shape{types: []string{tList}, items: word}
	object   = &shape{types: []string{tObject}}
	yesOrIf  = &shape{types: []string{tText, tSwitch}}
	needTags = shapeOf(nil, fields(&shape{types: []string{tList}, items: anyText}, "tags"))
)

// shapeOf makes the shape of an object.
func shapeOf(required []string, parts ...[]field) *shape {
	s := &shape{types: []string{tObject}, required: required}
	for _, p := range parts {
		s.fields = append(s.fields, p...)
	}
	return s
}

func fields(is *shape, names ...string) []field {
	out := make([]field, len(names))
	for i, n := range names {
		out[i] = field{n, is}
	}
	return out
}

var profile = fields(shapeOf(nil, fields(word, "displayName", "email", "picture")), "profile")

// builtin are the kinds of the Backstage format, by lower-case name.
var builtin = map[string]kindRule{
	"component": {name: "Component", versions: coreVersions, spec: shapeOf([]string{"type", "lifecycle", "owner"},
		fields(word, "type", "lifecycle", "owner", "system", "subcomponentOf"), fields(words, "providesApis", "consumesApis", "dependsOn"))},
	"api": {name: "API", versions: coreVersions, spec: shapeOf([]string{"type", "lifecycle", "owner", "definition"},
		fields(word, "type", "lifecycle", "owner", "system", "definition")),
		byType: map[string]*shape{"mcp-server": mcpServer}},
	"resource": {name: "Resource", versions: coreVersions, spec: shapeOf([]string{"type", "owner"},
		fields(word, "type", "owner"), fields(words, "dependsOn"), fields(word, "system"))},
	"system": {name: "System", versions: coreVersions, spec: shapeOf([]string{"owner"}, fields(word, "owner", "domain", "type"))},
	"domain": {name: "Domain", versions: coreVersions, spec: shapeOf([]string{"owner"}, fields(word, "owner", "subdomainOf", "type"))},
	"group": {name: "Group", versions: coreVersions, spec: shapeOf([]string{"type", "children"},
		fields(word, "type"), profile, fields(word, "parent"), fields(words, "children", "members"))},
	"user": {name: "User", versions: coreVersions, spec: shapeOf([]string{"memberOf"}, profile, fields(words, "memberOf"))},
	"location": {name: "Location", versions: coreVersions, spec: shapeOf(nil, fields(word, "type", "target"), fields(words, "targets"),
		fields(&shape{types: []string{tText}, oneOf: []string{"required", "optional"}}, "presence"))},
	"template":   {name: "Template", versions: templateVersions, spec: template},
	"airesource": {name: "AiResource", versions: aiVersions, spec: aiResource(nil), byType: aiTypes},
}

// mcpServer is the variant of API that has remotes instead of a definition.
var mcpServer = shapeOf([]string{"type", "lifecycle", "owner", "remotes"}, fields(word, "type", "lifecycle", "owner", "system"),
	fields(&shape{types: []string{tList}, min: 1, items: shapeOf([]string{"type", "url"}, fields(word, "type", "url"))}, "remotes"))

// aiTypes are the types of AiResource that ask for more than every one does.
var aiTypes = map[string]*shape{
	"skill": aiResource(nil, fields(words, "disciplines", "categories", "agents", "dependsOn"), fields(word, "allowedTools", "license"),
		fields(&shape{types: []string{tText}, min: 1, max: 500}, "compatibility")),
	"rule":        aiResource([]string{"category", "rationale"}, fields(words, "disciplines"), fields(word, "category", "rationale")),
	"plugin":      aiResource([]string{"skills"}, fields(words, "skills"), fields(word, "version")),
	"marketplace": aiResource([]string{"plugins"}, fields(words, "plugins"), fields(word, "version")),
}

func aiResource(more []string, parts ...[]field) *shape {
	base := fields(word, "type", "lifecycle", "owner", "system")
	return shapeOf(append([]string{"type", "lifecycle", "owner"}, more...), append([][]field{base}, parts...)...)
}

// template is the spec of Template.
var template = shapeOf([]string{"type", "steps"}, fields(word, "type", "owner", "lifecycle"),
	fields(&shape{either: []*shape{permitted(), {types: []string{tList}, items: permitted()}}}, "parameters"),
	fields(shapeOf(nil, fields(object, "schema")), "secrets"),
	fields(shapeOf(nil, fields(shapeOf(nil, fields(anyText, "backButtonText", "createButtonText", "reviewButtonText")), "buttonLabels")), "presentation"),
	fields(shapeOf(nil, fields(anyText, "EXPERIMENTAL_strategy")), "EXPERIMENTAL_recovery"),
	fields(&shape{types: []string{tList}, items: shapeOf(nil, fields(anyText, "id"), fields(object, "input"))}, "formDecorators", "EXPERIMENTAL_formDecorators"),
	fields(&shape{types: []string{tList}, items: shapeOf([]string{"action"}, fields(anyText, "id", "name", "action"), fields(object, "input"),
		fields(yesOrIf, "if"), fields(needTags, "backstage:permissions"))}, "steps"),
	fields(templateOutput, "output"))

func permitted() *shape { return shapeOf(nil, fields(needTags, "backstage:permissions")) }

var templateOutput = &shape{types: []string{tObject}, rest: anyText, fields: []field{
	{"links", &shape{types: []string{tList}, items: shapeOf(nil, fields(yesOrIf, "if"), fields(word, "url", "entityRef", "title", "icon"))}},
	{"text", &shape{types: []string{tList}, items: shapeOf(nil, fields(yesOrIf, "if"), fields(word, "title", "icon"), fields(anyText, "content"))}},
}}

// trustedKinds are accepted from trusted sources only, whatever their version:
// they decide who is who and what the portal runs.
var trustedKinds = map[string]bool{"user": true, "group": true, "template": true, "blueprint": true, "policy": true,
	"goldenpath": true, "servicetemplate": true}

// ruleOf returns the rule of a kind in one of its versions. A kind of another
// API group that shares a name with a built-in one is a custom kind.
func ruleOf(apiVersion, kind string) (kindRule, bool) {
	r, ok := builtin[strings.ToLower(kind)]
	if !ok {
		return kindRule{}, false
	}
	return r, groupOf(apiVersion) == groupOf(r.versions[0])
}

// groupOf is the part of an API version before the slash.
func groupOf(apiVersion string) string {
	group, _, _ := strings.Cut(apiVersion, "/")
	return group
}
