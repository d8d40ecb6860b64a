package query

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/fault"
)

func TestParseFilters(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		want   Predicate
	}{
		{"no parameter", nil, nil},
		{"only empty parts", []string{"", " , "}, nil},
		{"one equality", []string{"kind=Component"}, In{"kind", []string{"Component"}}},
		{"a comma is and", []string{"kind=API,spec.type=grpc"}, All{In{"kind", []string{"API"}}, In{"spec.type", []string{"grpc"}}}},
		{"a parameter is or", []string{"kind=API", "kind=User"}, Any{In{"kind", []string{"API"}}, In{"kind", []string{"User"}}}},
		{"the same key is in", []string{"kind=a,x=1,kind=b"}, All{In{"kind", []string{"a", "b"}}, In{"x", []string{"1"}}}},
		{"key alone exists", []string{"metadata.annotations.a.b/c"}, Exists{"metadata.annotations.a.b/c", true}},
		{"a value beside the key alone counts", []string{"a,a=1"}, In{"a", []string{"1"}}},
		{"key alone after a value", []string{"a=1,a"}, In{"a", []string{"1"}}},
		{"empty text", []string{"a="}, In{"a", []string{""}}},
		{"trimmed", []string{"  a = b c , d "}, All{In{"a", []string{"b c"}}, Exists{"d", true}}},
		{"the first equals sign splits", []string{"a=b=c"}, In{"a", []string{"b=c"}}},
		{"operators are no operators here", []string{"$all=1"}, In{"$all", []string{"1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseFilters(c.values)
			if diff := cmp.Diff(got, c.want); diff != "" || err != nil {
				t.Errorf("%v, got - want +:\n%s", err, diff)
			}
		})
	}
}

func TestParseFiltersRefuses(t *testing.T) {
	for _, v := range []string{"=x", " = x", "a=1,=2", strings.Repeat("=ä", 200)} {
		if p, err := ParseFilters([]string{"ok=1", v}); !fault.Is(err, fault.Invalid) || p != nil {
			t.Errorf("%q: %v, %v; want Invalid", v, p, err)
		}
	}
}

func FuzzParseFilters(f *testing.F) {
	for _, s := range []string{"kind=a,b", "a=", "=", ",,", "a=b=c,a", "\xff=\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseFilters([]string{s})
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%v is no refusal", err)
			}
			return
		}
		again, err := ParseFilters([]string{s, s})
		if err != nil || (p == nil) != (again == nil) {
			t.Fatalf("twice: %v, %v", again, err)
		}
		roundTrip(t, p)
	})
}

// roundTrip checks that a cursor brings a predicate back as it was.
func roundTrip(t *testing.T, p Predicate) {
	t.Helper()
	text, err := EncodeCursor(Request{Where: p}, Position{At: []Mark{{}}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r, _, _, err := OpenCursor(text)
	if err != nil || Key(r.Where) != Key(p) {
		t.Fatalf("cursor of %s brings %s, %v", Key(p), Key(r.Where), err)
	}
}
