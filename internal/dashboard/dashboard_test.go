package dashboard

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

const good = `apiVersion: platform.example.com/v1
kind: PortalDashboard
metadata: {name: mine}
spec:
  roles: [developer]
  sections:
    - name: a
      widgets:
        - {type: cost-summary, period: 30d, filters: {owned_by: current_user}}
        - {type: button, title: Create, href: /create}
`

func TestParse(t *testing.T) {
	d, err := Parse("a.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	w := d.Sections[0].Widgets
	if !w[0].Mine() || w[0].Period.Days(7) != 30 || w[1].Period.Days(7) != 7 || w[0].Problem != "" || w[1].Problem != "" {
		t.Errorf("widgets: %+v", w)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ name, from, to, want string }{
		{"unknown widget", "type: cost-summary", "type: weather", `no widget "weather"`},
		{"button without an address", "href: /create", "href: create", "A button needs"},
		{"button that leaves", "href: /create", "href: //evil.example", "A button needs"},
		{"owner", "owned_by: current_user", "owned_by: me", "owned_by"},
		{"period", "period: 30d", "period: month", "30d"},
		{"period too long", "period: 30d", "period: 900d", "30d"},
		{"unknown key", "roles:", "rolls:", "rolls"},
		{"kind", "kind: PortalDashboard", "kind: Board", "PortalDashboard"},
		{"name", "name: mine", "name: ''", "metadata.name"},
		{"no yaml", "spec:", "spec: [", "a.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := Parse("a.yaml", []byte(strings.Replace(good, tt.from, tt.to, 1)))
			said := ""
			if err != nil {
				said = err.Error()
			} else {
				for _, w := range d.Sections[0].Widgets {
					said += w.Problem
				}
			}
			if !strings.Contains(said, tt.want) {
				t.Errorf("got %q; want %q in it", said, tt.want)
			}
		})
	}
}

func TestLoadKeepsGoodBesideBad(t *testing.T) {
	all, problems := Load(fstest.MapFS{"a.yaml": {Data: []byte(good)}, "b.yaml": {Data: []byte("kind: x")}})
	if len(all) != 1 || len(problems) != 1 {
		t.Errorf("got %v, %v", all, problems)
	}
}

func TestShippedDashboards(t *testing.T) {
	all, problems := Load(os.DirFS("../../templates/dashboards"))
	if len(problems) > 0 || len(all) < 3 {
		t.Fatalf("%d dashboards, %v", len(all), problems)
	}
	for roles, want := range map[string]string{"viewer": "developer", "viewer developer": "developer", "viewer developer lead": "lead",
		"viewer lead platform": "platform", "viewer admin": "platform", "viewer auditor": "platform"} {
		if d, ok := For(all, strings.Fields(roles)); !ok || d.Name != want {
			t.Errorf("%s get %q; want %q", roles, d.Name, want)
		}
	}
	if _, ok := For(all, []string{"guest"}); ok {
		t.Error("an unknown role has a dashboard")
	}
	for _, d := range all {
		for _, s := range d.Sections {
			for _, w := range s.Widgets {
				if w.Problem != "" {
					t.Errorf("%s: %s", d.Name, w.Problem)
				}
			}
		}
	}
}
