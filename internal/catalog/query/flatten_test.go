package query

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestFlatten(t *testing.T) {
	long := strings.Repeat("ä", MaxValue)
	body := `{"apiVersion":"v1","kind":"Component","attachments":{"a":"b"},"relations":[{"type":"x"}],"status":{"a":"b"},
		"metadata":{"name":"Ledger","uid":"other","etag":"e","annotations":{"Example.com/A":"B"},"tags":["Go","go",""],"labels":{},"gone":null,"nul":"a\u0000b",
			"fits":"` + long + `","long":"` + long + `x","links":[{"url":"u"},{"url":"U","n":[1,"one",null]}]},
		"spec":{"port":8080,"ratio":1.50,"big":12345678901234567890,"open":true,"` + strings.Repeat("k", MaxKey-5) + `":1,"` + strings.Repeat("k", MaxKey-4) + `":2}}`
	got, err := Flatten([]byte(body), "uid-1", func(yield func(string, string) bool) {
		yield("ownedBy", "group:default/a")
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Term{
		{"apiversion", "v1", "v1", Plain}, {"kind", "component", "Component", Plain},
		{"metadata.annotations.example.com/a", "b", "B", Plain}, {"metadata.fits", long, long, Plain},
		{"metadata.gone", "", "", Null}, {"metadata.links.n", "", "", Null}, {"metadata.links.n", "1", "1", Plain}, {"metadata.links.n", "one", "one", Listed},
		{"metadata.links.url", "u", "U", Plain}, {"metadata.links.url", "u", "u", Plain}, {"metadata.long", "", "", Null}, {"metadata.name", "ledger", "Ledger", Plain},
		{"metadata.namespace", "default", "default", Plain}, {"metadata.nul", "a\uFFFDb", "a\uFFFDb", Plain},
		{"metadata.tags", "", "", Listed}, {"metadata.tags", "go", "Go", Listed}, {"metadata.tags", "go", "go", Listed},
		{"metadata.uid", "uid-1", "uid-1", Plain}, {"relations.ownedby", "group:default/a", "group:default/a", Plain},
		{"spec.big", "12345678901234567890", "12345678901234567890", Plain}, {"spec." + strings.Repeat("k", MaxKey-5), "1", "1", Plain},
		{"spec.open", "true", "true", Plain}, {"spec.port", "8080", "8080", Plain}, {"spec.ratio", "1.5", "1.5", Plain},
	}
	order := func(a, b Term) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Value, b.Value), strings.Compare(a.Text, b.Text), cmp.Compare(a.Form, b.Form))
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if diff := gocmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
	if _, err := Flatten([]byte(`{`), "u", func(func(string, string) bool) {}); err == nil {
		t.Error("half an entity is flattened without an error")
	}
}

func FuzzFlatten(f *testing.F) {
	f.Add([]byte(`{"a":[[{"b":["c",1,null]}]],"metadata":{"tags":["x"]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		terms, err := Flatten(body, "u", func(func(string, string) bool) {})
		if err != nil {
			return
		}
		for _, term := range terms {
			if TooLong(term.Key) || term.Key != Fold(term.Key) || term.Value != Fold(term.Text) {
				t.Fatalf("term %+v", term)
			}
		}
	})
}
