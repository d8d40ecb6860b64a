package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/internal/tx"
)

// searchChunk is how many documents one statement carries.
const searchChunk = 200

// PutSearch writes documents to the index, replacing those of the same key.
// Documents that did not change cost one look. Of two documents with one key
// the last wins.
func (s *Store) PutSearch(ctx context.Context, t tx.Tx, docs []search.Doc) error {
	for chunk := range slices.Chunk(lastByKey(docs), searchChunk) {
		changed, err := s.changedSearch(ctx, t, chunk)
		if err != nil {
			return fmt.Errorf("search index: %w", err)
		}
		if len(changed) == 0 {
			continue
		}
		if err := s.insertSearch(ctx, t, changed); err != nil {
			return fmt.Errorf("search index: %w", err)
		}
		if err := s.learnWords(ctx, t, changed); err != nil {
			return fmt.Errorf("search words: %w", err)
		}
	}
	return nil
}

func lastByKey(docs []search.Doc) []search.Doc {
	at := make(map[string]int, len(docs))
	out := make([]search.Doc, 0, len(docs))
	for _, d := range docs {
		if i, ok := at[d.Key]; ok {
			out[i] = d.Trimmed()
			continue
		}
		at[d.Key] = len(out)
		out = append(out, d.Trimmed())
	}
	return out
}

// changedSearch returns the documents that the index does not hold as they
// are, and takes the outdated rows away.
func (s *Store) changedSearch(ctx context.Context, t tx.Tx, docs []search.Doc) ([]search.Doc, error) {
	type row struct {
		id        int64
		key, hash string
	}
	keys := make([]string, len(docs))
	for i, d := range docs {
		keys[i] = d.Key
	}
	rows, err := s.txQuery(ctx, t, `SELECT id, key, hash FROM search_docs WHERE key IN (`+marks(len(keys))+`)`, anys(keys)...)
	held, err := collect(rows, err, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.id, &v.key, &v.hash)
	})
	if err != nil {
		return nil, err
	}
	was := make(map[string]row, len(held))
	for _, h := range held {
		was[h.key] = h
	}
	var changed []search.Doc
	var outdated []int64
	for _, d := range docs {
		old, ok := was[d.Key]
		if ok && old.hash == d.Hash() {
			continue
		}
		if ok {
			outdated = append(outdated, old.id)
		}
		changed = append(changed, d)
	}
	return changed, s.deleteSearch(ctx, t, outdated)
}

func (s *Store) insertSearch(ctx context.Context, t tx.Tx, docs []search.Doc) error {
	if s.dialect == postgres {
		return s.insertSearchPostgres(ctx, t, docs)
	}
	// One writer: the next ids are ours.
	var last int64
	if err := s.txRow(ctx, t, `SELECT COALESCE(MAX(id), 0) FROM search_docs`).Scan(&last); err != nil {
		return err
	}
	var docArgs, wordArgs []any
	for i, d := range docs {
		id := last + int64(i) + 1
		docArgs = append(docArgs, id)
		docArgs = append(docArgs, searchArgs(d)...)
		wordArgs = append(wordArgs, id)
		wordArgs = append(wordArgs, anys(indexed(d))...)
	}
	if _, err := s.exec(ctx, t, `INSERT INTO search_docs (id, `+searchColumns+`) VALUES `+tuples(len(docs), 14), docArgs...); err != nil {
		return err
	}
	_, err := s.exec(ctx, t, `INSERT INTO search_index (rowid, title, context, text) VALUES `+tuples(len(docs), 4), wordArgs...)
	return err
}

func (s *Store) insertSearchPostgres(ctx context.Context, t tx.Tx, docs []search.Doc) error {
	var args []any
	for _, d := range docs {
		args = append(args, searchArgs(d)...)
		args = append(args, anys(indexed(d))...)
	}
	tuple := `(` + marks(13) + `, setweight(to_tsvector('simple', ?), 'A') || setweight(to_tsvector('simple', ?), 'B') || setweight(to_tsvector('simple', ?), 'D'))`
	_, err := s.exec(ctx, t, `INSERT INTO search_docs (`+searchColumns+`, words) VALUES `+
		strings.TrimSuffix(strings.Repeat(tuple+", ", len(docs)), ", "), args...)
	return err
}

// searchColumns must match searchArgs.
const searchColumns = `key, source, kind, title, name, context, text, url, owner, entity, restricted, exact, hash`

func searchArgs(d search.Doc) []any {
	restricted := 0
	if d.Restricted {
		restricted = 1
	}
	return []any{d.Key, d.Source, d.Kind, d.Title, d.Name, d.Context, d.Text, d.URL, d.Owner, d.Entity, restricted, search.Normal(cmp.Or(d.Name, d.Title)), d.Hash()}
}

