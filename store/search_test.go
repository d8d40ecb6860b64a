package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

var reader = access.Viewer{Actor: action.Actor{ID: "user:default/ada"}, Reads: []string{"group:default/payments-team"}}

func searchDocs() []search.Doc {
	return []search.Doc{
		{Key: "e:payment-api", Source: "catalog", Kind: "component", Title: "Payment API", Name: "payment-api", Text: "Takes card payments for the checkout.", URL: "/catalog/default/component/payment-api", Owner: "group:default/payments-team"},
		{Key: "e:ledger", Source: "catalog", Kind: "component", Title: "ledger", Text: "Books every payment twice.", URL: "/catalog/default/component/ledger", Owner: "group:default/ledger-team"},
		{Key: "d:runbook", Source: "docs:payment-api", Kind: "docs", Title: "Refunds", Context: "Payment API › Runbook", Text: "How to refund a payment when the acquirer is down. Policy: two people.", URL: "/docs/default/component/payment-api/runbook/#refunds", Owner: "group:default/payments-team"},
		{Key: "d:cafe", Source: "docs:payment-api", Kind: "docs", Title: "Café", Text: "Crème brûlée <script>alert(1)</script>", URL: "/docs/x/"},
		{Key: "r:secret", Source: "plans", Kind: "plan", Title: "Plan of vaultwarden", Text: "zanzibar", URL: "/runs/1", Owner: "group:default/ledger-team", Restricted: true},
	}
}

func put(t *testing.T, s *store.Store, docs ...search.Doc) {
	t.Helper()
	if err := s.Write(t.Context(), func(tx tx.Tx) error { return s.PutSearch(t.Context(), tx, docs) }); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, s *store.Store, v access.Viewer, q search.Query) ([]string, search.Results) {
	t.Helper()
	res, err := s.Search(t.Context(), v, q)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, h := range res.Items {
		keys = append(keys, h.Key)
	}
	return keys, res
}

func TestSearchFinds(t *testing.T) {
	tests := []struct {
		name, text string
		q          search.Query
		want       []string
	}{
		{name: "exact name first", text: "ledger", want: []string{"e:ledger"}},
		{name: "prefix of a word", text: "led", want: []string{"e:ledger"}},
		{name: "two words over fields", text: "runbook refund", want: []string{"d:runbook"}},
		{name: "hyphen is a blank", text: "payment-api", want: []string{"e:payment-api", "d:runbook"}},
		{name: "plural asks for the singular", text: "policies", want: []string{"d:runbook"}},
		{name: "no accents asked, accents held", text: "creme", want: []string{"d:cafe"}},
		{name: "accents asked", text: "CAFÉ", want: []string{"d:cafe"}},
		{name: "a slip", text: "refnud", want: []string{"d:runbook"}},
		{name: "a slip at the start", text: "leger", want: []string{"e:ledger"}},
		{name: "syntax is text", text: `payment" OR * NEAR(api) -x' & | !`, want: []string{"e:payment-api", "d:runbook", "e:ledger"}},
		{name: "some of the words", text: "acquirer kubernetes", want: []string{"d:runbook"}},
		{name: "owner", text: "ledger-team", want: []string{"e:ledger"}},
		{name: "nothing", text: "xylophone"},
		{name: "only signs", text: `"*()`},
		{name: "kind", text: "payment", q: search.Query{Kinds: []string{"docs"}}, want: []string{"d:runbook"}},
		{name: "owner filter", text: "payment", q: search.Query{Owners: []string{"group:default/ledger-team"}}, want: []string{"e:ledger"}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, searchDocs()...)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				tt.q.Text = tt.text
				if got, _ := find(t, s, reader, tt.q); !slices.Equal(got, tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		}
	})
}

func TestSearchHidesWhatIsRestricted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, searchDocs()...)
		for _, text := range []string{"vaultwarden", "zanzibar", "zanzibra"} {
			got, res := find(t, s, reader, search.Query{Text: text})
			if len(got) != 0 || len(res.Kinds) != 0 || res.Corrected != "" {
				t.Errorf("%s: a reader outside sees %v %v %q", text, got, res.Kinds, res.Corrected)
			}
		}
		owner := access.Viewer{Reads: []string{"group:default/ledger-team"}}
		for _, v := range []access.Viewer{owner, {All: true}} {
			if got, _ := find(t, s, v, search.Query{Text: "zanzibar"}); !slices.Equal(got, []string{"r:secret"}) {
				t.Errorf("%+v finds %v", v, got)
			}
		}
	})
}

func TestSearchChangesWithItsDocuments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		put(t, s, searchDocs()...)
		changed := searchDocs()[1]
		changed.Title = "General ledger"
		put(t, s, changed, changed)
		if got, _ := find(t, s, reader, search.Query{Text: "general"}); !slices.Equal(got, []string{"e:ledger"}) {
			t.Errorf("after a change got %v", got)
		}
		drop := func(f func(tx.Tx) error) {
			t.Helper()
			if err := s.Write(ctx, f); err != nil {
				t.Fatal(err)
			}
		}
		drop(func(tx tx.Tx) error { return s.DropSearch(ctx, tx, []string{"e:ledger", "unknown"}) })
		if got, _ := find(t, s, reader, search.Query{Text: "ledger"}); len(got) != 0 {
			t.Errorf("after a drop got %v", got)
		}
		drop(func(tx tx.Tx) error { return s.DropSearchSource(ctx, tx, "docs:payment-api") })
		if got, _ := find(t, s, reader, search.Query{Text: "payment"}); !slices.Equal(got, []string{"e:payment-api"}) {
			t.Errorf("after the source went got %v", got)
		}
	})
}

