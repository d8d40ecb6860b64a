package store

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// resolve finds the ids of all terms, new ones included.
func (w *termWriter) resolve(terms map[int64][]query.Term) error {
	if len(terms) == 0 {
		return nil
	}
	keys, err := w.keys(terms)
	if err != nil {
		return err
	}
	names := map[termName]string{} // to the value
	for _, list := range terms {
		for _, t := range list {
			key := keys[t.Key]
			names[termName{key, t.Form, t.Text}] = t.Value
			names[termName{key, formAny, ""}] = ""
		}
	}
	if err := w.find(names); err != nil {
		return err
	}
	for id, list := range terms {
		ids := make([]int64, 0, len(list)+16)
		for _, t := range list {
			key := keys[t.Key]
			ids = append(ids, w.byName[termName{key, t.Form, t.Text}].id, w.byName[termName{key, formAny, ""}].id)
		}
		slices.Sort(ids)
		w.entities[id] = slices.Compact(ids)
	}
	return nil
}

// find loads the named terms and makes those that are not there.
func (w *termWriter) find(names map[termName]string) error {
	type pair struct {
		key   int64
		value string
	}
	asked := map[pair]bool{}
	for name, value := range names {
		asked[pair{name.key, value}] = true
	}
	list := make([][2]any, 0, len(asked))
	for p := range asked {
		list = append(list, [2]any{p.key, p.value})
	}
	enc, err := json.Marshal(list)
	if err != nil {
		return err
	}
	rows, err := w.s.txQuery(w.ctx, w.t, w.s.termPairs(), string(enc))
	held, err := collect(rows, err, scanTerm)
	if err != nil {
		return err
	}
	for _, t := range held {
		if _, ok := names[t.name()]; ok {
			w.know(&termChange{termRow: t})
		}
	}
	var last int64
	if err := w.s.txRow(w.ctx, w.t, `SELECT last_term FROM catalog_generations WHERE id = 1`).Scan(&last); err != nil {
		return err
	}
	first := last
	for name, value := range names {
		if w.byName[name] == nil {
			last++
			w.know(&termChange{fresh: true, termRow: termRow{id: name.key<<termKeyShift | last, key: name.key, form: name.form, text: name.text, fold: value, few: []byte{}}})
		}
	}
	if last == first {
		return nil
	}
	_, err = w.s.exec(w.ctx, w.t, `UPDATE catalog_generations SET last_term = ? WHERE id = 1`, last)
	return err
}

func (w *termWriter) know(t *termChange) { w.byID[t.id], w.byName[t.name()] = t, t }

// termPairs selects terms by a JSON list of pairs of key and value.
func (s *Store) termPairs() string {
	from := `json_each(?) j CROSS JOIN catalog_terms t ON t.key = j.value->>0 AND t.value = j.value->>1`
	if s.dialect == postgres {
		from = `json_array_elements(?::json) j(value) JOIN catalog_terms t ON t.key = (j.value->>0)::bigint AND t.value = j.value->>1`
	}
	return `SELECT ` + termColumns + ` FROM ` + from
}

// keys returns the ids of the terms' keys. New ones are made; one of which an
// entity has several values is marked.
func (w *termWriter) keys(terms map[int64][]query.Term) (map[string]int64, error) {
	many := map[string]bool{}
	for _, list := range terms {
		seen := make(map[string]bool, len(list))
		for _, t := range list {
			many[t.Key] = many[t.Key] || seen[t.Key]
			seen[t.Key] = true
		}
	}
	type row struct {
		key  string
		id   int64
		many bool
	}
	names := slices.Sorted(maps.Keys(many))
	rows, err := w.s.txQuery(w.ctx, w.t, `SELECT key, id, many FROM catalog_keys WHERE `+w.s.inList("key"), listArg(names))
	held, err := collect(rows, err, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.key, &v.id, &v.many)
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, len(names))
	for _, v := range held {
		out[v.key] = v.id
		if many[v.key] && !v.many {
			if _, err := w.s.exec(w.ctx, w.t, `UPDATE catalog_keys SET many = 1 WHERE id = ?`, v.id); err != nil {
				return nil, err
			}
		}
	}
	return out, w.makeKeys(names, many, out)
}

func (w *termWriter) makeKeys(names []string, many map[string]bool, ids map[string]int64) error {
	var last int64
	var args []any
	for _, name := range names {
		if ids[name] > 0 {
			continue
		}
		if last == 0 {
			if err := w.s.txRow(w.ctx, w.t, `SELECT COALESCE(MAX(id), 0) FROM catalog_keys`).Scan(&last); err != nil {
				return err
			}
		}
		last++
		ids[name] = last
		args = append(args, last, name, flag(many[name]))
	}
	for chunk := range slices.Chunk(args, 3*catalogChunk) {
		if _, err := w.s.exec(w.ctx, w.t, `INSERT INTO catalog_keys (id, key, many) VALUES `+tuples(len(chunk)/3, 3), chunk...); err != nil {
			return err
		}
	}
	return nil
}
