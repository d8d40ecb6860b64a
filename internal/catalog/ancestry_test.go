package catalog

import (
	"strings"
	"testing"
)

func locationAt(name, location string, targets ...any) Entity {
	return Entity{Ref: Ref{"location", "default", name}, Kind: "Location", Metadata: Metadata{Name: name}, Spec: map[string]any{"targets": targets}, Source: Source{Location: location}}
}

func TestLeadsTo(t *testing.T) {
	for _, c := range []struct {
		name, from, target, location string
		want                         bool
	}{
		{"relative", "file:/srv/all.yaml", "./teams/a.yaml", "file:/srv/teams/a.yaml", true},
		{"up", "file:/srv/x/all.yaml", "../teams/a.yaml", "file:/srv/teams/a.yaml", true},
		{"absolute", "file:/srv/x/all.yaml", "/srv/teams/a.yaml", "file:/srv/teams/a.yaml", true},
		{"glob", "file:/srv/all.yaml", "./teams/**/*.yaml", "file:/srv/teams/deep/er/a.yaml", true},
		{"glob elsewhere", "file:/srv/all.yaml", "./teams/*.yaml", "file:/srv/teams/deep/a.yaml", false},
		{"folder", "file:/srv/all.yaml", "./teams/", "file:/srv/teams/deep/a.yaml", true},
		{"relative at a host", "url:https://git.example/o/r/blob/main/all.yaml", "./a.yaml", "url:https://git.example/o/r/blob/main/a.yaml", true},
		{"another repository", "file:/srv/all.yaml", "https://git.example/o/r/blob/main/a.yaml", "url:https://git.example/o/r/blob/main/a.yaml", true},
		{"another file", "file:/srv/all.yaml", "./b.yaml", "file:/srv/a.yaml", false},
		{"itself", "file:/srv/all.yaml", "./all.yaml", "file:/srv/all.yaml", false},
		{"a bad glob", "file:/srv/all.yaml", "./[", "file:/srv/a.yaml", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, ok := LeadsTo(locationAt("l", c.from, c.target), c.from, c.location); ok != c.want {
				t.Errorf("%s in %s leads to %s: %v, want %v", c.target, c.from, c.location, ok, c.want)
			}
		})
	}
}

func TestAscendEndsInCircles(t *testing.T) {
	e := Entity{Ref: MustRef("component:default/a"), Kind: "Component", Source: Source{Location: "file:/srv/a.yaml"}}
	locations := []Entity{locationAt("one", "file:/srv/one.yaml", "./two.yaml", "./a.yaml"), locationAt("two", "file:/srv/two.yaml", "./one.yaml")}
	got := Ascend(e, locations)
	var names []string
	for _, a := range got {
		names = append(names, a.Ref.Name)
	}
	if s := strings.Join(names, " "); s != "a one two" || got[0].Target != "./a.yaml" || got[0].Root() {
		t.Errorf("ancestors %s, target %q; want a one two by ./a.yaml", s, got[0].Target)
	}
	if alone := Ascend(e, nil); len(alone) != 1 || !alone[0].Root() {
		t.Errorf("ancestors without locations: %+v", alone)
	}
}
