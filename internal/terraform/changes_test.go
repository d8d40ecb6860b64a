package terraform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
)

func TestChanges(t *testing.T) {
	plan := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		{Address: "b.new", Mode: tfjson.ManagedResourceMode, Type: "b", Name: "new", Change: &tfjson.Change{
			Actions:      tfjson.Actions{tfjson.ActionCreate},
			After:        map[string]any{"id": "env-x", "size": "small", "password": "hunter2", "tags": map[string]any{"a": "b"}},
			AfterUnknown: map[string]any{"url": true}, AfterSensitive: map[string]any{"password": true},
		}},
		{Address: "a.old", Mode: tfjson.ManagedResourceMode, Type: "a", Name: "old", Change: &tfjson.Change{
			Actions: tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate},
			Before:  map[string]any{"name": "x", "same": true}, After: map[string]any{"name": "y", "same": true},
			ReplacePaths: []any{[]any{"name"}},
		}},
		{Address: "c.same", Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionNoop}}},
		{Address: "data.d.e", Mode: tfjson.DataResourceMode, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionRead}}},
		{Address: "e.back", Mode: tfjson.ManagedResourceMode, Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionNoop}, Importing: &tfjson.Importing{ID: "1"}}},
	}}
	want := []Change{
		{Address: "a.old", Type: "a", Name: "old", Action: "replace", Attributes: []Attribute{{Name: "name", Before: "x", After: "y", Replaces: true}}},
		{Address: "b.new", Type: "b", Name: "new", Action: "create", PlannedID: "env-x", Attributes: []Attribute{
			{Name: "id", After: "env-x"}, {Name: "password", Sensitive: true}, {Name: "size", After: "small"},
			{Name: "tags", After: `{"a":"b"}`}, {Name: "url", Unknown: true}}},
		{Address: "e.back", Action: "import"},
	}
	if diff := cmp.Diff(want, Changes(plan)); diff != "" {
		t.Error(diff)
	}
}

func TestImportBlocksAreNoTemplates(t *testing.T) {
	got := importBlocks([]Found{{Address: `a.b["x"]`, ID: `${path.root}"%{ if true }`}})
	want := "import {\n  to = a.b[\"x\"]\n  id = \"$${path.root}\\\"%%{ if true }\"\n}\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLongValuesAreCut(t *testing.T) {
	if got := shown(strings.Repeat("ä", 600)); len([]rune(got)) != maxShown+1 {
		t.Errorf("kept %d characters", len([]rune(got)))
	}
}
