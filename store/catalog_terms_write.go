package store

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/waymark-portal/waymark/internal/bitset"
)

// chunkChange is a chunk of a term's postings that changes.
type chunkChange struct {
	term, chunk int64
	bits        *bitset.Chunk
}

// settle works out the new rows of the terms, and which chunks change.
func (w *termWriter) settle() error {
	chunks := map[[2]int64]*bitset.Chunk{}
	at := func(term, id int64) *bitset.Chunk {
		k := [2]int64{term, bitset.ChunkOf(id)}
		if chunks[k] == nil {
			chunks[k] = &bitset.Chunk{}
		}
		return chunks[k]
	}
	changes := w.sortedChanges()
	for _, c := range changes {
		if c.few != nil {
			continue
		}
		for _, id := range append(c.add, c.drop...) {
			at(c.id, id)
		}
	}
	if err := w.loadChunks(chunks); err != nil {
		return err
	}
	for _, c := range changes {
		c.n += int64(len(c.add) - len(c.drop))
		if c.few != nil && c.settleFew() {
			continue
		}
		for _, id := range c.add {
			at(c.id, id).Set(id, true)
		}
		for _, id := range c.drop {
			at(c.id, id).Set(id, false)
		}
	}
	for k, bits := range chunks {
		w.chunks = append(w.chunks, chunkChange{k[0], k[1], bits})
	}
	slices.SortFunc(w.chunks, func(a, b chunkChange) int {
		return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.chunk, b.chunk))
	})
	return nil
}

// settleFew reports whether the entities still fit into the row. If not, all of
// them come to the postings.
func (c *termChange) settleFew() bool {
	ids := bitset.DecodeList(nil, c.few)
	ids = slices.DeleteFunc(append(ids, c.add...), func(id int64) bool { return slices.Contains(c.drop, id) })
	slices.Sort(ids)
	if len(ids) <= fewEntities {
		c.few = bitset.EncodeList(ids)
		return true
	}
	c.few, c.add, c.drop = nil, ids, nil
	return false
}

func (w *termWriter) loadChunks(chunks map[[2]int64]*bitset.Chunk) error {
	if len(chunks) == 0 {
		return nil
	}
	keys := make([][2]int64, 0, len(chunks))
	for k := range chunks {
		keys = append(keys, k)
	}
	enc, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	from := `json_each(?) j CROSS JOIN catalog_postings p ON p.term = j.value->>0 AND p.chunk = j.value->>1`
	if w.s.dialect == postgres {
		from = `json_array_elements(?::json) j(value) JOIN catalog_postings p ON p.term = (j.value->>0)::bigint AND p.chunk = (j.value->>1)::bigint`
	}
	rows, err := w.s.txQuery(w.ctx, w.t, `SELECT p.term, p.chunk, p.bits FROM `+from, string(enc))
	list, err := collect(rows, err, func(r scanner) (chunkChange, error) {
		var c chunkChange
		var bits []byte
		err := r.Scan(&c.term, &c.chunk, &bits)
		c.bits = bitset.DecodeChunk(bits)
		return c, err
	})
	for _, c := range list {
		chunks[[2]int64{c.term, c.chunk}] = c.bits
	}
	return err
}

// writeRows writes the rows of the terms; those that nothing has any more go.
func (w *termWriter) writeRows() error {
	var args []any
	var empty []int64
	for _, c := range w.sortedChanges() {
		if c.n <= 0 {
			if !c.fresh {
				empty = append(empty, c.id)
			}
			continue
		}
		original := c.text
		if original == c.fold {
			original = ""
		}
		var few any // nil when the postings have them
		if c.few != nil {
			few = c.few
		}
		args = append(args, c.id, c.key, int64(c.form), c.fold, original, c.n, few)
	}
	for chunk := range slices.Chunk(args, 7*catalogChunk) {
		_, err := w.s.exec(w.ctx, w.t, `
			INSERT INTO catalog_terms (id, key, form, value, original, n, few) VALUES `+tuples(len(chunk)/7, 7)+`
			ON CONFLICT (id) DO UPDATE SET n = excluded.n, few = excluded.few`, chunk...)
		if err != nil {
			return err
		}
	}
	if len(empty) == 0 {
		return nil
	}
	_, err := w.s.exec(w.ctx, w.t, `DELETE FROM catalog_terms WHERE `+w.s.inIDs("id"), idsArg(empty))
	return err
}

func (w *termWriter) writePostings() error {
	var args []any
	for _, c := range w.chunks {
		if data := c.bits.Encode(); data != nil {
			args = append(args, c.term, c.chunk, data)
			continue
		}
		if _, err := w.s.exec(w.ctx, w.t, `DELETE FROM catalog_postings WHERE term = ? AND chunk = ?`, c.term, c.chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(args, 3*catalogChunk) {
		_, err := w.s.exec(w.ctx, w.t, `
			INSERT INTO catalog_postings (term, chunk, bits) VALUES `+tuples(len(chunk)/3, 3)+`
			ON CONFLICT (term, chunk) DO UPDATE SET bits = excluded.bits`, chunk...)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeEntities writes which terms each entity has.
func (w *termWriter) writeEntities() error {
	var args []any
	for id, terms := range w.entities {
		if len(terms) > 0 {
			args = append(args, id, bitset.EncodeList(terms))
		}
	}
	for chunk := range slices.Chunk(args, 2*catalogChunk) {
		_, err := w.s.exec(w.ctx, w.t, `
			INSERT INTO entity_terms (entity, terms) VALUES `+tuples(len(chunk)/2, 2)+`
			ON CONFLICT (entity) DO UPDATE SET terms = excluded.terms`, chunk...)
		if err != nil {
			return err
		}
	}
	if len(w.gone) == 0 {
		return nil
	}
	_, err := w.s.exec(w.ctx, w.t, `DELETE FROM entity_terms WHERE `+w.s.inIDs("entity"), idsArg(w.gone))
	return err
}

// inIDs is the condition that a column of numbers is among those of one
// argument, see idsArg.
func (s *Store) inIDs(column string) string {
	if s.dialect == postgres {
		return column + ` = ANY(string_to_array(?, ',')::bigint[])`
	}
	return column + ` IN (SELECT value FROM json_each('[' || ? || ']'))`
}

func idsArg(ids []int64) string {
	out := make([]byte, 0, 12*len(ids))
	for i, id := range ids {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, id, 10)
	}
	return string(out)
}
