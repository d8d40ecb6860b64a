package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// Columns of many values that are searched or ordered by, names above all, are
// kept in memory: walking along them, or looking for a part of a text, would
// otherwise read a row for each value that leads nowhere. They are brought up
// to a new generation by what changed since.

const (
	// maxKeptColumns bounds all kept columns, in bytes: names and titles of
	// 100,000 components.
	maxKeptColumns = 6 << 20
	// wideColumn is from how many values on a column is worth keeping.
	wideColumn = 500
	// keepColumn is how long a column that nobody asks for keeps its place.
	keepColumn = time.Minute
)

// keptColumn is a column at one generation: its values in order, each for one
// entity. It never changes. An entity that is gone may still stand in it.
type keptColumn struct {
	generation int64
	text       []byte   // the values in lower case, each followed by a zero
	starts     []uint32 // where they begin
	ids        []uint32
	signs      []sign // what is in each block of values, see catalog_sign.go
}

func (k *keptColumn) size() int {
	return len(k.text) + 4*len(k.starts) + 4*len(k.ids) + signBits/8*len(k.signs)
}

func (k *keptColumn) value(i int) string {
	return string(k.text[k.starts[i] : k.end(i+1)-1])
}

func (k *keptColumn) add(value string, id int64) {
	k.starts, k.ids = append(k.starts, uint32(len(k.text))), append(k.ids, uint32(id))
	k.text = append(append(k.text, value...), 0)
}

// sign writes what is in each block; the last step of making a column.
func (k *keptColumn) sign() {
	k.signs = make([]sign, (len(k.ids)+signBlock-1)/signBlock)
	for i := range k.signs {
		k.signs[i].add(k.text[k.starts[i*signBlock]:k.end((i+1)*signBlock)])
	}
}

// from is the place of the first value that is not less than one.
func (k *keptColumn) from(value string) int {
	return sort.Search(len(k.ids), func(i int) bool { return k.value(i) >= value })
}

// end is where the value behind the last of the first n ends.
func (k *keptColumn) end(n int) int {
	if n < len(k.starts) {
		return int(k.starts[n])
	}
	return len(k.text)
}

// find adds the entities whose value has term as a part.
func (k *keptColumn) find(term string, found *bitset.Set) {
	want, signs := []byte(term), signOf(term)
	for i := range k.signs {
		if first := i * signBlock; k.signs[i].covers(signs) {
			k.findIn(first, min(first+signBlock, len(k.ids)), want, found)
		}
	}
}

// findIn is find for some of the values.
func (k *keptColumn) findIn(first, last int, want []byte, found *bitset.Set) {
	end := k.end(last)
	for row := first; row < last; row++ {
		i := bytes.Index(k.text[k.starts[row]:end], want)
		if i < 0 {
			return
		}
		at := int(k.starts[row]) + i
		for k.end(row+1) <= at {
			row++
		}
		found.Add(int64(k.ids[row]))
	}
}

// columnCache has the kept columns by their keys.
type columnCache struct {
	mu   sync.Mutex // held for a look
	kept map[int64]*columnPlace
	make sync.Mutex // held while one is made
}

type columnPlace struct {
	column *keptColumn // nil: it was too large
	used   time.Time
}

func (c *columnCache) get(key int64) (*keptColumn, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.kept[key]
	if p == nil {
		return nil, false
	}
	p.used = time.Now()
	return p.column, true
}

// size is what all kept columns weigh.
func (c *columnCache) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, p := range c.kept {
		if p.column != nil {
			n += p.column.size()
		}
	}
	return n
}

// put keeps a column if there is room beside those in use.
func (c *columnCache) put(key int64, k *keptColumn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.kept == nil {
		c.kept = map[int64]*columnPlace{}
	}
	size := k.size()
	for other, p := range c.kept {
		switch {
		case other == key:
		case now.Sub(p.used) > keepColumn:
			delete(c.kept, other)
		case p.column != nil:
			size += p.column.size()
		}
	}
	if size > maxKeptColumns {
		k = nil // so that it is not made again for a while
	}
	c.kept[key] = &columnPlace{k, now}
}

