package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVisibilityRulesNameTheirKey(t *testing.T) {
	tests := []struct {
		name, rule, want string
	}{
		{"no name", `{match: {kind: api}, visible_to: {roles: [admin]}}`, "catalog.visibility[0]: name: is missing"},
		{"twice", "{name: a, match: {kind: api}, visible_to: {roles: [admin]}}\n    - {name: a, match: {tag: x}, visible_to: {groups: hr}}", "catalog.visibility[1] (a): name: is used twice"},
		{"nothing to match", `{name: a, visible_to: {roles: [admin]}}`, "catalog.visibility[0] (a): match: names no kind"},
		{"nobody", `{name: a, match: {kind: api}}`, "catalog.visibility[0] (a): visible_to: names no roles"},
		{"an empty tag", `{name: a, match: {tag: ["x", ""]}, visible_to: {roles: admin}}`, "catalog.visibility[0] (a): match.tag: has an empty value"},
		{"an unknown key", `{name: a, match: {tags: [x]}, visible_to: {roles: admin}}`, "field tags not found"},
		{"an unknown key of the rule", `{name: a, hidden: true, match: {tag: x}, visible_to: {roles: admin}}`, "field hidden not found"},
		{"a list in a list", `{name: a, match: {tag: [[x]]}, visible_to: {roles: admin}}`, "cannot unmarshal"},
		{"all well", `{name: a, reason: because, match: {kind: [API, resource], tag: x, owner: hr, namespace: default}, visible_to: {roles: [admin], groups: hr}}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "waymark.yaml")
			if err := os.WriteFile(path, []byte("catalog:\n  visibility:\n    - "+tt.rule+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := Load(func(key string) string { return map[string]string{"WAYMARK_CONFIG": path}[key] })
			if err == nil {
				err = c.Check()
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestThereAreNotTooManyVisibilityRules(t *testing.T) {
	rules := make([]VisibilityRule, MaxVisibility+1)
	for i := range rules {
		rules[i] = VisibilityRule{Name: strings.Repeat("x", i+1), Match: VisibleMatch{Tag: OneOrMany{"x"}}, Visible: VisibleTo{Roles: OneOrMany{"admin"}}}
	}
	if errs := checkVisibility(rules[:MaxVisibility]); len(errs) > 0 {
		t.Errorf("%d rules: %v", MaxVisibility, errs)
	}
	if errs := checkVisibility(rules); len(errs) != 1 || !strings.Contains(errs[0].Error(), "may have at most") {
		t.Errorf("%d rules: %v", len(rules), errs)
	}
}