// indexed are the words of title, context and text.
func indexed(d search.Doc) []string {
	title := search.Normal(d.Title)
	if d.Name != "" && d.Name != d.Title {
		title += " " + search.Normal(d.Name)
	}
	context := d.Context
	if d.Kind != "docs" { // a team's name in each section would drown what it is about
		_, owner, _ := strings.Cut(d.Owner, "/")
		context += " " + owner
	}
	return []string{title, search.Normal(context), search.Normal(d.Text)}
}

// tuples are n times "(?, …)" of width marks.
func tuples(n, width int) string {
	return strings.TrimSuffix(strings.Repeat("("+marks(width)+"), ", n), ", ")
}

// DropSearch takes documents out of the index; unknown keys do nothing.
func (s *Store) DropSearch(ctx context.Context, t tx.Tx, keys []string) error {
	for chunk := range slices.Chunk(keys, searchChunk) {
		rows, err := s.txQuery(ctx, t, `SELECT id FROM search_docs WHERE key IN (`+marks(len(chunk))+`)`, anys(chunk)...)
		ids, err := collect(rows, err, scanID)
		if err != nil {
			return fmt.Errorf("search index: %w", err)
		}
		if err := s.deleteSearch(ctx, t, ids); err != nil {
			return fmt.Errorf("search index: %w", err)
		}
	}
	return nil
}

// DropSearchSource takes all documents of a source out of the index.
func (s *Store) DropSearchSource(ctx context.Context, t tx.Tx, source string) error {
	return s.dropSearchSource(ctx, t, source, nil)
}

// ReplaceSearch makes docs the whole content of a source. hash names the
// version of the source; when the index holds that version already, nothing is
// done and false returned.
func (s *Store) ReplaceSearch(ctx context.Context, t tx.Tx, source, hash string, docs []search.Doc) (bool, error) {
	if held, err := s.searchSource(ctx, t, source); err != nil || (held == hash && hash != "") {
		return false, err
	}
	keep := make(map[string]bool, len(docs))
	for _, d := range docs {
		keep[d.Key] = true
	}
	if err := s.dropSearchSource(ctx, t, source, keep); err != nil {
		return false, err
	}
	if err := s.PutSearch(ctx, t, docs); err != nil {
		return false, err
	}
	_, err := s.exec(ctx, t, `INSERT INTO search_sources (source, hash) VALUES (?, ?)
		ON CONFLICT (source) DO UPDATE SET hash = excluded.hash`, source, hash)
	return true, err
}

func (s *Store) searchSource(ctx context.Context, t tx.Tx, source string) (string, error) {
	var hash string
	err := s.txRow(ctx, t, `SELECT hash FROM search_sources WHERE source = ?`, source).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return hash, err
}

// SearchSources lists the sources whose names begin with prefix, with the
// versions they hold; for those who see everything.
func (s *Store) SearchSources(ctx context.Context, v access.Viewer, prefix string) (map[string]string, error) {
	out := map[string]string{}
	if !v.All {
		return out, nil
	}
	rows, err := s.query(ctx, `SELECT source, hash FROM search_sources WHERE source >= ? AND source < ?`, prefix, prefix+"\U0010FFFF")
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var source, hash string
		err := r.Scan(&source, &hash)
		out[source] = hash
		return struct{}{}, err
	})
	return out, err
}

// dropSearchSource drops the documents of a source but for the kept keys.
func (s *Store) dropSearchSource(ctx context.Context, t tx.Tx, source string, keep map[string]bool) error {
	type row struct {
		id  int64
		key string
	}
	rows, err := s.txQuery(ctx, t, `SELECT id, key FROM search_docs WHERE source = ?`, source)
	held, err := collect(rows, err, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.id, &v.key)
	})
	if err != nil {
		return fmt.Errorf("search source %s: %w", source, err)
	}
	var ids []int64
	for _, h := range held {
		if !keep[h.key] {
			ids = append(ids, h.id)
		}
	}
	if err := s.deleteSearch(ctx, t, ids); err != nil {
		return fmt.Errorf("search source %s: %w", source, err)
	}
	_, err = s.exec(ctx, t, `DELETE FROM search_sources WHERE source = ?`, source)
	return err
}

func (s *Store) deleteSearch(ctx context.Context, t tx.Tx, ids []int64) error {
	for chunk := range slices.Chunk(ids, searchChunk) {
		if s.dialect == sqlite {
			if _, err := s.exec(ctx, t, `DELETE FROM search_index WHERE rowid IN (`+marks(len(chunk))+`)`, anys(chunk)...); err != nil {
				return err
			}
		}
		if _, err := s.exec(ctx, t, `DELETE FROM search_docs WHERE id IN (`+marks(len(chunk))+`)`, anys(chunk)...); err != nil {
			return err
		}
	}
	return nil
}

func scanID(r scanner) (int64, error) {
	var id int64
	return id, r.Scan(&id)
}
