package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWords(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"Payment-API v2_beta", []string{"payment", "api", "v2", "beta"}},
		{"Crème Brûlée, Ångström!", []string{"creme", "brulee", "angstrom"}},
		{"日本語 и Русский", []string{"日本語", "и", "русскии"}},
		{"\xff\xfea\x00b", []string{"a", "b"}},
		{"", nil},
	}
	for _, tt := range tests {
		if got := Words(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("Words(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestClosest(t *testing.T) {
	known := []string{"payment", "payments", "payout", "ledger", "deployment", "production", "fraud"}
	tests := []struct {
		in   string
		want []string
	}{
		{"paymnet", []string{"payment", "payments"}},
		{"fruad", []string{"fraud"}},
		{"leger", []string{"ledger"}},
		{"depolymnet", []string{"deployment"}},
		{"prodcution", []string{"production"}},
		{"prodi", []string{"production"}}, // a slip before the word is typed to its end
		{"xylophone", nil},
		{"payment", []string{"payments"}}, // a known word is never asked for
	}
	for _, tt := range tests {
		if got := Closest(tt.in, known); !slices.Equal(got, tt.want) {
			t.Errorf("Closest(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSpellable(t *testing.T) {
	for w, want := range map[string]bool{"abc": false, "ledger": true, "v2beta": false, strings.Repeat("a", 30): false} {
		if Spellable(w) != want {
			t.Errorf("Spellable(%q) is not %t", w, want)
		}
	}
}

func TestMarkEscapes(t *testing.T) {
	got := HTML(Mark(`a <b> "pay" & payments`, Terms("pay")))
	want := `a &lt;b&gt; &#34;<mark>pay</mark>&#34; &amp; <mark>payments</mark>`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSnippetShowsTheDensestStretch(t *testing.T) {
	text := strings.Repeat("refund of nothing. ", 3) + strings.Repeat("filler words here. ", 30) + "Approve the refund twice." + strings.Repeat(" more filler.", 30)
	got := HTML(Snippet(text, Terms("approve refund")))
	if !strings.Contains(got, "<mark>Approve</mark> the <mark>refund</mark>") || !strings.HasPrefix(got, "… ") || !strings.HasSuffix(got, " …") {
		t.Errorf("got %q", got)
	}
	if len(got) > 2*snippetSize {
		t.Errorf("snippet is %d bytes", len(got))
	}
}

func TestRankPutsTheExactNameFirst(t *testing.T) {
	all := []Candidate{
		{ID: 1, Kind: "docs", Title: "Ledger ledger ledger", Rank: 9},
		{ID: 2, Kind: "component", Title: "Payment ledger", Rank: 5},
		{ID: 3, Kind: "component", Title: "The books", Name: "ledger", Rank: 1},
		{ID: 4, Kind: "component", Title: "ledger-worker", Owner: "group:default/mine", Rank: 3},
		{ID: 5, Kind: "component", Title: "ledger-walker", Rank: 3},
	}
	Rank(Query{Text: "ledger", Teams: []string{"group:default/mine"}}, Terms("ledger"), all)
	var got []int64
	for _, c := range all {
		got = append(got, c.ID)
	}
	if want := []int64{3, 1, 4, 5, 2}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func TestTextIsTrimmedAtARune(t *testing.T) {
	d := Doc{Text: strings.Repeat("é", TextLimit)}.Trimmed()
	if len(d.Text) > TextLimit || !utf8.ValidString(d.Text) {
		t.Errorf("text has %d bytes, valid %t", len(d.Text), utf8.ValidString(d.Text))
	}
}

func FuzzSnippet(f *testing.F) {
	f.Add("some text with words", "words")
	f.Add(strings.Repeat("日本語", 100), "日")
	f.Add("a\xff"+strings.Repeat("b", 300), "b")
	f.Fuzz(func(t *testing.T, text, question string) {
		got := HTML(Snippet(text, Terms(question)))
		bare := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(got)
		if strings.ContainsAny(bare, "<>") {
			t.Errorf("not escaped: %q", got)
		}
	})
}
