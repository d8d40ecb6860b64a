package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// maxGather is up to how many entities are sorted one by one. More are found
// by walking along the values of the first column.
const maxGather = 300

// full reports whether the page has all that it wants.
func (p *pager) full() bool { return len(p.hits) >= p.want }

// emit takes a hit, or skips it.
func (p *pager) emit(id int64, at []query.Mark) {
	switch {
	case p.full():
	case p.skip > 0:
		p.pass(1)
	default:
		p.seen++
		p.hits = append(p.hits, hit{id, at})
	}
}

// pass skips n entities.
func (p *pager) pass(n int) { p.skip, p.seen = p.skip-n, p.seen+n }

// run collects entities of base by the columns that marks do not cover yet,
// behind the place from (nil: from the first on).
func (p *pager) run(ctx context.Context, base bitset.Set, marks []query.Mark, from *place) error {
	level := len(marks)
	if p.full() {
		return nil
	}
	if level == len(p.columns) {
		p.equals(base, marks, from)
		return nil
	}
	n := base.Len()
	if from == nil && n <= p.skip {
		p.pass(n)
		return nil
	}
	if few, err := p.fewer(ctx, n, level); err != nil || few {
		if err == nil {
			err = p.gather(ctx, slices.Collect(base.All), marks, from)
		}
		return err
	}
	before := p.seen
	stages := []int{stageValue, stageNull, stageMissing}
	if p.back {
		slices.Reverse(stages)
	}
	for _, stage := range stages {
		inner := from
		if from != nil && from.at[0].Stage != stage {
			if (stage < from.at[0].Stage) != p.back {
				continue
			}
			inner = nil
		}
		if err := p.stage(ctx, stage, base, marks, inner); err != nil || p.full() || p.seen == before+n {
			return err
		}
	}
	return nil
}

// fewer reports whether n entities are sorted in less time than the next
// column is walked.
func (p *pager) fewer(ctx context.Context, n, level int) (bool, error) {
	if n > maxGather {
		return false, nil
	}
	// Along a kept column a step costs next to nothing, but none can be left out.
	const least, steps = 60_000, 3000
	k, err := p.a.kept(ctx, p.columns[level].column)
	return k == nil || len(k.ids) > least+steps*n, err
}

// stage collects the entities of base that have a value, a null, or nothing in
// the next column.
func (p *pager) stage(ctx context.Context, stage int, base bitset.Set, marks []query.Mark, from *place) error {
	c := p.columns[len(marks)]
	if stage == stageValue {
		return p.values(ctx, c, base, marks, from)
	}
	if c.field == query.ByRef {
		return nil
	}
	var set bitset.Set
	var err error
	if stage == stageNull {
		set, err = p.a.nulls(ctx, c.column, base)
	} else if set, err = p.a.leaf(ctx, c.field, condition{exists: true}); err == nil {
		set = base.Minus(set)
	}
	if err != nil {
		return err
	}
	return p.run(ctx, set, with(marks, query.Mark{Stage: stage}), from.inner())
}

func with(marks []query.Mark, m query.Mark) []query.Mark {
	return append(marks[:len(marks):len(marks)], m)
}

// inner is the place within the values of the first column.
func (f *place) inner() *place {
	if f == nil {
		return nil
	}
	return &place{f.at[1:], f.id}
}

// values walks along the values of a column.
func (p *pager) values(ctx context.Context, c sorted, base bitset.Set, marks []query.Mark, from *place) error {
	if k, err := p.a.kept(ctx, c.column); err != nil || k != nil {
		if err == nil {
			err = p.along(ctx, k, c, base, marks, from)
		}
		return err
	}
	const least, spare = 32, 8
	n := base.Len()
	w := walk{desc: c.desc != p.back, batch: min(maxBatch, max(least, (p.want+p.skip)*p.all/max(n, 1)+spare))}
	if from != nil {
		w.from, w.placed = from.at[0].Value, true
	}
	if c.field == query.ByRef {
		var err error
		if w.prefixes, err = p.a.kindPrefixes(ctx, base, w.desc); err != nil {
			return err
		}
	}
	return p.a.walk(ctx, c.column, w, func(v value) (bool, error) {
		group, err := p.group(ctx, c, v, base)
		if err != nil || len(group) == 0 {
			return true, err
		}
		return p.take(ctx, v.fold, group, marks, from)
	})
}

