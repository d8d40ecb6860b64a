package query

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/fault"
)

func TestParsePredicate(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      Predicate
	}{
		{"absent", ``, nil},
		{"everything", `{}`, All{}},
		{"a text", `{"kind":"Component"}`, In{"kind", []string{"Component"}}},
		{"a number", `{"spec.port":8080}`, In{"spec.port", []string{"8080"}}},
		{"a number with a useless fraction", `{"spec.port":1.50}`, In{"spec.port", []string{"1.5"}}},
		{"a boolean", `{"spec.open":true}`, In{"spec.open", []string{"true"}}},
		{"two fields", `{"b":"1","a":"2"}`, All{In{"a", []string{"2"}}, In{"b", []string{"1"}}}},
		{"all", `{"$all":[{"a":"1"},{}]}`, All{In{"a", []string{"1"}}, All{}}},
		{"all of nothing", `{"$all":[]}`, All{}},
		{"any of nothing", `{"$any":[]}`, Any{}},
		{"any", `{"$any":[{"a":"1"},{"b":"2"}]}`, Any{In{"a", []string{"1"}}, In{"b", []string{"2"}}}},
		{"not", `{"$not":{"a":"1"}}`, Not{In{"a", []string{"1"}}}},
		{"exists", `{"a":{"$exists":true}}`, Exists{"a", true}},
		{"exists not", `{"a":{"$exists":false}}`, Exists{"a", false}},
		{"in", `{"a":{"$in":["x",1,false]}}`, In{"a", []string{"x", "1", "false"}}},
		{"in nothing", `{"a":{"$in":[]}}`, In{"a", []string{}}},
		{"prefix", `{"a":{"$hasPrefix":"x"}}`, HasPrefix{"a", "x"}},
		{"contains", `{"metadata.tags":{"$contains":"java"}}`, In{"metadata.tags", []string{"java"}}},
		{"a relation", `{"relations":{"$contains":{"type":"ownedBy","targetRef":"group:default/a"}}}`, Related{"ownedBy", []string{"group:default/a"}}},
		{"a relation to one of", `{"relations":{"$contains":{"type":"ownedBy","targetRef":{"$in":["a:b/c","d:e/f"]}}}}`, Related{"ownedBy", []string{"a:b/c", "d:e/f"}}},
		{"a relation to anything", `{"relations":{"$contains":{"type":"ownedBy"}}}`, Related{"ownedBy", nil}},
		{"a relation to one of none", `{"relations":{"$contains":{"type":"ownedBy","targetRef":{"$in":[]}}}}`, Any{}},
		{"the first operator survives", `{"a":{"$hasPrefix":"p","$contains":"c","$in":["i"],"$exists":true}}`, Exists{"a", true}},
		{"in before contains", `{"a":{"$contains":"c","$in":["i"]}}`, In{"a", []string{"i"}}},
		{"contains before prefix", `{"a":{"$hasPrefix":"p","$contains":"c"}}`, In{"a", []string{"c"}}},
		{"one that cannot be read does not survive", `{"a":{"$hasPrefix":"p","$exists":"yes"}}`, HasPrefix{"a", "p"}},
		{"nested", `{"$all":[{"$any":[{"$not":{"a":"1"}}]}]}`, All{Any{Not{In{"a", []string{"1"}}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParsePredicate(json.RawMessage(c.raw))
			if diff := cmp.Diff(got, c.want); diff != "" || err != nil {
				t.Errorf("%v, got - want +:\n%s", err, diff)
			}
		})
	}
}

func TestParsePredicateRefuses(t *testing.T) {
	for _, raw := range []string{`[]`, `"kind"`, `1`, `null`, `true`, `{`, `{"a":null}`, `{"a":["x"]}`, `{"a":{}}`, `{"a":{"$gt":1}}`, `{"a":{"b":"c"}}`,
		`{"a":{"$exists":1}}`, `{"a":{"$exists":null}}`, `{"a":{"$in":"x"}}`, `{"a":{"$in":[null]}}`, `{"a":{"$in":[["x"]]}}`, `{"a":{"$hasPrefix":1}}`,
		`{"a":{"$contains":{"type":"x"}}}`, `{"relations":{"$contains":{}}}`, `{"relations":{"$contains":{"type":"a","x":1}}}`,
		`{"relations":{"$contains":{"type":"a","targetRef":{"$hasPrefix":"x"}}}}`, `{"relations":{"$contains":{"type":1}}}`,
		`{"$all":[],"$any":[]}`, `{"$all":[],"kind":"a"}`, `{"$not":{},"kind":"a"}`, `{"$all":{}}`, `{"$all":null}`, `{"$any":["a"]}`, `{"$not":[]}`, `{"$nor":[]}`, `{"":"x"}`,
		strings.Repeat(`{"$not":`, 100) + `{}` + strings.Repeat(`}`, 100)} {
		p, err := ParsePredicate(json.RawMessage(raw))
		if !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), "Invalid query") {
			t.Errorf("%.60s: %v, %v; want Invalid", raw, p, err)
		}
	}
}

func FuzzParsePredicate(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":{"$in":["x",1.0,-0.0,1e400]}}`, `{"$all":[{"$not":{"a":true}}]}`, `{"relations":{"$contains":{"type":"t","targetRef":"r"}}}`, `[`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePredicate(json.RawMessage(s))
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%v is no refusal", err)
			}
			return
		}
		roundTrip(t, p)
	})
}
