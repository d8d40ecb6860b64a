package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/search"
)

const (
	maxCandidates = 1000 // what one question counts and orders
	maxRanked     = 1500 // what the database may have to rank for one question
)

// Search answers a question with what v may see, the best first. A word that
// nothing holds is replaced by the nearest known ones; when no document holds
// all the words, those that hold some are returned and Loose is set. An empty
// question finds nothing. Returns an Invalid fault for a query out of bounds.
func (s *Store) Search(ctx context.Context, v access.Viewer, q search.Query) (search.Results, error) {
	start := time.Now()
	q, err := q.Check()
	if err != nil {
		return search.Results{}, err
	}
	terms := search.Terms(q.Text)
	if len(terms) == 0 {
		return search.Results{Took: time.Since(start)}, nil
	}
	if len(q.Teams) == 0 {
		q.Teams = v.Reads
	}
	out, err := s.searchTerms(ctx, v, q, terms)
	out.Took = time.Since(start)
	return out, err
}

func (s *Store) searchTerms(ctx context.Context, v access.Viewer, q search.Query, terms []search.Term) (out search.Results, err error) {
	m := match{viewer: v, hidden: s.hiddenFrom(v), terms: terms, text: q.Text}
	all, more, err := s.candidates(ctx, m)
	if err == nil && len(all) == 0 {
		if m.terms, out.Corrected, err = s.correct(ctx, m); err == nil && out.Corrected != "" {
			m.text, q.Text = out.Corrected, out.Corrected
			all, more, err = s.candidates(ctx, m)
		}
	}
	if err == nil && len(all) == 0 && len(terms) > 1 {
		m.loose, out.Loose = true, true
		all, more, err = s.candidates(ctx, m)
	}
	if err != nil {
		return search.Results{}, fmt.Errorf("search %q: %w", q.Text, err)
	}
	out.Kinds, out.Owners = search.Facets(q, all)
	hits := search.Filter(q, all)
	if more && len(q.Kinds)+len(q.Owners) > 0 {
		m.kinds, m.owners = q.Kinds, q.Owners
		if hits, more, err = s.candidates(ctx, m); err != nil {
			return search.Results{}, fmt.Errorf("search %q: %w", q.Text, err)
		}
	}
	search.Rank(q, m.terms, hits)
	out.Total, out.More = len(hits), more
	out.Items, err = s.searchPage(ctx, m.terms, page(hits, q.Skip, q.Limit))
	return out, err
}

func page(all []search.Candidate, skip, limit int) []search.Candidate {
	if skip >= len(all) {
		return nil
	}
	return all[skip:min(len(all), skip+limit)]
}

// match is what is looked for.
type match struct {
	viewer access.Viewer
	hidden int64 // as hiddenFrom
	terms  []search.Term
	text   string   // as asked, for the exact name
	loose  bool     // any of the terms will do
	kinds  []string // none: all
	owners []string // none: all
	titles bool     // in titles only
	whole  bool     // whole words, not their beginnings
}

// candidates reads what matches m, at most maxCandidates, and whether there
// are more. A question that matches very much is not ranked by the database:
// then only titles count, and the exact name is looked up by itself.
func (s *Store) candidates(ctx context.Context, m match) ([]search.Candidate, bool, error) {
	broad, err := s.isBroad(ctx, m)
	if err != nil {
		return nil, false, err
	}
	if !broad {
		all, err := s.ranked(ctx, m)
		return all, len(all) == maxCandidates, err
	}
	exact, err := s.exactly(ctx, m)
	if err != nil {
		return nil, false, err
	}
	m.titles = true
	all, err := s.unranked(ctx, m)
	if err == nil && len(all) == 0 {
		m.titles = false
		all, err = s.unranked(ctx, m)
	}
	return append(exact, slices.DeleteFunc(all, func(c search.Candidate) bool {
		return slices.ContainsFunc(exact, func(e search.Candidate) bool { return e.ID == c.ID })
	})...), true, err
}

// from is the FROM and WHERE of m over search_docs d, with its arguments.
func (s *Store) from(m match) (string, []any) {
	may, args := m.limits()
	if s.dialect == postgres {
		return `
		FROM search_docs d
		WHERE d.words @@ to_tsquery('simple', ?)` + may, append([]any{m.postgres()}, args...)
	}
	return `
		FROM search_index
		JOIN search_docs d ON d.id = search_index.rowid
		WHERE search_index MATCH ?` + may, append([]any{m.fts5()}, args...)
}

// isBroad reports whether m matches more than the database should rank.
func (s *Store) isBroad(ctx context.Context, m match) (bool, error) {
	from, args := s.from(m)
	id := `d.id`
	if may, _ := m.limits(); may == "" && s.dialect == sqlite {
		id, from = `rowid`, ` FROM search_index WHERE search_index MATCH ?` // the words alone say it
	}
	var n int
	err := s.row(ctx, `SELECT COUNT(*) FROM (SELECT `+id+from+` LIMIT ?) found`, append(args, maxRanked+1)...).Scan(&n)
	return n > maxRanked, err
}

