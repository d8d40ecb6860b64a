package catalog

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The estimate is near what the parser finds, so that nothing is refused that
// fits, nor let through that is far too much.
func TestMeasureIsNearTheTruth(t *testing.T) {
	list := func(unit string, n int) string { return "a:\n" + strings.Repeat(unit, n) }
	for name, text := range map[string]string{
		"list":               list("  - 1\n", 500),
		"list in a list":     list("  - - 1\n    - 2\n", 300),
		"objects":            list("  - a: 1\n    b: 2\n", 300),
		"brackets":           "a: [" + strings.Repeat("1, ", 500) + "1]\n",
		"objects in braces":  "a: [" + strings.Repeat("{a: 1, b: [x]}, ", 200) + "1]\n",
		"quotes":             list("  - \"a, b: [c] - d\"\n", 300),
		"single quotes":      list("  - 'it''s, a: [b'\n", 300),
		"quotes over lines":  list("  - \"a: 1\n    - b, c\"\n", 300),
		"quotes in brackets": "a: [" + strings.Repeat("'x, y: [z', \"a\\\", b\", ", 200) + "1]\n",
		"text blocks":        list("  - |\n    - a: [b, c]\n    - d\n", 200),
		"blocks of keys":     list("  - t: |\n      - a, b\n    u: >-\n      x: y\n", 200),
		"comments":           list("  - 1 # a, b: [c]\n  # - d: e\n", 200),
		"anchors and tags":   list("  - &x !!str 1\n", 300),
		"keys of their own":  strings.Repeat("k", 3) + ": 1\n" + list("  ? x\n", 1),
		"addresses":          list("  - https://x/y?a,b:c\n", 300),
		"JSON":               "{" + strings.TrimSuffix(strings.Repeat("\"a\": [1,2,{\"b\":null}],\n", 1), ",\n") + "}",
		"windows":            strings.ReplaceAll(list("  - a: 1\n    b: |\n      c: d\n", 200), "\n", "\r\n"),
	} {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(text), &n); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, want := (&measure{text: []byte(text)}).values(), nodes(&n)
		if got < want/2-3 || got > want*2+3 {
			t.Errorf("%s: estimated %d, there are %d", name, got, want)
		}
	}
}

func nodes(n *yaml.Node) int {
	count := 1
	for _, c := range n.Content {
		count += nodes(c)
	}
	return count
}