// take collects the entities of one value. It reports whether the page has
// room for more.
func (p *pager) take(ctx context.Context, value string, group []int64, marks []query.Mark, from *place) (bool, error) {
	var inner *place
	if from != nil && from.at[0].Value == value {
		inner = from.inner()
	}
	if inner == nil && len(group) <= p.skip {
		p.pass(len(group))
		return true, nil
	}
	at := with(marks, query.Mark{Value: value})
	var err error
	if len(group) <= maxGather {
		err = p.gather(ctx, group, at, inner)
	} else {
		err = p.run(ctx, setOfIDs(group), at, inner)
	}
	return !p.full(), err
}

// along is values for a column that is kept.
func (p *pager) along(ctx context.Context, k *keptColumn, c sorted, base bitset.Set, marks []query.Mark, from *place) error {
	step, i := 1, 0
	if c.desc != p.back {
		step, i = -1, len(k.ids)-1
	}
	switch {
	case from != nil && step > 0:
		i = k.from(from.at[0].Value)
	case from != nil:
		i = k.from(from.at[0].Value+"\x00") - 1
	}
	for i >= 0 && i < len(k.ids) {
		if !base.Has(int64(k.ids[i])) {
			i += step
			continue
		}
		value := k.value(i)
		var group []int64
		for ; i >= 0 && i < len(k.ids) && k.value(i) == value; i += step {
			if id := int64(k.ids[i]); base.Has(id) {
				group = append(group, id)
			}
		}
		if on, err := p.take(ctx, value, group, marks, from); err != nil || !on {
			return err
		}
	}
	return nil
}

// group are the entities of base whose value in the column is v, ascending.
func (p *pager) group(ctx context.Context, c sorted, v value, base bitset.Set) ([]int64, error) {
	var ids []int64
	if len(v.rows) == 1 && v.rows[0].few != nil && len(v.ids) == 0 {
		ids = bitset.DecodeList(nil, v.rows[0].few)
		ids = slices.DeleteFunc(ids, func(id int64) bool { return !base.Has(id) })
	} else {
		set, err := p.a.set(ctx, v)
		if err != nil {
			return nil, err
		}
		ids = slices.Collect(set.And(base).All)
	}
	if len(ids) == 0 || !c.key.many && !c.whole {
		return ids, nil
	}
	marks, err := p.a.marks(ctx, c.column, ids)
	return slices.DeleteFunc(ids, func(id int64) bool { return marks[id].Value != v.fold }), err
}

// equals collects entities that are equal in all columns, by their numbers.
func (p *pager) equals(base bitset.Set, marks []query.Mark, from *place) {
	order := base.All
	if p.back {
		order = base.Backward
	}
	for id := range order {
		if from != nil && (!p.back && id <= from.id || p.back && id >= from.id) {
			continue
		}
		if p.emit(id, marks); p.full() {
			return
		}
	}
}

// gather collects a few entities by sorting them.
func (p *pager) gather(ctx context.Context, ids []int64, marks []query.Mark, from *place) error {
	level := len(marks)
	list := make([]hit, len(ids))
	for i, id := range ids {
		list[i] = hit{id, marks}
	}
	for _, c := range p.columns[level:] {
		at, err := p.a.marks(ctx, c.column, ids)
		if err != nil {
			return err
		}
		for i := range list {
			list[i].at = with(list[i].at, at[list[i].id])
		}
	}
	compare := func(a, b hit) int {
		for i, c := range p.columns[level:] {
			if d := compareMarks(a.at[level+i], b.at[level+i], c.desc); d != 0 {
				return d
			}
		}
		return cmp.Compare(a.id, b.id)
	}
	if p.back {
		forward := compare
		compare = func(a, b hit) int { return forward(b, a) }
	}
	if len(list) > 1 {
		slices.SortFunc(list, compare)
	}
	for _, h := range list {
		if from != nil && compare(h, hit{from.id, append(marks[:level:level], from.at...)}) <= 0 {
			continue
		}
		p.emit(h.id, h.at)
	}
	return nil
}
