package store

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// terms returns the terms of a key that meet c; for mere existence the one
// that stands for all. What is asked most is kept. The rows are shared.
func (a asker) terms(ctx context.Context, key int64, c condition) ([]termRow, error) {
	if !c.exists && len(c.values) != 1 {
		return a.readTerms(ctx, key, c)
	}
	name := "terms " + strconv.FormatInt(key, 36)
	if !c.exists {
		name += " " + c.values[0]
	}
	if rows, ok := a.s.asked.get(a.generation, name).([]termRow); ok {
		return rows, nil
	}
	rows, err := a.readTerms(ctx, key, c)
	if err == nil {
		a.s.asked.put(a.generation, name, rows, sizeOf(rows))
	}
	return rows, err
}

// sizeOf is about how many bytes terms take.
func sizeOf(rows []termRow) int {
	const row = 80
	n := 0
	for _, t := range rows {
		n += row + len(t.text) + len(t.fold) + len(t.few)
	}
	return n
}

// readTerms is terms from the database.
func (a asker) readTerms(ctx context.Context, key int64, c condition) ([]termRow, error) {
	const all = `SELECT ` + termColumns + ` FROM catalog_terms t WHERE t.key = ? AND `
	switch {
	case c.exists:
		rows, err := a.s.query(ctx, all+`t.value = '' AND t.form = 3`, key)
		return collect(rows, err, scanTerm)
	case c.values != nil:
		return a.pairs(ctx, pairsOf(key, c.values))
	}
	rows, err := a.s.query(ctx, all+`t.value >= ? AND t.value < ? AND t.form <= 1`, key, c.prefix, c.prefix+beyond)
	return collect(rows, err, scanTerm)
}

func pairsOf(key int64, values []string) [][2]any {
	out := make([][2]any, len(values))
	for i, v := range values {
		out[i] = [2]any{key, v}
	}
	return out
}

// pairs returns the terms with a value of the pairs of key and value.
func (a asker) pairs(ctx context.Context, pairs [][2]any) ([]termRow, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	enc, err := json.Marshal(pairs)
	if err != nil {
		return nil, err
	}
	rows, err := a.s.query(ctx, a.s.termPairs(), string(enc))
	list, err := collect(rows, err, scanTerm)
	return slices.DeleteFunc(list, func(t termRow) bool { return t.form > query.Listed }), err
}

// listed are the entities in whose list the end of field stands, the list being
// at the beginning: metadata.tags.java.
func (a asker) listed(ctx context.Context, field string) ([]int64, error) {
	var names []string
	for i := range len(field) {
		if field[i] == '.' {
			names = append(names, field[:i])
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	keys, err := a.keys(ctx, names...)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	var pairs [][2]any
	for name, key := range keys {
		pairs = append(pairs, [2]any{key.id, field[len(name)+1:]})
	}
	rows, err := a.pairs(ctx, pairs)
	if err != nil {
		return nil, err
	}
	set, err := a.union(ctx, slices.DeleteFunc(rows, func(t termRow) bool { return t.form != query.Listed }))
	return slices.Collect(set.All), err
}

// orphans are the entities that the catalog marked itself.
func (a asker) orphans(ctx context.Context) ([]int64, error) {
	rows, err := a.s.query(ctx, `SELECT e.id FROM entity_bodies b JOIN entities e ON e.ref = b.ref WHERE b.orphan = 1`)
	return collect(rows, err, scanID)
}

// termKey is a field by which entities are found.
type termKey struct {
	name string
	id   int64
	many bool // an entity may have several values
}

// keys returns those of the fields that an entity has.
func (a asker) keys(ctx context.Context, names ...string) (map[string]termKey, error) {
	out := make(map[string]termKey, len(names))
	var rest []string
	for _, name := range names {
		switch v, known := a.s.asked.get(a.generation, "key "+name).(termKey); {
		case !known:
			rest = append(rest, name)
		case v.id > 0:
			out[name] = v
		}
	}
	if len(rest) == 0 {
		return out, nil
	}
	rows, err := a.s.query(ctx, `SELECT key, id, many FROM catalog_keys WHERE `+a.s.inList("key"), listArg(rest))
	list, err := collect(rows, err, func(r scanner) (termKey, error) {
		var v termKey
		return v, r.Scan(&v.name, &v.id, &v.many)
	})
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		out[v.name] = v
	}
	for _, name := range rest { // also that there is none
		a.s.asked.put(a.generation, "key "+name, out[name], len(name))
	}
	return out, nil
}

// union are the entities that have one of the terms. The set is shared.
func (a asker) union(ctx context.Context, rows []termRow) (bitset.Set, error) {
	large, err := a.postings(ctx, rows)
	if err != nil {
		return nil, err
	}
	if len(rows) == 1 && rows[0].few == nil {
		return large[rows[0].id], nil
	}
	var out bitset.Set
	var few []int64
	for _, t := range rows {
		if t.few == nil {
			out.Or(large[t.id])
			continue
		}
		few = bitset.DecodeList(few[:0], t.few)
		out.AddList(few)
	}
	return out, nil
}

// postings returns the entities of those terms whose rows do not hold them.
// The sets are shared.
func (a asker) postings(ctx context.Context, rows []termRow) (map[int64]bitset.Set, error) {
	out := map[int64]bitset.Set{}
	var ids []int64
	for _, t := range rows {
		if t.few != nil {
			continue
		}
		if set, ok := a.s.asked.get(a.generation, postingsKey(t.id)).(bitset.Set); ok {
			out[t.id] = set
			continue
		}
		ids = append(ids, t.id)
	}
	if len(ids) == 0 {
		return out, nil
	}
	type posting struct {
		term, chunk int64
		bits        []byte
	}
	found, err := a.s.query(ctx, `SELECT p.term, p.chunk, p.bits FROM catalog_postings p WHERE `+a.s.inIDs("p.term"), idsArg(ids))
	list, err := collect(found, err, func(r scanner) (posting, error) {
		var p posting
		return p, r.Scan(&p.term, &p.chunk, &p.bits)
	})
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		set := out[p.term]
		set.OrChunk(p.chunk, p.bits)
		out[p.term] = set
	}
	for _, id := range ids {
		a.s.asked.put(a.generation, postingsKey(id), out[id], 8*len(out[id]))
	}
	return out, nil
}

func postingsKey(id int64) string { return "term " + strconv.FormatInt(id, 36) }
