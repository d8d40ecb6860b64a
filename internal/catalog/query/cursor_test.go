package query

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/fault"
)

func TestCursorsBringTheRequestBack(t *testing.T) {
	where := All{Any{In{"kind", []string{"a", ""}}, Exists{"x", true}, Exists{"x", false}}, Not{HasPrefix{"n", "ä"}}, Related{"ownedBy", []string{"g:d/a"}}, Related{"partOf", nil}, Any{}, All{}}
	r := Request{Where: where, Order: []Order{{"metadata.name", true}, {"x", false}}, Text: "t", TextFields: []string{"f"}, Limit: 7, Total: true, DropMissing: true}
	at := Position{At: []Mark{{0, "v"}, {2, ""}}, ID: 9, Back: true}
	for _, posted := range []bool{false, true} {
		r.Posted = posted
		text, err := EncodeCursor(r, at, 12)
		if err != nil {
			t.Fatal(err)
		}
		got, position, total, err := OpenCursor(text)
		if diff := cmp.Diff(got, r); diff != "" || err != nil || total != 12 {
			t.Errorf("total %d, %v, got - want +:\n%s", total, err, diff)
		}
		if diff := cmp.Diff(position, at); diff != "" {
			t.Errorf("position, got - want +:\n%s", diff)
		}
		// Clients look for this key to choose the verb.
		raw, err := base64.StdEncoding.DecodeString(text)
		var keys map[string]any
		if err != nil || json.Unmarshal(raw, &keys) != nil {
			t.Fatalf("the cursor is no base64 of JSON: %v", err)
		}
		if _, has := keys["query"]; has != posted {
			t.Errorf("posted %v: query in the cursor %v", posted, has)
		}
	}
}

func TestCursorsThatCannotBeRead(t *testing.T) {
	enc := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, text := range []string{"", "x", "%%%", enc(`[]`), enc(`{}`), enc(`{"at":[{}],"limit":-1}`), enc(`{"at":[{}],"limit":100000}`), enc(`{"at":[],"limit":1}`),
		enc(`{"at":[{},{}],"limit":1}`), enc(`{"at":[{}],"where":{}}`), enc(`{"at":[{}],"where":{"all":[{}]}}`), enc(`{"limit":20,"offset":20}`)} {
		if _, _, _, err := OpenCursor(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v; want Invalid", text, err)
		}
	}
}

func FuzzOpenCursor(f *testing.F) {
	good, err := EncodeCursor(Request{Where: In{"a", []string{"b"}}, Limit: 3}, Position{At: []Mark{{}}}, 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("e30=")
	f.Fuzz(func(t *testing.T, s string) {
		r, p, total, err := OpenCursor(s)
		if err != nil {
			return
		}
		if _, err := EncodeCursor(r, p, total); err != nil {
			t.Fatal(err)
		}
	})
}
