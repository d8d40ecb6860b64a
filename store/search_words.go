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
// text is empty when there was nothing to correct.
func (s *Store) correct(ctx context.Context, terms []search.Term) ([]search.Term, string, error) {
	out := make([]search.Term, len(terms))
	words := make([]string, len(terms))
	corrected := false
	for i, t := range terms {
		out[i], words[i] = t, t.Word
		if !search.Spellable(t.Word) {
			continue
		}
		near, err := s.nearWords(ctx, t)
		if err != nil {
			return nil, "", err
		}
		if len(near) > 0 {
			out[i].Forms, words[i], corrected = near, near[0], true
		}
	}
	if !corrected {
		return terms, "", nil
	}
	return out, strings.Join(words, " "), nil
}

// nearWords finds what a word was meant to be; none when it is known.
func (s *Store) nearWords(ctx context.Context, t search.Term) ([]string, error) {
	var n int
	for _, f := range t.Forms {
		err := s.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM search_words WHERE word >= ? AND word < ? LIMIT 1) known`, f, f+"\U0010FFFF").Scan(&n)
		if err != nil || n > 0 {
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
	return search.Closest(t.Word, known), err
}
