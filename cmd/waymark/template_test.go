package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/scaffold"
)

// runCommand runs waymark with arguments and returns what it prints.
func runCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := rootCommand()
	root.SetOut(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// ownTemplate writes the template that the workshop begins with, and a case.
func ownTemplate(t *testing.T, recorded string) string {
	t.Helper()
	dir := t.TempDir()
	_, files, err := scaffold.Unbundle(scaffold.NewSkeleton)
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, scaffold.DryRunFile{Path: "template.yaml", Data: []byte(scaffold.NewTemplate)})
	if recorded != "" {
		files = append(files, scaffold.DryRunFile{Path: "tests/one.txt", Data: []byte(recorded)})
	}
	to := filepath.Join(dir, "template")
	if err := writeFiles(to, files); err != nil {
		t.Fatal(err)
	}
	return to
}

const recordedValues = "values:\n  name: refund-api\n  owner: group:default/payments\n"

func TestTemplateTest(t *testing.T) {
	dir := ownTemplate(t, recordedValues+"-- README.md --\n# other\n")
	out, err := runCommand(t, "template", "test", dir)
	if err == nil || !strings.Contains(out, "FAILED  tests/one.txt") || !strings.Contains(out, "+# refund-api") || !strings.Contains(out, "catalog-info.yaml was made") {
		t.Errorf("a case that fails: %v\n%s", err, out)
	}
	if out, err = runCommand(t, "template", "test", "--update", dir); err != nil || !strings.Contains(out, "written tests/one.txt") {
		t.Errorf("update: %v\n%s", err, out)
	}
	if out, err = runCommand(t, "template", "test", dir); err != nil || out != "ok      tests/one.txt\n" {
		t.Errorf("after the update: %v\n%s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "tests", "one.txt"))
	if err != nil || !strings.HasPrefix(string(b), recordedValues+"-- README.md --\n# refund-api\n") {
		t.Errorf("recorded %v:\n%s", err, b)
	}
	if _, err = runCommand(t, "template", "test", "--case", "two", dir); err == nil || !strings.Contains(err.Error(), `no case "two"`) {
		t.Errorf("a case that is not there: %v", err)
	}
	if _, err = runCommand(t, "template", "test", ownTemplate(t, "")); err == nil || !strings.Contains(err.Error(), "no recorded case") {
		t.Errorf("a template without cases: %v", err)
	}
	if out, err = runCommand(t, "template", "test", "--update", ownTemplate(t, "values: {}\n")); err == nil || !strings.Contains(out, "FAILED") {
		t.Errorf("values that are refused were recorded: %v\n%s", err, out)
	}
}

func TestTemplateDryRun(t *testing.T) {
	dir := ownTemplate(t, "")
	values := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(values, []byte("name: refund-api\nowner: group:default/payments\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "made")
	out, err := runCommand(t, "template", "dry-run", dir, "--values", values, "--output", to)
	if err != nil || !strings.Contains(out, "README.md") {
		t.Errorf("%v\n%s", err, out)
	}
	if b, err := os.ReadFile(filepath.Join(to, "README.md")); err != nil || !strings.HasPrefix(string(b), "# refund-api\n") {
		t.Errorf("README.md is %q, %v", b, err)
	}
	if _, err := runCommand(t, "template", "dry-run", dir, "--values", values, "--output", to); err == nil {
		t.Error("files were written over")
	}
	if out, err := runCommand(t, "template", "dry-run", dir); err == nil || !strings.Contains(out, "error: ") {
		t.Errorf("without values: %v\n%s", err, out)
	}
	if out, err := runCommand(t, "template", "show", dir); err != nil || !strings.Contains(out, "EntityNamePicker") {
		t.Errorf("show: %v\n%s", err, out)
	}
	if _, err := runCommand(t, "template", "show", filepath.Join(dir, "nothing")); err == nil {
		t.Error("a folder that is not there was shown")
	}
	if out, err := runCommand(t, "template", "list"); err != nil || !strings.Contains(out, "go-rest-api") {
		t.Errorf("list: %v\n%s", err, out)
	}
}