func (s *Store) ranked(ctx context.Context, m match) ([]search.Candidate, error) {
	from, args := s.from(m)
	score := `-bm25(search_index, 10, 4, 1)`
	if s.dialect == postgres {
		score, args = `ts_rank('{0.1, 0.2, 0.4, 1.0}', d.words, to_tsquery('simple', ?), 1)`, append([]any{m.postgres()}, args...)
	}
	return s.readCandidates(ctx, `
		SELECT `+candidateColumns+`, `+score+` AS score`+from+`
		ORDER BY score DESC
		LIMIT ?`, append(args, maxCandidates)...)
}

func (s *Store) unranked(ctx context.Context, m match) ([]search.Candidate, error) {
	from, args := s.from(m)
	return s.readCandidates(ctx, `SELECT `+candidateColumns+`, 0`+from+` LIMIT ?`, append(args, maxCandidates)...)
}

// exactly reads what has just the name that was asked for.
func (s *Store) exactly(ctx context.Context, m match) ([]search.Candidate, error) {
	may, args := m.limits()
	return s.readCandidates(ctx, `SELECT `+candidateColumns+`, 0 FROM search_docs d WHERE d.exact = ?`+may+` LIMIT 50`,
		append([]any{search.Normal(m.text)}, args...)...)
}

// candidateColumns must match readCandidates.
const candidateColumns = `d.id, d.kind, d.owner, d.title, d.name`

func (s *Store) readCandidates(ctx context.Context, query string, args ...any) ([]search.Candidate, error) {
	rows, err := s.query(ctx, query, args...)
	return collect(rows, err, func(r scanner) (search.Candidate, error) {
		var c search.Candidate
		return c, r.Scan(&c.ID, &c.Kind, &c.Owner, &c.Title, &c.Name, &c.Rank)
	})
}

// limits are the conditions on search_docs d beside the words: what the viewer
// may see, kind and owner.
func (m match) limits() (where string, args []any) {
	if !m.viewer.All {
		where, args = " AND (d.restricted = 0 OR d.owner IN ("+marks(len(m.viewer.Reads))+"))", anys(m.viewer.Reads)
	}
	unhidden, more := unhidden("d.entity", m.hidden)
	where, args = where+unhidden, append(args, more...)
	if len(m.kinds) > 0 {
		where, args = where+" AND d.kind IN ("+marks(len(m.kinds))+")", append(args, anys(m.kinds)...)
	}
	if len(m.owners) > 0 {
		where, args = where+" AND d.owner IN ("+marks(len(m.owners))+")", append(args, anys(m.owners)...)
	}
	return where, args
}

// fts5 writes m in FTS5's language. Words are letters and digits, so nothing
// of what was asked can be read as syntax.
func (m match) fts5() string {
	glue, end := " AND ", `"*`
	if m.loose {
		glue = " OR "
	}
	if m.whole {
		end = `"`
	}
	parts := make([]string, len(m.terms))
	for i, t := range m.terms {
		parts[i] = `("` + strings.Join(t.Forms, end+` OR "`) + end + `)`
	}
	all := strings.Join(parts, glue)
	if m.titles {
		return "{title} : (" + all + ")"
	}
	return all
}

// postgres writes m in to_tsquery's language.
func (m match) postgres() string {
	glue, end := " & ", `':*`
	if m.loose {
		glue = " | "
	}
	switch {
	case m.titles:
		end = `':*A`
	case m.whole:
		end = `'`
	}
	parts := make([]string, len(m.terms))
	for i, t := range m.terms {
		parts[i] = `('` + strings.Join(t.Forms, end+` | '`) + end + `)`
	}
	return strings.Join(parts, glue)
}

// searchPage reads and marks what the page shows, in the order of hits.
func (s *Store) searchPage(ctx context.Context, terms []search.Term, hits []search.Candidate) ([]search.Hit, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(hits))
	at := make(map[int64]int, len(hits))
	for i, h := range hits {
		ids[i], at[h.ID] = h.ID, i
	}
	out := make([]search.Hit, len(hits))
	rows, err := s.query(ctx, `
		SELECT id, key, kind, title, name, context, text, url, owner
		FROM search_docs
		WHERE id IN (`+marks(len(ids))+`)`, anys(ids)...)
	_, err = collect(rows, err, func(r scanner) (struct{}, error) {
		var id int64
		var h search.Hit
		var text string
		if err := r.Scan(&id, &h.Key, &h.Kind, &h.Title, &h.Name, &h.Context, &text, &h.URL, &h.Owner); err != nil {
			return struct{}{}, err
		}
		h.Score = hits[at[id]].Rank
		h.TitleParts, h.Snippet = search.Mark(h.Title, terms), search.Snippet(text, terms)
		out[at[id]] = h
		return struct{}{}, nil
	})
	return out, err
}
