package store

import (
	"context"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/bitset"
)

// text returns the entities of which a value of one of the fields has term,
// which is in lower case, as a part.
func (a asker) text(ctx context.Context, term string, fields []string) (bitset.Set, error) {
	return a.keptSet(a.sight()+"text "+listArg(append(slices.Clone(fields), term)), func() (bitset.Set, error) {
		var out bitset.Set
		for _, field := range fields {
			c, err := a.column(ctx, field)
			if err != nil {
				return nil, err
			}
			set, err := a.textIn(ctx, c, term)
			if err != nil {
				return nil, err
			}
			out.Or(set)
		}
		return out, nil
	})
}

func (a asker) textIn(ctx context.Context, c column, term string) (bitset.Set, error) {
	if c.whole {
		var out bitset.Set
		for _, v := range c.fixed {
			if !strings.Contains(v.fold, term) {
				continue
			}
			set, err := a.set(ctx, v)
			if err != nil {
				return nil, err
			}
			out.Or(set)
		}
		return out, nil
	}
	if !c.known {
		return nil, nil
	}
	if k, err := a.kept(ctx, c); err != nil || k != nil {
		var found bitset.Set
		if err == nil {
			k.find(term, &found)
		}
		return found, err
	}
	has := `instr(t.value, ?) > 0`
	if a.s.dialect == postgres {
		has = `strpos(t.value, ?) > 0`
	}
	rows, err := a.s.query(ctx, `SELECT `+termColumns+` FROM catalog_terms t WHERE t.key = ? AND t.form <= 1 AND `+has, c.key.id, term)
	list, err := collect(rows, err, scanTerm)
	if err != nil {
		return nil, err
	}
	return a.union(ctx, list)
}
