package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/internal/tx"
)

// learnWords keeps the words of docs and their trigrams, so that a question
// with a slip finds the word that was meant.
func (s *Store) learnWords(ctx context.Context, t tx.Tx, docs []search.Doc) error {
	words := map[string]bool{}
	for _, d := range docs {
		if d.Restricted {
			continue // a correction must not tell a word of theirs
		}
		for _, w := range search.Words(d.Title + " " + d.Name + " " + d.Context + " " + d.Text) {
			if search.Spellable(w) {
				words[w] = true
			}
		}
	}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(words)), 4*searchChunk) {
		rows, err := s.txQuery(ctx, t, `SELECT word FROM search_words WHERE word IN (`+marks(len(chunk))+`)`, anys(chunk)...)
		known, err := collect(rows, err, scanText)
		if err != nil {
			return err
		}
		for _, w := range known {
			delete(words, w)
		}
	}
	return s.insertWords(ctx, t, slices.Sorted(maps.Keys(words)))
}

func (s *Store) insertWords(ctx context.Context, t tx.Tx, words []string) error {
	for chunk := range slices.Chunk(words, searchChunk) {
		var args []any
		for _, w := range chunk {
			for _, g := range search.Trigrams(w) {
				args = append(args, g, w)
			}
		}
		if _, err := s.exec(ctx, t, `INSERT INTO search_words (word) VALUES `+tuples(len(chunk), 1)+` ON CONFLICT DO NOTHING`, anys(chunk)...); err != nil {
			return err
		}
		if _, err := s.exec(ctx, t, `INSERT INTO search_grams (gram, word) VALUES `+tuples(len(args)/2, 2)+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return err
		}
	}
	return nil
}

func scanText(r scanner) (string, error) {
	var v string
	return v, r.Scan(&v)
}

// correct replaces the words that nothing holds by the nearest known ones. The
// text is empty when there was nothing to correct. Words that stand only in
// what the viewer may not see are not known.
func (s *Store) correct(ctx context.Context, m match) ([]search.Term, string, error) {
	out := make([]search.Term, len(m.terms))
	words := make([]string, len(m.terms))
	corrected := false
	for i, t := range m.terms {
		out[i], words[i] = t, t.Word
		if !search.Spellable(t.Word) {
			continue
		}
		near, err := s.nearWords(ctx, m, t)
		if err != nil {
			return nil, "", err
		}
		if len(near) > 0 {
			out[i].Forms, words[i], corrected = near, near[0], true
		}
	}
	if !corrected {
		return m.terms, "", nil
	}
	return out, strings.Join(words, " "), nil
}

// nearWords finds what a word was meant to be; none when it is known.
func (s *Store) nearWords(ctx context.Context, m match, t search.Term) ([]string, error) {
	for _, f := range t.Forms {
		if known, err := s.knownWord(ctx, m, f); err != nil || known {
			return nil, err
		}
	}
	grams := search.Trigrams(t.Word)
	rows, err := s.query(ctx, `
		SELECT word
		FROM search_grams
		WHERE gram IN (`+marks(len(grams))+`)
		GROUP BY word
		HAVING COUNT(*) >= ?
		ORDER BY COUNT(*) DESC
		LIMIT 300`, append(anys(grams), min(2, len(grams)))...)
	known, err := collect(rows, err, scanText)
	if err != nil || m.seesAll() {
		return search.Closest(t.Word, known), err
	}
	return s.openWords(ctx, m, t.Word, known)
}

// seesAll reports whether nothing of the index is kept from the viewer.
func (m match) seesAll() bool { return m.viewer.All && m.hidden == 0 }

// knownWord reports whether a word begins so in what the viewer may see.
func (s *Store) knownWord(ctx context.Context, m match, form string) (bool, error) {
	if !m.seesAll() {
		return s.found(ctx, m, form, false)
	}
	var n int
	err := s.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM search_words WHERE word >= ? AND word < ? LIMIT 1) known`, form, form+"\U0010FFFF").Scan(&n)
	return n > 0, err
}

// openWords are the words nearest to w that stand in what the viewer may see.
func (s *Store) openWords(ctx context.Context, m match, w string, known []string) ([]string, error) {
	near := search.Closest(w, known)
	for range 8 { // a few words that are kept from the viewer may stand nearer
		var open []string
		for _, word := range near { // at most three
			ok, err := s.found(ctx, m, word, true)
			if err != nil {
				return nil, err
			}
			if ok {
				open = append(open, word)
			}
		}
		if len(open) > 0 || len(near) == 0 {
			return open, nil
		}
		known = slices.DeleteFunc(known, func(k string) bool { return slices.Contains(near, k) })
		near = search.Closest(w, known)
	}
	return nil, nil
}

// found reports whether the viewer of m may see a document with a word.
func (s *Store) found(ctx context.Context, m match, word string, whole bool) (bool, error) {
	from, args := s.from(match{viewer: m.viewer, hidden: m.hidden, terms: []search.Term{{Word: word, Forms: []string{word}}}, whole: whole})
	var n int
	err := s.row(ctx, `SELECT COUNT(*) FROM (SELECT 1`+from+` LIMIT 1) found`, args...).Scan(&n)
	return n > 0, err
}
