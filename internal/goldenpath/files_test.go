package goldenpath_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// Every file of every making is what its tools expect.
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, m := range makings {
		t.Run(m.name(), func(t *testing.T) {
			t.Parallel()
			dir := m.make(t)
			err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					wellFormed(t, dir, p)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			inCatalog(t, m, filepath.Join(dir, "catalog-info.yaml"))
			documented(t, dir)
			image(t, filepath.Join(dir, "Dockerfile"))
			read(t, dir, "README.md")
			if owners := read(t, dir, "CODEOWNERS"); !strings.Contains(owners, "* @payments-team") {
				t.Errorf("CODEOWNERS: %s", owners)
			}
		})
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wellFormed reads a file the way that its tool would.
func wellFormed(t *testing.T, dir, p string) {
	t.Helper()
	name, err := filepath.Rel(dir, p)
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, dir, name)
	if strings.HasSuffix(name, ".njk") || strings.Contains(text, "{%") || strings.Contains(text, "${{ values") || strings.Contains(name, "{") {
		t.Errorf("%s was not rendered", name)
	}
	if strings.Contains(text, "\n\n\n") || !strings.HasSuffix(text, "\n") || strings.HasPrefix(text, "\n") || regexp.MustCompile(`(?m)[ \t]+$`).MatchString(text) {
		t.Errorf("%s has holes, or blanks at ends of lines", name)
	}
	switch filepath.Ext(p) {
	case ".json":
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	case ".yaml", ".yml":
		if _, err := documents(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// documents reads all documents of a YAML file.
func documents(text string) (out []map[string]any, err error) {
	for dec := yaml.NewDecoder(strings.NewReader(text)); ; {
		var v map[string]any
		if err := dec.Decode(&v); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return out, err
		}
		out = append(out, v)
	}
}

// inCatalog checks that any portal takes the entities, and that they say what
// was answered.
func inCatalog(t *testing.T, m making, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := documents(string(b))
	if err != nil || len(list) == 0 {
		t.Fatalf("catalog-info.yaml: %d entities, %v", len(list), err)
	}
	for _, e := range list {
		for _, refusal := range catalog.Strict(e, "url:https://git.example.com/payments-team/refund-api/blob/main/catalog-info.yaml") {
			t.Errorf("catalog-info.yaml: %v", refusal)
		}
		spec, _ := e["spec"].(map[string]any)
		if spec["owner"] != "group:default/payments-team" || m.values["system"] != spec["system"] {
			t.Errorf("%s: owner %v, system %v", e["kind"], spec["owner"], spec["system"])
		}
	}
	if metadata, _ := list[0]["metadata"].(map[string]any); metadata["description"] != m.answers()["description"] {
		t.Errorf("the description became %v", metadata["description"])
	}
}

// documented reads the pages as the portal does, and finds nothing wrong.
func documented(t *testing.T, dir string) {
	t.Helper()
	pages, err := docs.OpenDir(dir, ".")
	if err != nil {
		t.Fatal(err)
	}
	site, err := docs.Open(docs.Root{Ref: "component:default/" + service, Title: service, FS: pages})
	if err != nil {
		t.Fatal(err)
	}
	problems, err := docs.New(nil).Check(site)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("docs: %s:%d %s %s", p.Page, p.Line, p.Rule, p.Message)
	}
}

// image checks that a Dockerfile builds on pinned images and ends in one that
// holds nothing else and does not run as root.
func image(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return // a library, or pages
	}
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	var stages []string
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1) {
		if m[1] != "scratch" && !regexp.MustCompile(`:\d+\.\d+\.\d+$`).MatchString(m[1]) {
			t.Errorf("Dockerfile: %s is not pinned", m[1])
		}
		stages = append(stages, m[1])
	}
	last := text[strings.LastIndex(text, "FROM "):]
	if len(stages) < 2 || stages[len(stages)-1] != "scratch" || !strings.Contains(last, "USER 65532:65532") || !strings.Contains(last, "ENTRYPOINT [") {
		t.Errorf("Dockerfile: it ends in\n%s", last)
	}
}

