package sample

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
)

const folder = "../../templates/sample/catalog"

// sampleEntities reads every file of the sample as the catalog does.
func sampleEntities(t *testing.T) map[string]catalog.Entity {
	t.Helper()
	out := map[string]catalog.Entity{}
	root := os.DirFS(folder)
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		b, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		docs := catalog.Parse(catalog.File{Source: "file:sample", Path: name, Trusted: true, Data: b,
			Read: func(rel string) ([]byte, error) { return fs.ReadFile(root, path.Join(path.Dir(name), rel)) }})
		for _, d := range docs {
			for _, p := range d.Problems {
				t.Errorf("%s: %+v", name, p)
			}
			if d.Entity != nil {
				if _, twice := out[d.Ref.String()]; twice {
					t.Errorf("%s: %s stands twice", name, d.Ref)
				}
				out[d.Ref.String()] = *d.Entity
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSampleCatalogIsConsistent(t *testing.T) {
	all := sampleEntities(t)
	kinds := map[string]int{}
	for ref, e := range all {
		kinds[e.Kind]++
		for _, r := range e.Relations {
			if _, ok := all[r.Target.String()]; !ok {
				t.Errorf("%s: %s %s, which is not there", ref, r.Type, r.Target)
			}
		}
		switch e.Kind {
		case "User", "Group":
		default:
			if e.Metadata.Description == "" || e.Owner().IsZero() {
				t.Errorf("%s lacks a description or an owner", ref)
			}
		}
		if e.Kind == "User" && (!strings.HasSuffix(e.Profile("email"), "@harbourpay.example") || len(e.Related("memberOf")) == 0) {
			t.Errorf("%s lacks an e-mail address or a team", ref)
		}
	}
	if things := len(all) - kinds["User"] - kinds["Group"]; things < 38 || things > 60 {
		t.Errorf("%d entities beside people and groups; want about 50: %v", things, kinds)
	}
	teams := 0
	for _, e := range all {
		if e.Kind == "Group" && e.Type() == "team" {
			teams++
		}
	}
	if teams != 6 || kinds["User"] != len(everyone) {
		t.Errorf("%d teams and %d people; want 6 and %d", teams, kinds["User"], len(everyone))
	}
}

func TestSampleDataNamesWhatIsThere(t *testing.T) {
	all := sampleEntities(t)
	has := func(what, ref string) {
		if _, ok := all[ref]; !ok {
			t.Errorf("%s names %s, which is not in the catalog", what, ref)
		}
	}
	for _, l := range lines {
		if l.service != "" {
			has("the bill", "component:default/"+l.service)
			has("the bill", "group:default/"+l.team)
			if got := all["component:default/"+l.service]; got.Owner().Name != l.team {
				t.Errorf("the bill gives %s to %s; its owner is %s", l.service, l.team, got.Owner().Name)
			}
		}
	}
	for _, h := range habits {
		has("the history", "component:default/"+h.service)
		for _, p := range h.people {
			has("the history", "user:default/"+p)
		}
	}
	for _, w := range Waves(day) {
		for _, a := range w.Answers {
			has("a survey", a.Person)
		}
	}
	for _, p := range everyone {
		has("the order of answers", "user:default/"+p)
	}
}

// TestSampleDocs follows the links and images of the documented services.
func TestSampleDocs(t *testing.T) {
	for _, service := range []string{"payment-api", "ledger"} {
		docs := os.DirFS(folder + "/" + service + "/docs")
		pages, err := fs.Glob(docs, "*.md")
		if err != nil || len(pages) < 3 {
			t.Fatalf("%s: %v, %v; want three pages or more", service, pages, err)
		}
		for _, page := range pages {
			b, err := fs.ReadFile(docs, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range strings.Split(string(b), "](")[1:] {
				to, _, _ := strings.Cut(part, ")")
				file, _, _ := strings.Cut(to, "#")
				if file == "" || strings.Contains(file, "://") {
					continue
				}
				if _, err := fs.Stat(docs, path.Join(path.Dir(page), file)); err != nil {
					t.Errorf("%s/%s leads to %s, which is not there", service, page, to)
				}
			}
		}
	}
}
