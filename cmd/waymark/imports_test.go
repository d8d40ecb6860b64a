package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/waymark-portal/waymark/"

// mayImport says what each floor of the house may import of ours; the longest
// matching prefix counts. A name ending in a slash covers what is below it.
var mayImport = map[string][]string{
	"cmd/waymark":     {"web", "handlers", "handlers/", "views/", "store", "internal/", "static", "templates", "templates/", "docs-content"},
	"cmd/platformctl": {"internal/client"},
	"web":             {"handlers", "handlers/", "views/layout", "views/ui", "static", "internal/"},
	"handlers":        {"handlers/respond", "views/", "internal/"},
	"views/ui":        {},
	"views/layout":    {"views/ui"},
	"views/":          {"views/ui", "views/layout", "views/", "internal/"},
	"store":           {"internal/", "store/migrations"},
	"store/storetest": {"store", "store/migrations"},
	"internal/":       {"internal/"},
	"static":          {},
	"templates":       {},
	"docs-content":    {},
	"bench":           {},
}

// leaves import nothing of ours but what is listed.
var leaves = map[string][]string{
	"internal/fault":  {},
	"internal/tx":     {},
	"internal/id":     {},
	"internal/event":  {"internal/fault", "internal/tx", "internal/id"},
	"internal/action": {"internal/fault", "internal/tx", "internal/id", "internal/event"},
	"internal/run":    {"internal/fault", "internal/tx", "internal/id", "internal/event", "internal/action"},
	"internal/form":   {"internal/fault"},
}

// Imports go only down: see the table above. echo stays at the edge.
func TestImportsGoOnlyDown(t *testing.T) {
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path) // both are relative to here
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && rel != "." || slices.Contains([]string{"e2e", "bench", "tools", "bin", "data", "testdata", "node_modules"}, rel)) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			checkImports(t, path, filepath.ToSlash(filepath.Dir(rel)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, path, pkg string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "github.com/labstack/echo") && !strings.HasPrefix(pkg, "web") && !strings.HasPrefix(pkg, "handlers") {
			t.Errorf("%s imports echo; it never leaves web and handlers", path)
		}
		if ours, ok := strings.CutPrefix(name, module); ok && !allowed(pkg, ours) {
			t.Errorf("%s: %s may not import %s", path, pkg, ours)
		}
	}
}

func allowed(pkg, imported string) bool {
	list, ok := leaves[pkg]
	if !ok {
		list = mayImport[floor(pkg)]
	}
	return slices.ContainsFunc(list, func(a string) bool {
		return a == imported || (strings.HasSuffix(a, "/") && strings.HasPrefix(imported, a))
	})
}

// floor is the longest entry of mayImport that covers pkg.
func floor(pkg string) string {
	best := ""
	for name := range mayImport {
		covers := name == pkg || strings.HasPrefix(pkg+"/", strings.TrimSuffix(name, "/")+"/")
		if covers && len(name) > len(best) {
			best = name
		}
	}
	return best
}
