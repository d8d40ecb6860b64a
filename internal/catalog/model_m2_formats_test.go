package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// M2: formats.
func TestM2Formats(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, c := range []struct {
		rule string
		ok   func(string) bool
		good []string
		bad  []string
	}{
		{"name", isObjectName, []string{"a", "A", "a--b", "a.b_c-D", "1", long[:63]}, []string{"", "-a", "a-", "a b", "ä", long}},
		{"namespace", isDNSLabel, []string{"a", "a-b", "a--b", "1"}, []string{"", "A", "-a", "a-", "a.b", "a_b", long}},
		{"kind", isKind, []string{"A", "a1", "AiResource"}, []string{"", "1a", "a-b", "a.b", long}},
		{"apiVersion", isAPIVersion, []string{"v1", "backstage.io/v1alpha1", "a.b-c/V1"}, []string{"", "/v1", "a/", "a/b/c", "A.io/v1", "a/v-1"}},
		{"key", isAnnotationKey, []string{"a", "A_b", "x.io/a", "x.io/A.b"}, []string{"", "a/b/c", "Upper.com/x", "/a", "a/"}},
		{"label value", isLabelValue, []string{"", "a", "A.b"}, []string{"a b", "-a", long}},
		{"tag", isTag, []string{"c#", "c++", "a:b", "a-b", "1"}, []string{"", "Java", "a_b", "a--b", "-a", "a-", long}},
		{"url", isURL, []string{"https://x", "mailto:a@b", "http://x/y?z"}, []string{"", "foo", "/x", "://x"}},
	} {
		for _, s := range c.good {
			if !c.ok(s) {
				t.Errorf("%s refuses %q", c.rule, s)
			}
		}
		for _, s := range c.bad {
			if c.ok(s) {
				t.Errorf("%s accepts %q", c.rule, s)
			}
		}
	}
}

// M2: each rule is applied to its field, with its line.
func TestM2Metadata(t *testing.T) {
	for _, c := range []struct {
		name, meta string
		want       []string
	}{
		{"no name", "title: a", []string{"error envelope metadata.name:3"}},
		{"bad name", "name: -a", []string{"error field metadata.name:4"}},
		{"upper-case namespace", "name: a\n  namespace: Team", []string{"error field metadata.namespace:5"}},
		{"empty title", "name: a\n  title: ''", []string{"error field metadata.title:5"}},
		{"null description", "name: a\n  description: null", []string{"error field metadata.description:5"}},
		{"tags null", "name: a\n  tags:", []string{"error field metadata.tags:5"}},
		{"bad tag", "name: a\n  tags:\n  - go\n  - Java", []string{"error field metadata.tags[1]:7"}},
		{"bad link", "name: a\n  links:\n  - url: foo", []string{"error field metadata.links[0].url:6"}},
		{"link that is a script", "name: a\n  links:\n  - url: javascript:alert(1)", []string{"warning field metadata.links[0].url:6"}},
		{"blank link title", "name: a\n  links:\n  - url: https://x\n    title: ' '", []string{"error field metadata.links[0].title:7"}},
		{"bad label", "name: a\n  labels: {a/b/c: x, ok: 'not ok'}", []string{"error field metadata.labels.a/b/c:5", "error field metadata.labels.ok:5"}},
		{"null annotation", "name: a\n  annotations:\n    x:", []string{"error field metadata.annotations.x:6"}},
		{"keys that differ in case only", "name: a\n  annotations: {x: '1', X: '2'}", []string{"error field metadata.annotations.x:5"}},
		{"number as label", "name: a\n  labels: {x: 1}", []string{"error field metadata.labels.x:5"}},
		{"list as annotation", "name: a\n  annotations: {x: [1]}", []string{"error field metadata.annotations.x:5"}},
		{"labels null", "name: a\n  labels:", []string{"error field metadata.labels:5"}},
		{"links null", "name: a\n  links:", []string{"error field metadata.links:5"}},
		{"link without url", "name: a\n  links:\n  - title: x", []string{"error field metadata.links[0].url:6"}},
		{"link that is text", "name: a\n  links: ['https://x']", []string{"error field metadata.links[0].url:5"}},
		{"number as name", "name: 7", []string{"error field metadata.name:4"}},
		{"name of 64 letters", "name: " + strings.Repeat("a", 64), []string{"error field metadata.name:4"}},
		{"uid is the catalog's to give", "name: a\n  uid: x", []string{"warning field metadata.uid:5"}},
		{"orphan is the catalog's to say", "name: a\n  annotations: {backstage.io/orphan: 'true'}", []string{"warning field metadata.annotations.backstage.io/orphan:5"}},
		{"keys of metadata that differ in case only", "name: a\n  Name: b", []string{"error field metadata.name:4"}},
		{"more keys are welcome", "name: a\n  anything: [1, {b: 2}]", nil},
		{"true as annotation", "name: a\n  annotations: {x: true, y: 1, z: 2026-01-02}", []string{"warning field metadata.annotations.x:5", "warning field metadata.annotations.y:5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parseOne(t, head+"kind: Domain\nmetadata:\n  "+c.meta+"\nspec: {owner: o}\n", File{})
			got := said(d)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