func TestReplaceSearch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		replace := func(hash string, docs ...search.Doc) (changed bool) {
			t.Helper()
			err := s.Write(ctx, func(tx tx.Tx) (err error) {
				changed, err = s.ReplaceSearch(ctx, tx, "docs:payment-api", hash, docs)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return changed
		}
		docs := searchDocs()
		if !replace("1", docs[2], docs[3]) || replace("1") {
			t.Error("the first version must be written, the same one left alone")
		}
		if !replace("2", docs[3]) {
			t.Error("a new version must be written")
		}
		if got, _ := find(t, s, reader, search.Query{Text: "refund"}); len(got) != 0 {
			t.Errorf("a section that is gone is still found: %v", got)
		}
		if got, _ := find(t, s, reader, search.Query{Text: "cafe"}); len(got) != 1 {
			t.Error("a section that stayed is not found")
		}
	})
}

func TestSearchFacetsAndPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, searchDocs()...)
		_, res := find(t, s, reader, search.Query{Text: "payment", Kinds: []string{"component"}, Limit: 1})
		if res.Total != 2 || len(res.Items) != 1 || res.More {
			t.Errorf("total %d, items %d, more %t; want 2, 1, false", res.Total, len(res.Items), res.More)
		}
		want := []search.Facet{{Value: "component", Count: 2}, {Value: "docs", Count: 1}}
		if !slices.Equal(res.Kinds, want) {
			t.Errorf("kinds %v, want %v", res.Kinds, want)
		}
		if len(res.Owners) != 2 {
			t.Errorf("owners %v, want the two of the components", res.Owners)
		}
		got, _ := find(t, s, reader, search.Query{Text: "payment", Skip: 2})
		if len(got) != 1 {
			t.Errorf("the page after two holds %v", got)
		}
		if _, err := s.Search(t.Context(), reader, search.Query{Text: "x", Limit: 1000}); !fault.Is(err, fault.Invalid) {
			t.Errorf("limit 1000: %v, want Invalid", err)
		}
	})
}

func TestSearchMarksSafely(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, searchDocs()...)
		_, res := find(t, s, reader, search.Query{Text: "brulee"})
		got := search.HTML(res.Items[0].Snippet)
		if !strings.Contains(got, "<mark>brûlée</mark> &lt;script&gt;") {
			t.Errorf("snippet %q", got)
		}
	})
}

func TestSearchTakesAnyBytes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		put(t, s, search.Doc{Key: "odd", Source: "x", Kind: "docs", Title: "Odd\x00 thing", Text: "a\xff\x00b quixotic", URL: "/x"})
		for _, text := range []string{"quixotic", "odd\x00", "\xffodd", "thing\x00\xff'\\"} {
			if got, _ := find(t, s, reader, search.Query{Text: text}); len(got) != 1 {
				t.Errorf("%q finds %v", text, got)
			}
		}
		for _, q := range []search.Query{{Text: "odd", Kinds: []string{"\x00"}}, {Text: "odd", Owners: []string{"\xff"}}} {
			if _, err := s.Search(t.Context(), reader, q); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v, want Invalid", q, err)
			}
		}
		if got, _ := find(t, s, reader, search.Query{Text: "odd", Kinds: []string{"no such kind'; --"}}); len(got) != 0 {
			t.Errorf("found %v", got)
		}
	})
}

// manyDocs are like what a catalog of n entities puts in.
func manyDocs(n int) []search.Doc {
	docs := make([]search.Doc, n)
	for i := range docs {
		name := fmt.Sprintf("component-%05d", i)
		docs[i] = search.Doc{Key: "entity:component:default/" + name, Source: "catalog", Kind: "component", Title: name,
			Text: fmt.Sprintf("Service number %d of the billing platform, written in go, handles invoices tag-%d", i, i%50),
			URL:  "/catalog/default/component/" + name, Owner: fmt.Sprintf("group:default/team-%d", i%300)}
	}
	return docs
}

func TestPutSearchIsFast(t *testing.T) {
	s := storetest.SQLite(t)
	docs := manyDocs(12_700)
	start := time.Now()
	put(t, s, docs...)
	first := time.Since(start)
	start = time.Now()
	put(t, s, docs...)
	t.Logf("12,700 documents: first %v, unchanged %v", first, time.Since(start))
	if first > 8*time.Second { // the target is 1.5 s on an idle machine
		t.Errorf("took %v", first)
	}
}

func TestSearchBroadQuestion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		docs := manyDocs(3000)
		docs = append(docs, search.Doc{Key: "e:component", Kind: "group", Title: "Component", Owner: "group:default/x"})
		put(t, s, docs...)
		got, res := find(t, s, reader, search.Query{Text: "component"})
		if !res.More || got[0] != "e:component" {
			t.Errorf("more %t, first %q; want the exact name first of more than counted", res.More, got[0])
		}
		got, res = find(t, s, reader, search.Query{Text: "component", Owners: []string{"group:default/team-7"}})
		if len(got) != 10 || res.More {
			t.Errorf("one owner's: got %d, more %t; want 10, false", len(got), res.More)
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	for _, db := range []string{"sqlite", "postgres"} {
		s := storetest.SQLite
		if db == "postgres" {
			s = storetest.Postgres
		}
		b.Run(db, func(b *testing.B) {
			s := s(b)
			ctx := context.Background()
			if err := s.Write(ctx, func(t tx.Tx) error { return s.PutSearch(ctx, t, manyDocs(12_700)) }); err != nil {
				b.Fatal(err)
			}
			for _, text := range []string{"component-00123", "component", "0012", "biling", "tag-7 invoices"} {
				b.Run(text, func(b *testing.B) {
					for b.Loop() {
						if _, err := s.Search(ctx, reader, search.Query{Text: text}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
