package scaffold_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

func TestBundle(t *testing.T) {
	t.Parallel()
	files := []scaffold.DryRunFile{
		{Path: "README.md", Data: []byte("# Hello\n")}, {Path: "a b/run.sh", Data: []byte("#!/bin/sh\n"), Executable: true},
		{Path: "open", Data: []byte("no end")}, {Path: "empty", Data: []byte{}}, {Path: "logo.png", Data: []byte("\x89PNG\x00" + strings.Repeat("x", 200))},
		{Path: "tricky", Data: []byte("-- other --\nx\n")}, {Path: "windows.txt", Data: []byte("a\r\nb\r\n")}, {Path: "last", Data: []byte("\n")},
		{Path: "none.bin", Data: []byte{0xff}},
	}
	text := scaffold.Bundle("values: {}\n", files)
	head, got, err := scaffold.Unbundle(text)
	if err != nil || head != "values: {}\n" {
		t.Fatalf("head %q, %v", head, err)
	}
	if diff := cmp.Diff(files, got); diff != "" {
		t.Error(diff)
	}
	if _, _, err := scaffold.Unbundle("-- a [base64] --\n!!!\n"); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("got %v, want the line of what is not base 64", err)
	}
}

func FuzzUnbundle(f *testing.F) {
	f.Add("-- a --\nb\n-- c [executable,open] --\nd")
	f.Fuzz(func(t *testing.T, text string) {
		head, files, err := scaffold.Unbundle(text)
		if err != nil {
			return
		}
		again, back, err := scaffold.Unbundle(scaffold.Bundle("", files))
		if err != nil || again != "" || len(back) != len(files) {
			t.Errorf("%q (head %q) came back as %d files, %v", text, head, len(back), err)
		}
	})
}

// small is a template with its folder.
func small(tests map[string]string) (*scaffold.Template, error) {
	files := fstest.MapFS{"skeleton/catalog-info.yaml": {Data: []byte("name: ${{ values.name }}\n")}, "skeleton/run.sh": {Data: []byte("#!/bin/sh\n"), Mode: 0o755}}
	for name, text := range tests {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	text := strings.Replace(scaffold.NewTemplate, "owner: ${{ parameters.owner }}", "owner: ${{ parameters.owner }}", 1)
	files["template.yaml"] = &fstest.MapFile{Data: []byte(text)}
	return scaffold.Parse([]byte(text), "template.yaml", files)
}

func TestRunCases(t *testing.T) {
	t.Parallel()
	const values = "values: {name: refund-api, owner: 'group:default/payments'}\n"
	const good = values + "-- catalog-info.yaml --\nname: refund-api\n-- run.sh [executable] --\n#!/bin/sh\n"
	for _, tt := range []struct{ name, text, want string }{
		{"good", good, ""},
		{"another text", strings.Replace(good, "name: refund-api\n-- run", "name: other\n-- run", 1), "catalog-info.yaml"},
		{"one file too few", values + "-- catalog-info.yaml --\nname: refund-api\n", "run.sh"},
		{"one file too many", good + "-- more --\n", "more"},
		{"no longer executable", strings.Replace(good, " [executable]", "", 1), "run.sh is executable now."},
		{"refused", "values: {name: x}\nfails: owner\n", ""},
		{"not refused", values + "fails: owner\n", "It should have been refused with owner"},
		{"refused otherwise", "values: {name: x}\nfails: colour\n", "another message"},
		{"unknown key", "valeus: {}\n", "field valeus not found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := small(map[string]string{"tests/one.txt": tt.text, "tests/README.md": "not a case"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := scaffold.New(scaffold.Options{}).RunCases(context.Background(), tmpl)
			if err != nil || len(got) != 1 {
				t.Fatalf("got %v, %v; want one result", got, err)
			}
			said := got[0].Problem
			for _, d := range got[0].Diffs {
				said += d.Path
			}
			if got[0].Passed() != (tt.want == "") || !strings.Contains(said, tt.want) {
				t.Errorf("passed %v, %q; want %q", got[0].Passed(), said, tt.want)
			}
		})
	}
}

func TestAttempt(t *testing.T) {
	t.Parallel()
	_, skeleton, err := scaffold.Unbundle(scaffold.NewSkeleton)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"name": "refund-api", "owner": "group:default/payments"}
	for _, tt := range []struct {
		name, text string
		files      []scaffold.DryRunFile
		want       scaffold.Flaw // Message: a part of it
		made       int
	}{
		{"good", scaffold.NewTemplate, skeleton, scaffold.Flaw{}, 2},
		{"no YAML", "a: [", nil, flaw("template.yaml", 1, "not valid YAML"), 0},
		{"no template", "kind: Component", nil, flaw("template.yaml", 0, "apiVersion"), 0},
		{"undefined in a step", strings.Replace(scaffold.NewTemplate, "parameters.name }}", "parameters.nme }}", 1), skeleton, flaw("template.yaml", 36, "is undefined"), 0},
		{"undefined in a file", scaffold.NewTemplate, []scaffold.DryRunFile{{Path: "skeleton/a.md", Data: []byte("x\n${{ values.nme }}\n")}}, flaw("skeleton/a.md", 2, "is undefined"), 1},
		{"warning", strings.Replace(scaffold.NewTemplate, "  strict: true", "  strict: false", 1), []scaffold.DryRunFile{{Path: "skeleton/a.md", Data: []byte("${{ values.nme }}")}}, flaw("skeleton/a.md", 1, "is undefined"), 1},
		{"no skeleton", scaffold.NewTemplate, nil, flaw("", 0, "skeleton"), 0},
		{"unknown action", strings.Replace(scaffold.NewTemplate, "fetch:template", "fetch:templat", 1), skeleton, flaw("", 0, "fetch:templat"), 0},
		{"bad path", scaffold.NewTemplate, []scaffold.DryRunFile{{Path: "../x"}}, flaw("", 0, "not allowed"), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := scaffold.New(scaffold.Options{}).Attempt(context.Background(), access.Viewer{}, scaffold.Attempt{Text: tt.text, Files: tt.files, Values: values})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Files) != tt.made {
				t.Errorf("%d files, want %d", len(got.Files), tt.made)
			}
			if tt.want.Message == "" {
				if len(got.Flaws) > 0 {
					t.Errorf("flaws %v, want none", got.Flaws)
				}
				return
			}
			if len(got.Flaws) == 0 {
				t.Fatal("no flaw")
			}
			f := got.Flaws[0]
			if f.File != tt.want.File || f.Line != tt.want.Line && tt.want.Line != 0 || !strings.Contains(f.Message, tt.want.Message) || f.Warning != (tt.name == "warning") {
				t.Errorf("got %+v, want %+v", f, tt.want)
			}
		})
	}
	big := []scaffold.DryRunFile{{Path: "a", Data: make([]byte, scaffold.MaxSent)}}
	if _, err := scaffold.New(scaffold.Options{}).Attempt(context.Background(), access.Viewer{}, scaffold.Attempt{Text: "x", Files: big}); err == nil {
		t.Error("more than the limit was tried")
	}
}

func flaw(file string, line int, message string) scaffold.Flaw {
	f := scaffold.Flaw{}
	f.File, f.Line, f.Message = file, line, message
	return f
}
