package catalog

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A small file must not make the portal hold a large one a thousand times, nor
// bring more values by a placeholder than it may hold itself.
func TestPlaceholdersAreBounded(t *testing.T) {
	const head = "apiVersion: backstage.io/v1alpha1\nkind: API\nmetadata: {name: a}\nspec:\n  type: x\n  lifecycle: x\n  owner: x\n  definition: x\n"
	for name, c := range map[string]struct {
		spec string
		file []byte
		most int // how often the file may be read
	}{
		"one file, many aliases": {"  a: &a {$text: ./f}\n  b: [" + strings.Repeat("*a, ", 1000) + "*a]\n", bytes.Repeat([]byte("x"), maxFileBytes/8), 10},
		"many values as JSON":    {"  a: {$json: ./f}\n", []byte("[" + strings.Repeat("[],", maxNodes) + "[]]"), 1},
		"deep JSON":              {"  a: {$json: ./f}\n", []byte(strings.Repeat("[", 500) + strings.Repeat("]", 500)), 1},
		"many YAML files":        {"  a: &a {$yaml: ./f}\n  b: [" + strings.Repeat("*a, ", 1000) + "*a]\n", []byte("[" + strings.Repeat("1, ", 2000) + "1]"), 110},
	} {
		t.Run(name, func(t *testing.T) {
			reads := 0
			docs := Parse(File{Source: "url:s", Path: "f.yaml", Location: "url:s", Data: []byte(head + c.spec), Read: func(string) ([]byte, error) {
				reads++
				return c.file, nil
			}})
			if len(docs) != 1 || docs[0].Entity != nil || len(docs[0].Problems) == 0 || docs[0].Problems[0].Code != "limit" {
				t.Fatalf("got %s, want one document with the problem limit", short(docs))
			}
			if reads > c.most {
				t.Errorf("the file was read %d times, want at most %d", reads, c.most)
			}
		})
	}
}

func short(docs []Document) string {
	out := ""
	for _, d := range docs {
		out += fmt.Sprintf("[%v entity=%v %.200v]", d.Ref, d.Entity != nil, d.Problems)
	}
	return out
}
