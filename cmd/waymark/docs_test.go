package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	docscontent "github.com/waymark-portal/waymark/docs-content"
	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/docs"
	"github.com/waymark-portal/waymark/internal/search"
)

var update = flag.Bool("update", false, "write the generated pages")

// Our own docs pass our own checker, down to the last remark.
func TestOwnDocsPassTheChecker(t *testing.T) {
	s, err := docs.Open(docs.Root{Ref: ownDocs, Title: "Waymark", FS: docscontent.FS})
	if err != nil {
		t.Fatal(err)
	}
	found, err := docs.New(nil).Check(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found {
		t.Errorf("%s:%d: %s: %s", p.Page, p.Line, p.Rule, p.Message)
	}
}

func TestDocsCheckCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, body string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("docs/index.md", "# Fine\n\n[here](#fine)\n")
	var out bytes.Buffer
	if err := checkDocs(&out, dir); err != nil || !strings.Contains(out.String(), "1 pages, 0 broken") {
		t.Errorf("good docs: %v\n%s", err, &out)
	}
	write("docs/index.md", "# Bad\n\n[gone](gone.md)\n")
	out.Reset()
	if err := checkDocs(&out, dir); err != exitCode(1) || !strings.Contains(out.String(), "broken: index.md:3: ") {
		t.Errorf("bad docs: %v\n%s", err, &out)
	}
	if err := checkDocs(&out, filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there passes")
	}
}

// wired is the whole portal on an empty database.
func wired(t *testing.T) *app {
	t.Helper()
	cfg, err := config.Load(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = t.TempDir()
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	a, err := open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a
}

func page(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(docscontent.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const actionsHead = `---
title: Actions
description: Everything that changes something, with its input.
---
# Actions

` + "`POST /api/v1/actions/{name}`" + ` with the input as body. Inputs in bold are required; the full schemas stand in
[/api/v1/openapi.json](/api/v1/openapi.json). The name of an action is also the [permission](roles.md) that it needs, on the owner of what it
changes. Answers and errors are those of the [REST API](api.md).

This page is generated from the registry of actions.

| action | what it does | input |
|---|---|---|
`

// The page of actions says what the registry holds.
func TestActionsPage(t *testing.T) {
	want := actionsHead
	for _, d := range wired(t).actions.All() {
		want += fmt.Sprintf("| `%s` | %s | %s |\n", d.Name, cmp.Or(d.Summary, d.Title+"."), inputs(t, d))
	}
	const file = "../../docs-content/reference/actions.md"
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./cmd/waymark -run ActionsPage -update", file)
	}
}

// inputs lists the properties of an action's schema, required ones first.
func inputs(t *testing.T, d action.Def) string {
	t.Helper()
	var s struct {
		Required   []string                   `json:"required"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if len(d.Schema) > 0 {
		if err := json.Unmarshal(d.Schema, &s); err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
	}
	names := slices.SortedFunc(maps.Keys(s.Properties), func(a, b string) int {
		first := func(n string) int {
			if slices.Contains(s.Required, n) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(first(a), first(b)), strings.Compare(a, b))
	})
	for i, n := range names {
		if slices.Contains(s.Required, n) {
			names[i] = "**" + n + "**"
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// The page of commands names every command that people run, and no other.
func TestCommandsPage(t *testing.T) {
	text := page(t, "reference/commands.md")
	real := map[string]bool{}
	for _, c := range rootCommand().Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		real[c.Name()] = true
		if !strings.Contains(text, "`waymark "+c.Name()) {
			t.Errorf("waymark %s is not described", c.Name())
		}
	}
	for _, m := range regexp.MustCompile("`waymark ([a-z]+)").FindAllStringSubmatch(text, -1) {
		if !real[m[1]] {
			t.Errorf("waymark %s is described and does not exist", m[1])
		}
	}
}

// The page of roles names every role that is shipped.
func TestRolesPage(t *testing.T) {
	text := page(t, "reference/roles.md")
	for name := range wired(t).roles.Roles {
		if !strings.Contains(text, "\n| "+name+" |") {
			t.Errorf("the role %s is not described", name)
		}
	}
}

// Every direct dependency stands on its page with a reason.
func TestDependenciesPage(t *testing.T) {
	text := page(t, "reference/dependencies.md")
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t([^\s]+\.[^\s]+) v[^\s]+$`).FindAllStringSubmatch(string(mod), -1) {
		direct[m[1]] = true
		if !regexp.MustCompile("(?m)^\\| `" + regexp.QuoteMeta(m[1]) + "` \\| [^|]{10,} \\|").MatchString(text) {
			t.Errorf("%s has no row with a reason", m[1])
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(text, -1) {
		if !direct[m[1]] {
			t.Errorf("%s has a row and is no direct dependency", m[1])
		}
	}
}

// What the product promises about environments stands in the docs in its words.
func TestPromiseIsWordForWord(t *testing.T) {
	spec, err := os.ReadFile("../../../shared/specs/provisioning.md")
	if err != nil {
		t.Skip("the specification is not here:", err)
	}
	_, promise, ok := strings.Cut(string(spec), "**What is promised, in these words, on the page and in the docs**: ")
	if !ok {
		t.Fatal("the specification has no promise")
	}
	promise, _, _ = strings.Cut(promise, "\n\n")
	one := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	if !strings.Contains(one(page(t, "platform-guides/environments.md")), one(promise)) {
		t.Error("the promise in platform-guides/environments.md is not that of the specification")
	}
}

// What the portal offers is found, and leads to where it is done.
func TestOfferedIsFound(t *testing.T) {
	a := wired(t)
	for name := range actionPages {
		if _, err := a.actions.Lookup(name); err != nil {
			t.Errorf("the page of %s: %v", name, err)
		}
	}
	if err := a.indexOffered(t.Context()); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"sandbox": "/blueprints/sandbox", "launch environment": "/blueprints", "create-token": "/settings/tokens"} {
		r, err := a.store.Search(t.Context(), access.Viewer{}, search.Query{Text: text})
		if err != nil || len(r.Items) == 0 || r.Items[0].URL != want {
			t.Errorf("%q: %+v (%v), want %s first", text, r.Items, err, want)
		}
	}
}

// The page of the API names every read there is, and no other.
func TestAPIPage(t *testing.T) {
	e := echo.New()
	wired(t).mount(mounts{Pages: e.Group(""), API: e.Group("/api/v1"), Root: e.Group(""), Large: e.Group(""), Hooks: e.Group("/hooks"), Git: e.Group("/git"), Public: e.Group("")})
	text := page(t, "reference/api.md")
	_, table, _ := strings.Cut(text, "## Reads")
	table, _, _ = strings.Cut(table, "### Search")
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("`(/[^`]*)`").FindAllStringSubmatch(table, -1) {
		told[m[1]] = true
	}
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range e.Routes() {
		path, ok := strings.CutPrefix(r.Path, "/api/v1")
		if !ok || r.Method != http.MethodGet || path == "" || strings.Contains(path, "*") {
			continue
		}
		path = parameter.ReplaceAllString(path, "{$1}")
		if !told[path] {
			t.Errorf("GET %s is not described", path)
		}
		delete(told, path)
	}
	for path := range told {
		t.Errorf("GET %s is described and does not exist", path)
	}
}
