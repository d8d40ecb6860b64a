package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// problemFields are the facets of problems.
var problemFields = [4]string{"source", "owner", "severity", "code"}

// problemCount is how many problems share these values.
type problemCount struct {
	values [4]string // as problemFields
	n      int
}

// problemCounts counts what text and entities leave; there are as many rows as
// combinations of the four fields.
func (s *Store) problemCounts(ctx context.Context, f catalog.ProblemFilter, open problemWhere) ([]problemCount, error) {
	c := s.problemWords(open, f)
	rows, err := s.query(ctx, `
		SELECT p.source, p.owner, p.severity, p.code, COUNT(*)
		FROM catalog_problems p
		WHERE 1 = 1`+c.text+`
		GROUP BY p.owner, p.source, p.severity, p.code`, c.args...)
	return collect(rows, err, func(r scanner) (x problemCount, err error) {
		return x, r.Scan(&x.values[0], &x.values[1], &x.values[2], &x.values[3], &x.n)
	})
}

// problemFacets are the total, and the counts of each field under the
// conditions on the others.
func problemFacets(counts []problemCount, f catalog.ProblemFilter) (int, map[string][]catalog.Count) {
	want := [4][]string{f.Sources, f.Owners, f.Severities, f.Codes}
	total := 0
	var by [4]map[string]int
	for i := range by {
		by[i] = map[string]int{}
	}
	for _, c := range counts {
		failed, n := 0, 0
		for i, list := range want {
			if len(list) > 0 && !slices.Contains(list, c.values[i]) {
				failed, n = i, n+1
			}
		}
		switch n {
		case 0:
			total += c.n
			for i, v := range c.values {
				by[i][v] += c.n
			}
		case 1:
			by[failed][c.values[failed]] += c.n
		}
	}
	out := map[string][]catalog.Count{}
	for i, name := range problemFields {
		for v, n := range by[i] {
			out[name] = append(out[name], catalog.Count{Value: v, N: n})
		}
		slices.SortFunc(out[name], func(a, b catalog.Count) int { return cmp.Or(b.N-a.N, strings.Compare(a.Value, b.Value)) })
	}
	return total, out
}

// placedColumns must match scanPlaced.
const placedColumns = `p.id, p.severity, p.code, p.source, p.file, p.document, p.line, p.field, p.entity, p.owner, p.message, p.fix, p.since, p.target,
	COALESCE(e.file, ''), COALESCE(b.location, ''), COALESCE(b.document, 0), COALESCE(b.line, 0)`

// placedProblem is a problem as it is kept, and where its entity stands.
type placedProblem struct {
	catalog.Problem
	file, location string
	document, line int
}

func scanPlaced(r scanner) (placedProblem, error) {
	var f placedProblem
	p, since := &f.Problem, ""
	err := r.Scan(&p.ID, &p.Severity, &p.Code, &p.Source, &p.File, &p.Document, &p.Line, &p.Field, &p.Entity, &p.Owner, &p.Message, &p.Fix, &since, &p.Target,
		&f.file, &f.location, &f.document, &f.line)
	if err == nil {
		p.Since, err = tx.Parse(since)
	}
	return f, err
}

// shown is the problem with its place as it is now: what dangles stands where
// its entity stands.
func (f placedProblem) shown() catalog.Problem {
	p := f.Problem
	if f.file != "" && p.Code == danglingCode {
		p.File, p.Document, p.Line = f.file, f.document, f.line
	}
	if f.file != p.File {
		f.location = ""
	}
	p.URL = catalog.LineURL(f.location, p.Source, p.File, p.Line)
	return p
}
