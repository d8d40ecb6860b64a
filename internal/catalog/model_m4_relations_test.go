package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// M4: relations.
func TestM4Relations(t *testing.T) {
	for _, c := range []struct {
		name, kind, spec string
		want             []string
	}{
		{"component", "Component", "type: a, lifecycle: b, owner: Team, system: s, subcomponentOf: p, providesApis: [x], consumesApis: [other/y], dependsOn: ['resource:db', 'Component:Z'], dependencyOf: ['component:up']",
			[]string{"consumesApi api:other/y", "dependencyOf component:ns/up", "dependsOn component:ns/z", "dependsOn resource:ns/db", "ownedBy group:ns/team", "partOf component:ns/p", "partOf system:ns/s", "providesApi api:ns/x"}},
		{"owned by a user", "System", "owner: user:ada, domain: d", []string{"ownedBy user:ns/ada", "partOf domain:ns/d"}},
		{"domain", "Domain", "owner: t, subdomainOf: d", []string{"ownedBy group:ns/t", "partOf domain:ns/d"}},
		{"user", "User", "memberOf: [b, a, a]", []string{"memberOf group:ns/a", "memberOf group:ns/b"}},
		{"group", "Group", "type: t, parent: p, children: [c], members: [m]", []string{"childOf group:ns/p", "hasMember user:ns/m", "parentOf group:ns/c"}},
		{"unknown kind", "Gadget", "owner: t, system: s", []string{"ownedBy group:ns/t", "partOf system:ns/s"}},
		{"location has none", "Location", "owner: t", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, head+"kind: "+c.kind+"\nmetadata: {name: x, namespace: ns}\nspec: {"+c.spec+"}\n", File{Trusted: true})
			if d.Entity == nil {
				t.Fatal(d.Problems)
			}
			var got []string
			for _, r := range d.Entity.Relations {
				got = append(got, r.Type+" "+r.Target.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("relations (-want +got):\n%s", diff)
			}
		})
	}
	d := parseOne(t, head+"kind: Component\nmetadata: {name: x}\nspec:\n  type: a\n  lifecycle: b\n  owner: c\n  dependsOn:\n  - component:ok\n  - nokind\n", File{})
	if diff := cmp.Diff([]string{"error reference spec.dependsOn[1]:10"}, said(d)); diff != "" || d.Entity != nil {
		t.Errorf("a reference that cannot be read fails the entity (-want +got):\n%s", diff)
	}
	for from, to := range inverse {
		if inverse[to] != from {
			t.Errorf("the inverse of %s is %s, whose inverse is %s", from, to, inverse[to])
		}
	}
}
