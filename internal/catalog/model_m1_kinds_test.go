package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// M1: kinds and their required fields.
func TestM1KindsAndTheirFields(t *testing.T) {
	doc := func(kind, spec string) string {
		return head + "kind: " + kind + "\nmetadata: {name: x}\nspec: {" + spec + "}\n"
	}
	for _, c := range []struct {
		name, doc string
		want      []string // problems; nil: the entity is good
	}{
		{"component", doc("Component", "type: a, lifecycle: b, owner: c"), nil},
		{"component without owner", doc("Component", "type: a, lifecycle: b"), []string{"error field spec.owner:4"}},
		{"component with everything missing", doc("Component", ""), []string{"error field spec.type:4", "error field spec.lifecycle:4", "error field spec.owner:4"}},
		{"text where a list belongs", doc("Component", "type: a, lifecycle: b, owner: c, dependsOn: x"), []string{"error field spec.dependsOn:4"}},
		{"number where a text belongs", doc("Component", "type: 1, lifecycle: b, owner: c"), []string{"error field spec.type:4"}},
		{"empty text", doc("Component", `type: "", lifecycle: b, owner: c`), []string{"error field spec.type:4"}},
		{"number in a list", doc("Component", "type: a, lifecycle: b, owner: c, providesApis: [7]"), []string{"error field spec.providesApis[0]:4"}},
		{"dependencyOf may be one text", doc("Component", `type: a, lifecycle: b, owner: c, dependencyOf: "component:y"`), nil},
		{"unknown fields are welcome", doc("Component", "type: a, lifecycle: b, owner: c, colour: red"), nil},
		{"api", doc("API", "type: a, lifecycle: b, owner: c, definition: d"), nil},
		{"api without definition", doc("API", "type: a, lifecycle: b, owner: c"), []string{"error field spec.definition:4"}},
		{"api with an inline definition", doc("API", "type: a, lifecycle: b, owner: c, definition: {openapi: 3.1.0}"), nil},
		{"mcp server", doc("API", "type: mcp-server, lifecycle: b, owner: c, remotes: [{type: http, url: 'https://x'}]"), nil},
		{"mcp server without remotes", doc("API", "type: mcp-server, lifecycle: b, owner: c"), []string{"error field spec.remotes:4"}},
		{"resource", doc("Resource", "type: a, owner: c"), nil},
		{"system", doc("System", "owner: c"), nil},
		{"system without owner", doc("System", "domain: c"), []string{"error field spec.owner:4"}},
		{"domain", doc("Domain", "owner: c, subdomainOf: d"), nil},
		{"group", doc("Group", "type: team, children: []"), nil},
		{"group without children", doc("Group", "type: team"), []string{"error field spec.children:4"}},
		{"user", doc("User", "memberOf: []"), nil},
		{"user without memberOf", doc("User", "profile: {}"), []string{"error field spec.memberOf:4"}},
		{"location", doc("Location", "target: ./x.yaml"), nil},
		{"location with a bad presence", doc("Location", "presence: maybe"), []string{"error field spec.presence:4"}},
		{"template", strings.Replace(doc("Template", "type: service, steps: [{action: fetch}]"), "backstage.io/v1alpha1", "scaffolder.backstage.io/v1beta3", 1), nil},
		{"template step without action", strings.Replace(doc("Template", "type: service, steps: [{id: a}]"), "backstage.io/v1alpha1", "scaffolder.backstage.io/v1beta3", 1), []string{"error field spec.steps[0].action:4"}},
		{"ai resource", doc("AiResource", "type: skill, lifecycle: b, owner: c"), nil},
		{"component with a bad dependencyOf", doc("Component", "type: a, lifecycle: b, owner: c, dependencyOf: [7]"), []string{"error reference spec.dependencyOf[0]:4"}},
		{"empty optional text", doc("Component", `type: a, lifecycle: b, owner: c, system: ""`), []string{"error field spec.system:4"}},
		{"null where a text belongs", doc("Component", "type: a, lifecycle: b, owner: c, system: null"), []string{"error field spec.system:4"}},
		{"resource without type", doc("Resource", "owner: c"), []string{"error field spec.type:4"}},
		{"domain without owner", doc("Domain", "type: c"), []string{"error field spec.owner:4"}},
		{"group with a profile", doc("Group", "type: team, children: [], profile: {displayName: a, email: b, picture: c}"), nil},
		{"group with an empty display name", doc("Group", `type: team, children: [], profile: {displayName: ""}`), []string{"error field spec.profile.displayName:4"}},
		{"user with a profile that is text", doc("User", "memberOf: [], profile: me"), []string{"error field spec.profile:4"}},
		{"api with an empty definition", doc("API", `type: a, lifecycle: b, owner: c, definition: ""`), []string{"error field spec.definition:4"}},
		{"api with an empty object", doc("API", "type: a, lifecycle: b, owner: c, definition: {}"), []string{"error field spec.definition:4"}},
		{"mcp server with an empty list", doc("API", "type: mcp-server, lifecycle: b, owner: c, remotes: []"), []string{"error field spec.remotes:4"}},
		{"mcp server with half a remote", doc("API", "type: mcp-server, lifecycle: b, owner: c, remotes: [{type: http}]"), []string{"error field spec.remotes[0].url:4"}},
		{"location with targets", doc("Location", "type: url, targets: [./a.yaml, ./b.yaml], presence: optional"), nil},
		{"location of a folder", doc("Location", "type: file, target: ./a/"), []string{"error field spec.target:4"}},
		{"location that is a script", doc("Location", "targets: ['java\tscript:alert(1)']"), []string{"error field spec.targets[0]:4"}},
		{"location of type https", doc("Location", "type: https, target: //x"), []string{"error field spec.type:4"}},
		{"skill", doc("AiResource", "type: skill, lifecycle: b, owner: c, agents: [x], dependsOn: [other], compatibility: any"), nil},
		{"skill with long compatibility", doc("AiResource", "type: skill, lifecycle: b, owner: c, compatibility: "+strings.Repeat("x", 501)), []string{"error field spec.compatibility:4"}},
		{"rule", doc("AiResource", "type: rule, lifecycle: b, owner: c, category: d, rationale: e"), nil},
		{"rule without rationale", doc("AiResource", "type: rule, lifecycle: b, owner: c, category: d"), []string{"error field spec.rationale:4"}},
		{"plugin", doc("AiResource", "type: plugin, lifecycle: b, owner: c, skills: [x]"), nil},
		{"plugin without skills", doc("AiResource", "type: plugin, lifecycle: b, owner: c"), []string{"error field spec.skills:4"}},
		{"marketplace without plugins", doc("AiResource", "type: marketplace, lifecycle: b, owner: c"), []string{"error field spec.plugins:4"}},
		{"ai resource of another type", doc("AiResource", "type: prompt, lifecycle: b, owner: c"), nil},
		{"ai resource has one version", strings.Replace(doc("AiResource", "type: prompt, lifecycle: b, owner: c"), "v1alpha1", "v1beta1", 1), []string{"error envelope apiVersion:1"}},
		{"a built-in name of another group is a kind of its own", "apiVersion: acme.example/v1\nkind: Component\nmetadata: {name: x}\nspec: {}\n", nil},
		{"v1beta1", strings.Replace(doc("System", "owner: c"), "v1alpha1", "v1beta1", 1), nil},
		{"unknown version", strings.Replace(doc("System", "owner: c"), "v1alpha1", "v9", 1), []string{"error envelope apiVersion:1"}},
		{"unknown kind is kept", doc("Gadget", "owner: c"), nil},
		{"no spec", head + "kind: System\nmetadata: {name: x}\n", []string{"error field spec:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, c.doc, File{Trusted: true})
			if diff := cmp.Diff(c.want, said(d)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if (d.Entity != nil) != (c.want == nil) {
				t.Errorf("entity %v", d.Entity)
			}
		})
	}
}
