package query

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/fault"
)

const pruned = `{"apiVersion":"v1","kind":"Component","metadata":{"annotations":{"backstage.io/techdocs-ref":"dir:.","a":{"b":1},"a.b":2},"name":"x","gone":null},"relations":[{"type":"ownedBy"}],"spec":{"type":"service","deep":{"one":{"two":3}}}}`

func TestPrune(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"no fields", nil, pruned},
		{"empty parts", []string{"", " , "}, pruned},
		{"repeated and with commas", []string{"kind,spec.type", " metadata.name "}, `{"kind":"Component","metadata":{"name":"x"},"spec":{"type":"service"}}`},
		{"a whole object", []string{"spec.deep"}, `{"spec":{"deep":{"one":{"two":3}}}}`},
		{"a whole object and a part of it", []string{"spec.deep", "spec.deep.one.two"}, `{"spec":{"deep":{"one":{"two":3}}}}`},
		{"a list is whole", []string{"relations"}, `{"relations":[{"type":"ownedBy"}]}`},
		{"a dot inside a key", []string{"metadata.annotations.backstage.io/techdocs-ref"}, `{"metadata":{"annotations":{"backstage.io/techdocs-ref":"dir:."}}}`},
		{"the shortest segment counts", []string{"metadata.annotations.a.b"}, `{"metadata":{"annotations":{"a":{"b":1}}}}`},
		{"nothing there", []string{"spec.none", "none.at.all", "kind.of"}, `{}`},
		{"a null is there", []string{"metadata.gone"}, `{"metadata":{"gone":null}}`},
		{"letter case counts", []string{"Kind"}, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ParseFields(c.fields)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Prune(json.RawMessage(pruned))
			if diff := cmp.Diff(string(got), c.want); diff != "" || err != nil {
				t.Errorf("%v, got - want +:\n%s", err, diff)
			}
		})
	}
	if _, err := ParseFields([]string{"kind,spec.steps[0]"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a bracket gives %v; want Invalid", err)
	}
	if _, err := (Fields{"kind"}).Prune(json.RawMessage(`{"kind":`)); err == nil {
		t.Error("half an entity is pruned without an error")
	}
}

func FuzzPrune(f *testing.F) {
	f.Add("kind,metadata.annotations.backstage.io/techdocs-ref")
	f.Add("metadata.annotations.a.b,metadata,..,.")
	f.Fuzz(func(t *testing.T, s string) {
		fields, err := ParseFields([]string{s})
		if err != nil {
			return
		}
		got, err := fields.Prune(json.RawMessage(pruned))
		if err != nil || !json.Valid(got) {
			t.Fatalf("%q: %s, %v", s, got, err)
		}
		again, err := fields.Prune(got)
		if err != nil || len(again) > len(got) {
			t.Fatalf("%q: pruned again %s, %v", s, again, err)
		}
	})
}

func BenchmarkPrune(b *testing.B) {
	f := Fields{"kind", "metadata.name", "metadata.annotations.backstage.io/techdocs-ref"}
	for b.Loop() {
		if _, err := f.Prune(json.RawMessage(pruned)); err != nil {
			b.Fatal(err)
		}
	}
}
