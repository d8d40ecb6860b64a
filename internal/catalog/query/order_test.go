package query

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/fault"
)

func TestOrders(t *testing.T) {
	for _, c := range []struct {
		name  string
		parse func([]string) ([]Order, error)
		in    []string
		want  []Order // nil with some in: refused
	}{
		{"both directions", ParseOrder, []string{"asc:metadata.name", "desc:spec.type"}, []Order{{"metadata.name", false}, {"spec.type", true}}},
		{"a colon in the field", ParseOrder, []string{"asc:a:b"}, []Order{{"a:b", false}}},
		{"no direction", ParseOrder, []string{"metadata.name"}, nil},
		{"another direction", ParseOrder, []string{"up:metadata.name"}, nil},
		{"no field", ParseOrder, []string{"asc:"}, nil},
		{"one bad among good", ParseOrder, []string{"asc:a", "b"}, nil},
		{"field alone", ParseOrderField, []string{"metadata.name"}, []Order{{"metadata.name", false}}},
		{"descending", ParseOrderField, []string{"metadata.name,desc"}, []Order{{"metadata.name", true}}},
		{"only the first", ParseOrderField, []string{"a,asc", "b,desc"}, []Order{{"a", false}}},
		{"a bad direction", ParseOrderField, []string{"a,up"}, nil},
		{"an empty direction", ParseOrderField, []string{"a,"}, nil},
		{"no name", ParseOrderField, []string{",asc"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.parse(c.in)
			if diff := cmp.Diff(got, c.want); diff != "" || (err != nil) != (c.want == nil) || err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("%v, got - want +:\n%s", err, diff)
			}
		})
	}
	for _, parse := range []func([]string) ([]Order, error){ParseOrder, ParseOrderField} {
		if got, err := parse(nil); got != nil || err != nil {
			t.Errorf("nothing gives %v, %v", got, err)
		}
	}
}
