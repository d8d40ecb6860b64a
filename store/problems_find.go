package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// FindProblems returns one page of the problems that v may see, with how many
// there are and by what.
func (s *Store) FindProblems(ctx context.Context, v access.Viewer, f catalog.ProblemFilter) (catalog.ProblemPage, error) {
	var p catalog.ProblemPage
	open, err := s.problemsOpenTo(ctx, v)
	if err != nil {
		return p, err
	}
	counts, err := s.problemCounts(ctx, f, open)
	if err != nil {
		return p, err
	}
	p.Total, p.Facets = problemFacets(counts, f)
	if err := s.pageOfProblems(ctx, f, open, &p); err != nil {
		return p, err
	}
	return p, s.plainConflicts(ctx, v, p.Items)
}

// problemsOpenTo are the problems that v may see: openProblems, and no
// reference to nothing that v may not name.
func (s *Store) problemsOpenTo(ctx context.Context, v access.Viewer) (problemWhere, error) {
	text, args := s.openProblems(v)
	c := problemWhere{text, args}
	mask := s.hiddenFrom(v)
	if mask == 0 {
		return c, nil
	}
	rows, err := s.query(ctx, `SELECT DISTINCT target FROM catalog_problems WHERE target <> ''`)
	targets, err := collect(rows, err, scanText)
	var secret []string
	for _, t := range targets {
		if !s.mayName(mask, splitRef(t)) {
			secret = append(secret, t)
		}
	}
	c.in(`NOT (`+s.inList("p.target")+`)`, secret)
	return c, err
}

// problemWhere is the end of a WHERE clause, with its arguments.
type problemWhere struct {
	text string
	args []any
}

func (c *problemWhere) and(text string, args ...any) {
	c.text += " AND " + text
	c.args = append(slices.Clip(c.args), args...)
}

// in adds a condition on one of several values, if there are any.
func (c *problemWhere) in(text string, values []string) {
	if len(values) > 0 {
		c.and(text, listArg(values))
	}
}

// problemWords are the conditions of f that are no facets.
func (s *Store) problemWords(open problemWhere, f catalog.ProblemFilter) problemWhere {
	c := open
	if text := strings.ToLower(strings.TrimSpace(f.Text)); text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
		c.and(`LOWER(p.message || ' ' || p.entity || ' ' || p.file || ' ' || p.field || ' ' || p.code) LIKE ? ESCAPE '\'`, like)
	}
	c.in(s.inList("p.entity"), f.Entities)
	return c
}

// problemOrder is an order with what places a problem in it. All its columns
// go one way, so that a row of values is compared at once.
type problemOrder struct {
	columns string
	key     func(catalog.Problem) []any
	down    bool
}

func orderOf(sort catalog.ProblemSort) problemOrder {
	age := func(p catalog.Problem) []any { return []any{tx.Format(p.Since), p.ID} }
	switch sort {
	case catalog.Newest:
		return problemOrder{"p.since, p.id", age, true}
	case catalog.Oldest:
		return problemOrder{"p.since, p.id", age, false}
	}
	return problemOrder{"p.severity, p.source, p.file, p.document, p.line, p.id", func(p catalog.Problem) []any {
		return []any{string(p.Severity), p.Source, p.File, p.Document, p.Line, p.ID}
	}, false}
}

// pageOfProblems reads one page behind, or before, the filter's cursor.
func (s *Store) pageOfProblems(ctx context.Context, f catalog.ProblemFilter, open problemWhere, p *catalog.ProblemPage) error {
	const usual, most = 50, 500
	limit := min(cmp.Or(max(f.Limit, 0), usual), most)
	o, c := orderOf(f.Sort), s.problemWords(open, f)
	for i, list := range [][]string{f.Sources, f.Owners, f.Severities, f.Codes} {
		c.in(s.inList("p."+problemFields[i]), list)
	}
	back, key := problemCursor(f.After, strings.Count(o.columns, ",")+1)
	way, than := "ASC", ">"
	if o.down != back {
		way, than = "DESC", "<"
	}
	if key != nil {
		c.and(`(`+o.columns+`) `+than+` (`+marks(len(key))+`)`, key...)
	}
	rows, err := s.query(ctx, `
		SELECT `+placedColumns+`
		FROM catalog_problems p
		LEFT JOIN entities e ON e.ref = p.entity AND e.source = p.source
		LEFT JOIN entity_bodies b ON b.ref = e.ref
		WHERE 1 = 1`+c.text+`
		ORDER BY `+strings.ReplaceAll(o.columns, ",", " "+way+",")+` `+way+`
		LIMIT ?`, append(slices.Clip(c.args), limit+1)...)
	list, err := collect(rows, err, scanPlaced)
	if err != nil || len(list) == 0 {
		return err
	}
	more := len(list) > limit
	list = list[:min(len(list), limit)]
	if back {
		slices.Reverse(list)
	}
	if more || back {
		p.Next = writeCursor(">", o.key(list[len(list)-1].Problem))
	}
	if key != nil && (more || !back) {
		p.Prev = writeCursor("<", o.key(list[0].Problem))
	}
	for _, x := range list {
		p.Items = append(p.Items, x.shown())
	}
	return nil
}

func writeCursor(way string, key []any) string {
	enc, err := json.Marshal(append([]any{way}, key...))
	if err != nil { // texts and numbers always marshal
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(enc)
}

// problemCursor reads a cursor of n values, of which the fourth and fifth are
// numbers. One that cannot be read is the beginning.
func problemCursor(text string, n int) (back bool, key []any) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	var all []any
	if err != nil || json.Unmarshal(raw, &all) != nil || len(all) != n+1 {
		return false, nil
	}
	for i, v := range all[1:] {
		_, isText := v.(string)
		number, isNumber := v.(float64)
		switch wantsNumber := i == 3 || i == 4; {
		case wantsNumber && isNumber:
			all[i+1] = int64(number)
		case wantsNumber || !isText:
			return false, nil
		}
	}
	return all[0] == "<", all[1:]
}
