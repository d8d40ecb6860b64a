package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldChangesTellBothSides(t *testing.T) {
	was := []byte(`{"metadata":{"name":"a","tags":["go"],"annotations":{"x.io/a":"1"}},"spec":{"owner":"one","definition":"` + strings.Repeat("ü", 400) + `"}}`)
	is := []byte(`{"metadata":{"name":"a","tags":["go","pci"],"annotations":{"x.io/a":"2"}},"spec":{"owner":"two","system":"s"}}`)
	got := fieldChanges(was, is, changedFields(was, is))
	want := []FieldChange{{"metadata.annotations.x.io/a", "1", "2"}, {"metadata.tags", "- go", "- go\n- pci"},
		{"spec.definition", strings.Repeat("ü", 300) + "…", ""}, {"spec.owner", "one", "two"}, {"spec.system", "", "s"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
}
