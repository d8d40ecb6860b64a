package catalog

import "testing"

// M6: which kinds may come from where.
func TestM6Rules(t *testing.T) {
	const github, file = "url:https://github.com/acme/shop/blob/main/catalog-info.yaml", "file:/srv/org.yaml"
	kinds := func(names ...string) []Allow {
		var out []Allow
		for _, n := range names {
			out = append(out, Allow{Kind: n})
		}
		return out
	}
	from := func(p Place) []Place { return []Place{p} }
	for _, c := range []struct {
		name               string
		rules              Rules
		kind, type_, where string
		want               bool
	}{
		{"without rules all are welcome", Rules{}, "Anything", "", github, true},
		{"named", Rules{General: []Rule{{Allow: kinds("Component", "API")}}}, "API", "", github, true},
		{"not named", Rules{General: []Rule{{Allow: kinds("Component", "API")}}}, "System", "", github, false},
		{"without regard to case", Rules{General: []Rule{{Allow: kinds("component")}}}, "Component", "", github, true},
		{"with its type", Rules{General: []Rule{{Allow: []Allow{{"Resource", "database"}}}}}, "Resource", "Database", github, true},
		{"with another type", Rules{General: []Rule{{Allow: []Allow{{"Resource", "database"}}}}}, "Resource", "bucket", github, false},
		{"one of two rules", Rules{General: []Rule{{Allow: kinds("API")}, {Allow: kinds("System")}}}, "System", "", github, true},
		{"exact place", Rules{General: []Rule{{kinds("User"), from(Place{"file", "/srv/org.yaml", ""})}}}, "User", "", file, true},
		{"another place", Rules{General: []Rule{{kinds("User"), from(Place{"file", "/srv/org.yaml", ""})}}}, "User", "", "file:/srv/other.yaml", false},
		{"another type of place", Rules{General: []Rule{{kinds("User"), from(Place{Type: "url"})}}}, "User", "", file, false},
		{"every place of a type", Rules{General: []Rule{{kinds("User"), from(Place{Type: "file"})}}}, "User", "", file, true},
		{"pattern", Rules{General: []Rule{{kinds("API"), from(Place{"url", "", "https://github.com/acme/**"})}}}, "API", "", github, true},
		{"pattern without regard to case", Rules{General: []Rule{{kinds("API"), from(Place{"url", "", "https://GitHub.com/Acme/**"})}}}, "API", "", github, true},
		{"a star is not a slash", Rules{General: []Rule{{kinds("API"), from(Place{"url", "", "https://github.com/*"})}}}, "API", "", github, false},
		{"stars for each part", Rules{General: []Rule{{kinds("API"), from(Place{"url", "", "https://github.com/*/*/blob/*/*.yaml"})}}}, "API", "", github, true},
		{"hidden folders too", Rules{General: []Rule{{kinds("API"), from(Place{"file", "", "/srv/**/*.yaml"})}}}, "API", "", "file:/srv/.hidden/a.yaml", true},
		{"alternatives", Rules{General: []Rule{{kinds("API"), from(Place{"url", "", "https://{github,gitlab}.com/**"})}}}, "API", "", github, true},
		{"rules of the location itself", Rules{General: []Rule{{Allow: kinds("API")}}, Own: map[string][]Rule{file: {{Allow: kinds("User")}}}}, "User", "", file, true},
		{"they add to the general ones", Rules{General: []Rule{{Allow: kinds("API")}}, Own: map[string][]Rule{file: {{Allow: kinds("User")}}}}, "API", "", file, true},
		{"and are for that location only", Rules{General: []Rule{{Allow: kinds("API")}}, Own: map[string][]Rule{file: {{Allow: kinds("User")}}}}, "User", "", github, false},
		{"a location with rules of its own alone", Rules{Own: map[string][]Rule{file: {{Allow: kinds("User")}}}}, "API", "", file, false},
		{"others stay free then", Rules{Own: map[string][]Rule{file: {{Allow: kinds("User")}}}}, "API", "", github, true},
	} {
		if got := c.rules.Allows(c.kind, c.type_, c.where); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestM6RulesAreChecked(t *testing.T) {
	r := Rules{General: []Rule{{Locations: []Place{{Pattern: "https://x/[a"}, {Pattern: "ok/**"}}}}, Own: map[string][]Rule{"x": {{Locations: []Place{{Pattern: "{a"}}}}}}
	if bad := r.Check(); len(bad) != 2 || bad[0] != "https://x/[a" || bad[1] != "{a" {
		t.Errorf("bad patterns %q", bad)
	}
	if (Rules{}).Fingerprint() == r.Fingerprint() {
		t.Error("other rules have the same fingerprint")
	}
}

// M6: locations are a type and a target.
func TestM6Locations(t *testing.T) {
	for _, c := range []struct{ in, kind, target, err string }{
		{"url:https://x/y", "url", "https://x/y", ""},
		{" file : /srv/a ", "file", "/srv/a", ""},
		{"https://x", "", "", "Invalid location ref 'https://x', please prefix it with 'url:', e.g. 'url:https://x'"},
		{"http://x", "", "", "Invalid location ref 'http://x', please prefix it with 'url:', e.g. 'url:http://x'"},
		{"url:javascript:alert(1)", "", "", "Invalid location ref 'url:javascript:alert(1)', target is a javascript: URL"},
		{"url:JAVA\tscript:x", "", "", "Invalid location ref 'url:JAVA\tscript:x', target is a javascript: URL"},
		{"nothing", "", "", "Unable to parse location ref 'nothing', expected '<type>:<target>', e.g. 'url:https://host/path'"},
		{"url: ", "", "", "Unable to parse location ref 'url: ', expected '<type>:<target>', e.g. 'url:https://host/path'"},
	} {
		kind, target, err := ParseLocation(c.in)
		if got := errText(err); kind != c.kind || target != c.target || got != c.err {
			t.Errorf("%q: %q %q %q, want %q %q %q", c.in, kind, target, got, c.kind, c.target, c.err)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
