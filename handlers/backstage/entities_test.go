package backstage_test

import (
	"crypto/sha1" //nolint:gosec // as Backstage names Locations
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog/query"
)

func locationID(location string) string {
	sum := sha1.Sum([]byte(location)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// A page of GET /entities links to the next one by a cursor that leads there.
func TestPagesOfEntities(t *testing.T) {
	f := &fake{}
	e := server(t, f)
	w := call(e, "GET", "/entities?filter=kind%3Dapi&limit=10&offset=20&order=desc%3Akind&order=asc%3Ametadata.name", "")
	if f.asked.Limit != 10 || f.asked.Offset != 20 || f.asked.DropMissing || len(f.asked.Order) != 2 {
		t.Errorf("asked %+v", f.asked)
	}
	link := w.Header().Get("Link")
	at, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	next, err := url.Parse(at)
	if err != nil || !ok || next.Path != "/entities" || next.Query().Has("offset") || next.Query().Get("filter") != "kind=api" {
		t.Fatalf("link %q", link)
	}
	f.pages = []query.Page{{}}
	w = call(e, "GET", at, "")
	if f.asked.Limit != 10 || f.asked.Offset != 30 || w.Header().Get("Link") != "" || w.Body.String() != "[]" {
		t.Errorf("next: asked %+v, link %q, %s", f.asked, w.Header().Get("Link"), w.Body)
	}
}

// An offset without a limit, and a limit beyond one query, bring everything
// that they promise, in several queries.
func TestLongPages(t *testing.T) {
	items := func(n int) []json.RawMessage {
		out := make([]json.RawMessage, n)
		for i := range out {
			out[i] = json.RawMessage(fmt.Sprintf(`{"kind":"K%d"}`, i))
		}
		return out
	}
	for path, link := range map[string]bool{"/entities?offset=3": false, "/entities?limit=6000": true} {
		f := &fake{pages: []query.Page{{Total: 9000}, {Items: items(500), Next: "n"}, {Items: items(2)}}}
		w := call(server(t, f), "GET", path, "")
		var got []any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got) != 502 || (w.Header().Get("Link") != "") != link {
			t.Errorf("%s: %d entities, link %q, %v", path, len(got), w.Header().Get("Link"), err)
		}
		if f.asked.Cursor != "n" {
			t.Errorf("%s: went on with %+v", path, f.asked)
		}
	}
}

// An answer that breaks off is no JSON, so that nobody takes a part for the
// whole; one that breaks before its first bytes has its own status.
func TestAStreamThatBreaks(t *testing.T) {
	f := &fake{broken: errors.New("the database is gone")}
	w := call(server(t, f), "GET", "/entities", "")
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"statusCode":500`) {
		t.Errorf("before the first bytes: %d %s", w.Code, w.Body)
	}
	f.many = 1000
	w = call(server(t, f), "GET", "/entities", "")
	if w.Code != 200 || w.Body.Len() < 32<<10 || json.Valid(w.Body.Bytes()) {
		t.Errorf("in the middle: %d, %d bytes", w.Code, w.Body.Len())
	}
}

// The same answer has the same weak tag, and is not sent twice.
func TestTags(t *testing.T) {
	e := server(t, &fake{})
	for _, path := range []string{"/entities/by-name/component/default/ledger", "/entities/by-query", "/locations", "/openapi.json"} {
		tag := call(e, "GET", path, "").Header().Get("ETag")
		if !strings.HasPrefix(tag, `W/"`) {
			t.Errorf("%s: tag %q", path, tag)
		}
		if w := call(e, "GET", path, "", "If-None-Match", `"x", `+tag); w.Code != 304 || w.Body.Len() > 0 {
			t.Errorf("%s again: %d %s", path, w.Code, w.Body)
		}
		if w := call(e, "GET", path, "", "If-None-Match", `W/"other"`); w.Code != 200 {
			t.Errorf("%s, another tag: %d", path, w.Code)
		}
	}
	if w := call(e, "HEAD", "/locations", ""); w.Code != 200 || w.Header().Get("ETag") == "" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	if w := call(e, "GET", "/entities", ""); w.Header().Get("ETag") != "" {
		t.Error("a streamed answer has a tag")
	}
}

// The way up ends at the Location that stands for the source.
func TestAncestry(t *testing.T) {
	w := call(server(t, &fake{}), "GET", "/entities/by-name/Component/default/Ledger/ancestry", "")
	var got struct {
		Root  string `json:"rootEntityRef"`
		Items []struct {
			Entity  struct{ Metadata struct{ Name string } }
			Parents []string `json:"parentEntityRefs"`
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	top := "generated-" + locationID(home)
	if got.Root != "component:default/ledger" || len(got.Items) != 3 || got.Items[1].Entity.Metadata.Name != "all" ||
		strings.Join(got.Items[1].Parents, " ") != "location:default/"+top || got.Items[2].Entity.Metadata.Name != top || len(got.Items[2].Parents) != 0 {
		t.Errorf("got %s", w.Body)
	}
}

// Locations come in pages that a cursor continues.
func TestPagesOfLocations(t *testing.T) {
	e := server(t, &fake{})
	seen := map[string]bool{}
	body := `{"limit":1}`
	for range 2 {
		var page struct {
			Items      []struct{ ID string }
			TotalItems int
			PageInfo   struct{ NextCursor string }
		}
		w := call(e, "POST", "/locations/by-query", body)
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Items) != 1 || page.TotalItems != 2 {
			t.Fatalf("%s %v", w.Body, err)
		}
		seen[page.Items[0].ID] = true
		body = `{"cursor":"` + page.PageInfo.NextCursor + `"}`
	}
	if len(seen) != 2 || body != `{"cursor":""}` {
		t.Errorf("saw %v, then %s", seen, body)
	}
	for q, want := range map[string]string{`{"$any":[]}`: "0", `{"$all":[]}`: "2", `{"$not":{"type":"url"}}`: "1", `{"type":{"$in":["file","URL"]}}`: "2",
		`{"colour":{"$exists":true}}`: "0", `{"target":{"$exists":true}}`: "2"} {
		if w := call(e, "POST", "/locations/by-query", `{"query":`+q+`}`); !strings.Contains(w.Body.String(), `"totalItems":`+want+"}") {
			t.Errorf("%s: %s, want %s", q, w.Body, want)
		}
	}
}
