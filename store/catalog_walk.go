package store

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// walk yields the values of a column in order, from one on (that one
// included), until yield returns false.
func (a asker) walk(ctx context.Context, c column, w walk, yield func(value) (bool, error)) error {
	if c.whole {
		return walkFixed(c.fixed, w, yield)
	}
	next := value{}
	for started := false; ; {
		rows, err := a.step(ctx, c, w)
		if err != nil {
			return err
		}
		for _, t := range rows {
			if started && t.fold == next.fold {
				next.add(t)
				continue
			}
			if started {
				if on, err := yield(next); err != nil || !on {
					return err
				}
			}
			next, started = value{fold: t.fold}, true
			next.add(t)
		}
		if len(rows) < w.batch {
			if started {
				_, err = yield(next)
			}
			return err
		}
		last := rows[len(rows)-1]
		w.from, w.id, w.placed = last.fold, last.id, true
		w.batch = min(2*w.batch, maxBatch)
	}
}

// maxBatch bounds how many values are read at once.
const maxBatch = 2000

// walk is where and how a column is walked.
type walk struct {
	from   string // the value to begin with
	id     int64  // the last term that was read of it; 0 for none
	placed bool   // from counts
	desc   bool
	batch  int
	// prefixes are those of the references that are walked, in order of the walk.
	prefixes []string
}

func (v *value) add(t termRow) {
	if t.key == 0 { // an entity by its reference
		v.ids = append(v.ids, t.id)
		return
	}
	v.rows = append(v.rows, t)
}

func walkFixed(list []value, w walk, yield func(value) (bool, error)) error {
	i := 0
	for i < len(list) {
		at := i
		if w.desc {
			at = len(list) - 1 - i
		}
		next := value{fold: list[at].fold}
		for ; i < len(list); i++ { // all of one value, however it is written
			at := i
			if w.desc {
				at = len(list) - 1 - i
			}
			if list[at].fold != next.fold {
				break
			}
			next.rows, next.ids = append(next.rows, list[at].rows...), append(next.ids, list[at].ids...)
		}
		if w.placed && (!w.desc && next.fold < w.from || w.desc && next.fold > w.from) {
			continue
		}
		if on, err := yield(next); err != nil || !on {
			return err
		}
	}
	return nil
}

// step reads the next values of a column.
func (a asker) step(ctx context.Context, c column, w walk) ([]termRow, error) {
	if c.field == query.ByRef {
		return a.stepRefs(ctx, w)
	}
	if !c.known {
		return nil, nil
	}
	id := w.id
	if w.desc {
		if !w.placed {
			w.from = beyond
		}
		if id == 0 {
			id = math.MaxInt64
		}
		rows, err := a.s.query(ctx, `
			SELECT `+termColumns+`
			FROM catalog_terms t
			WHERE t.key = ? AND t.form <= 1 AND (t.value, t.id) < (?, ?)
			ORDER BY t.value DESC, t.id DESC
			LIMIT ?`, c.key.id, w.from, id, w.batch)
		return collect(rows, err, scanTerm)
	}
	rows, err := a.s.query(ctx, `
		SELECT `+termColumns+`
		FROM catalog_terms t
		WHERE t.key = ? AND t.form <= 1 AND (t.value, t.id) > (?, ?)
		ORDER BY t.value, t.id
		LIMIT ?`, c.key.id, w.from, id, w.batch)
	return collect(rows, err, scanTerm)
}

// stepRefs is step for the references themselves.
func (a asker) stepRefs(ctx context.Context, w walk) ([]termRow, error) {
	var out []termRow
	for _, prefix := range w.prefixes {
		from, to := prefix, prefix+beyond
		q := `SELECT id, ref FROM entities WHERE ref >= ? AND ref < ? ORDER BY ref LIMIT ?`
		switch in := w.placed && strings.HasPrefix(w.from, prefix); {
		case w.placed && !in && (w.from < prefix) == w.desc:
			continue // behind it
		case w.desc && in && w.id > 0:
			q, to = `SELECT id, ref FROM entities WHERE ref >= ? AND ref < ? ORDER BY ref DESC LIMIT ?`, w.from
		case w.desc && in:
			q, to = `SELECT id, ref FROM entities WHERE ref >= ? AND ref <= ? ORDER BY ref DESC LIMIT ?`, w.from
		case w.desc:
			q = `SELECT id, ref FROM entities WHERE ref >= ? AND ref < ? ORDER BY ref DESC LIMIT ?`
		case in && w.id > 0:
			q, from = `SELECT id, ref FROM entities WHERE ref > ? AND ref < ? ORDER BY ref LIMIT ?`, w.from
		case in:
			from = w.from
		}
		rows, err := a.s.query(ctx, q, from, to, w.batch-len(out))
		list, err := collect(rows, err, func(r scanner) (termRow, error) {
			var t termRow
			err := r.Scan(&t.id, &t.fold)
			return t, err
		})
		if out = append(out, list...); err != nil || len(out) >= w.batch {
			return out, err
		}
	}
	return out, nil
}

// kindPrefixes are the beginnings of the references in base, in order: others
// need not be read.
func (a asker) kindPrefixes(ctx context.Context, base bitset.Set, desc bool) ([]string, error) {
	keys, err := a.keys(ctx, "kind")
	if err != nil {
		return nil, err
	}
	rows, err := a.terms(ctx, keys["kind"].id, condition{})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, v := range valuesIn(rows) {
		set, err := a.union(ctx, v.rows)
		if err != nil {
			return nil, err
		}
		if set.AndLen(base) > 0 {
			out = append(out, v.fold+":")
		}
	}
	slices.Sort(out)
	out = slices.Compact(out) // written in two ways
	if desc {
		slices.Reverse(out)
	}
	return out, nil
}
