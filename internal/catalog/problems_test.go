package catalog

import "testing"

func TestLineURL(t *testing.T) {
	const file = "url:https://github.com/example/a/blob/main/x/catalog-info.yaml"
	for _, c := range []struct {
		name, location, source, file string
		line                         int
		want                         string
	}{
		{"a file of GitHub", file, file, "x/catalog-info.yaml", 7, "https://github.com/example/a/blob/main/x/catalog-info.yaml#L7"},
		{"without a line", file, file, "", 0, "https://github.com/example/a/blob/main/x/catalog-info.yaml"},
		{"a glob of GitLab", "", "url:https://gitlab.com/g/s/a/-/blob/main/**/*.yaml", "x/b.yaml", 3, "https://gitlab.com/g/s/a/-/blob/main/x/b.yaml#L3"},
		{"of Gitea", "", "url:https://git.example.com/o/r/src/branch/main/", "b.yaml", 3, "https://git.example.com/o/r/src/branch/main/b.yaml#L3"},
		{"of this machine", "file:/srv/a.yaml", "file:/srv", "a.yaml", 3, ""},
		{"of the embedded forge", "url:https://waymark/o/r/blob/main/a.yaml", "url:https://waymark/o/r/blob/main/a.yaml", "a.yaml", 3, ""},
		{"a plain address", "url:https://example.com/a.yaml", "url:https://example.com/a.yaml", "a.yaml", 3, ""},
		{"no scheme of a browser", "url:javascript:alert(1)//blob/x/y", "url:javascript:alert(1)//blob/x/y", "y", 3, ""},
		{"the glob itself", "url:https://github.com/e/a/blob/main/**/*.yaml", "", "", 0, ""},
		{"the source itself", "", file, "", 0, ""},
	} {
		if got := LineURL(c.location, c.source, c.file, c.line); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Every relation says which field states it, and the place is no part of what
// the problem is known by.
func TestDangles(t *testing.T) {
	for _, c := range []struct{ from, relation, to, want string }{
		{"component:default/a", "ownedBy", "group:default/x", "spec.owner"},
		{"component:default/a", "partOf", "system:default/x", "spec.system"},
		{"component:default/a", "partOf", "component:default/x", "spec.subcomponentOf"},
		{"system:default/a", "partOf", "domain:default/x", "spec.domain"},
		{"domain:default/a", "partOf", "domain:default/x", "spec.subdomainOf"},
		{"component:default/a", "providesApi", "api:default/x", "spec.providesApis"},
		{"component:default/a", "consumesApi", "api:default/x", "spec.consumesApis"},
		{"component:default/a", "dependsOn", "resource:default/x", "spec.dependsOn"},
		{"resource:default/a", "dependencyOf", "component:default/x", "spec.dependencyOf"},
		{"user:default/a", "memberOf", "group:default/x", "spec.memberOf"},
		{"group:default/a", "childOf", "group:default/x", "spec.parent"},
		{"group:default/a", "parentOf", "group:default/x", "spec.children"},
		{"group:default/a", "hasMember", "user:default/x", "spec.members"},
		{"gadget:default/a", "madeOf", "gadget:default/x", "spec"},
	} {
		e := Entity{Ref: MustRef(c.from), Source: Source{ID: "file:/srv", File: "a.yaml", Line: 3}}
		p := Dangles(e, "group:default/t", c.relation, MustRef(c.to))
		if p.Field != c.want || p.Target != c.to || p.File != "a.yaml" || p.Owner != "group:default/t" {
			t.Errorf("%s %s: %+v, want field %s", c.from, c.relation, p, c.want)
		}
		e.Source.File = "b.yaml"
		if moved := Dangles(e, "group:default/t", c.relation, MustRef(c.to)); moved.ID != p.ID || moved.File != "b.yaml" {
			t.Errorf("%s: moved it is %s, was %s", c.from, moved.ID, p.ID)
		}
	}
}