// What is made pins the versions that the portal itself uses, so that it
// builds where the portal was built, without a network.
func TestVersionsAreOurs(t *testing.T) {
	t.Parallel()
	pins := regexp.MustCompile(`(?m)^\t(\S+ v\S+)`)
	ours := pins.FindAllString(read(t, "../..", "go.mod"), -1)
	for i := range ours {
		ours[i] = strings.TrimSpace(ours[i])
	}
	for _, m := range makings {
		for _, f := range trial(t, m).Files {
			if f.Path != "go.mod" {
				continue
			}
			for _, pin := range pins.FindAllStringSubmatch(f.Text, -1) {
				if !slices.Contains(ours, pin[1]) {
					t.Errorf("%s: %s is not the version of our go.mod", m.name(), pin[1])
				}
			}
		}
	}
}

// Parts that paths share are the same in all of them.
func TestSharedParts(t *testing.T) {
	t.Parallel()
	services := []string{"go-rest-api", "go-event-processor", "go-batch-job"}
	for name, paths := range map[string][]string{
		"internal/app/logs.go.njk":                          services,
		"internal/app/traces.go.njk":                        services,
		"policy/deployment.rego.njk":                        services,
		"deploy/kubernetes/base/service-account.yaml.njk":   services,
		".golangci.yml.njk":                                 append(services, "library-go"),
		".editorconfig.njk":                                 append(services, "library-go", "docs-site"),
		"CODEOWNERS.njk":                                    append(services, "library-go", "docs-site"),
		"internal/app/health.go.njk":                        services[:2],
		"deploy/kubernetes/base/disruption-budget.yaml.njk": services[:2],
		"deploy/kubernetes/base/autoscaler.yaml.njk":        services[:2],
	} {
		want := read(t, shipped, filepath.Join(paths[0], "skeleton", name))
		for _, path := range paths[1:] {
			if read(t, shipped, filepath.Join(path, "skeleton", name)) != want {
				t.Errorf("%s of %s differs from that of %s", name, path, paths[0])
			}
		}
	}
}

// Each path says who owns it, what one gets, what it spares and what has
// changed, asks for at most four things to be typed, and every file of its
// skeleton is a template.
func TestEachPathIsComplete(t *testing.T) {
	t.Parallel()
	l, err := scaffold.NewLibrary(os.DirFS(shipped), nothing{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tmpl := range l.Shipped() {
		t.Run(tmpl.Ref.Name, func(t *testing.T) {
			metadata, _ := tmpl.Document()["metadata"].(map[string]any)
			links, _ := metadata["links"].([]any)
			for _, refusal := range catalog.Strict(tmpl.Document(), "url:https://git.example.com/platform-team/paths/blob/main/template.yaml") {
				t.Error(refusal)
			}
			if !tmpl.Strict || tmpl.Owner == "" || tmpl.TimeSaved == "" || len(tmpl.Gets) < 3 || len(tmpl.Tags) < 2 || len(links) == 0 {
				t.Errorf("strict %t, owner %q, saves %q, gets %d, tags %v, links %v", tmpl.Strict, tmpl.Owner, tmpl.TimeSaved, len(tmpl.Gets), tmpl.Tags, links)
			}
			if len(tmpl.Unsupported) > 0 {
				t.Errorf("it uses %v, which are not there", tmpl.Unsupported)
			}
			if tmpl.Changelog(tmpl.Version) == "" {
				t.Errorf("CHANGELOG.md does not speak of %s", tmpl.Version)
			}
			required := 0
			for _, page := range tmpl.Pages {
				var schema struct{ Required []string }
				if err := json.Unmarshal(page.Schema, &schema); err != nil {
					t.Fatal(err)
				}
				required += len(schema.Required)
			}
			if required > 4 {
				t.Errorf("%d answers are required, want at most 4", required)
			}
			skeleton := filepath.Join(shipped, tmpl.Ref.Name, "skeleton")
			err := filepath.WalkDir(skeleton, func(p string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() && filepath.Ext(p) != ".njk" {
					t.Errorf("%s does not end in .njk", p)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