// kept returns the column as it is kept, made or renewed if need be; nil when
// it is none to be kept.
func (a asker) kept(ctx context.Context, c column) (*keptColumn, error) {
	if !c.known || c.whole || c.key.many || c.field == fieldUID {
		return nil, nil
	}
	columns := &a.s.columns
	k, known := columns.get(c.key.id)
	narrow := "narrow " + c.field
	if known && (k == nil || k.generation >= a.generation) {
		return k, nil
	}
	if a.s.asked.get(a.generation, narrow) != nil {
		return nil, nil
	}
	columns.make.Lock()
	defer columns.make.Unlock()
	k, known = columns.get(c.key.id) // somebody may have made it meanwhile
	if known && (k == nil || k.generation >= a.generation) {
		return k, nil
	}
	k, err := a.newColumn(ctx, c, k)
	if err != nil || k == nil {
		if err == nil {
			a.s.asked.put(a.generation, narrow, true, 1)
		}
		return nil, err
	}
	columns.put(c.key.id, k)
	return k, nil
}

// newColumn makes a column, from the one of an earlier generation if that is
// less work; nil when it has few values.
func (a asker) newColumn(ctx context.Context, c column, old *keptColumn) (*keptColumn, error) {
	if wide, err := a.wide(ctx, c); err != nil || !wide {
		return nil, err
	}
	if old == nil {
		return a.readColumn(ctx, c)
	}
	rows, err := a.s.query(ctx, `SELECT id FROM entities WHERE generation > ?`, old.generation)
	changed, err := collect(rows, err, scanID)
	if err != nil {
		return nil, err
	}
	all, err := a.terms(ctx, c.key.id, condition{exists: true})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	const part = 4
	if len(changed) > len(old.ids)/part || len(old.ids) > int(all[0].n)*(part+1)/part {
		return a.readColumn(ctx, c)
	}
	marks, err := a.marks(ctx, c, changed)
	if err != nil {
		return nil, err
	}
	return old.renewed(a.generation, marks), nil
}

// wide reports whether a column has many values.
func (a asker) wide(ctx context.Context, c column) (bool, error) {
	var n int
	err := a.s.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM catalog_terms WHERE key = ? LIMIT ?) x`, c.key.id, wideColumn).Scan(&n)
	return n == wideColumn, err
}

func (a asker) readColumn(ctx context.Context, c column) (*keptColumn, error) {
	k := &keptColumn{generation: a.generation}
	w := walk{batch: maxBatch}
	err := a.walk(ctx, c, w, func(v value) (bool, error) {
		set, err := a.few(ctx, v)
		for _, id := range set {
			k.add(v.fold, id)
		}
		return k.size() <= maxKeptColumns, err // one that is too large need not be read on
	})
	k.sign()
	return k, err
}

// few are the entities with a value, as a list.
func (a asker) few(ctx context.Context, v value) ([]int64, error) {
	if len(v.rows) == 1 && v.rows[0].few != nil && len(v.ids) == 0 {
		return bitset.DecodeList(nil, v.rows[0].few), nil
	}
	set, err := a.set(ctx, v)
	return slices.Collect(set.All), err
}

// renewed is the column with the changed entities in their new places.
func (k *keptColumn) renewed(generation int64, changed map[int64]query.Mark) *keptColumn {
	if len(changed) == 0 {
		same := *k
		same.generation = generation
		return &same
	}
	fresh := make([]int64, 0, len(changed))
	for id, m := range changed {
		if m.Stage == stageValue {
			fresh = append(fresh, id)
		}
	}
	slices.SortFunc(fresh, func(a, b int64) int {
		return cmp.Or(strings.Compare(changed[a].Value, changed[b].Value), cmp.Compare(a, b))
	})
	var gone bitset.Set
	for id := range changed {
		gone.Add(id)
	}
	out := &keptColumn{generation: generation, text: make([]byte, 0, len(k.text)), starts: make([]uint32, 0, len(k.starts)), ids: make([]uint32, 0, len(k.ids))}
	done := 0
	copyTo := func(end int) { // what stands before end and did not change
		for ; done < end; done++ {
			if !gone.Has(int64(k.ids[done])) {
				out.add(k.value(done), int64(k.ids[done]))
			}
		}
	}
	for _, id := range fresh {
		copyTo(k.from(changed[id].Value))
		out.add(changed[id].Value, id)
	}
	copyTo(len(k.ids))
	out.sign()
	return out
}
