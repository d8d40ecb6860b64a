package store

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/waymark-portal/waymark/internal/bitset"
	"github.com/waymark-portal/waymark/internal/catalog/query"
)

// foundPage is a page before its entities are read.
type foundPage struct {
	ids        []int64
	total      int
	next, prev string
}

// page finds one page of what r asks for, from a position on. total is known
// already unless it is negative.
func (a asker) page(ctx context.Context, r query.Request, from *query.Position, total int) (*foundPage, error) {
	r.Cursor = ""
	asked, err := json.Marshal(struct {
		Where string
		R     query.Request
		From  *query.Position
		Total int
	}{query.Key(r.Where), withoutWhere(r), from, total})
	if err != nil {
		return nil, err
	}
	key := a.sight() + "page " + string(asked)
	if p, ok := a.s.asked.get(a.generation, key).(*foundPage); ok {
		return p, nil
	}
	p, err := a.findPage(ctx, r, from, total)
	if err == nil {
		a.s.asked.put(a.generation, key, p, 8*len(p.ids)+len(p.next)+len(p.prev))
	}
	return p, err
}

func withoutWhere(r query.Request) query.Request {
	r.Where = nil
	return r
}

func (a asker) findPage(ctx context.Context, r query.Request, from *query.Position, total int) (*foundPage, error) {
	base, err := a.base(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &foundPage{}
	if r.Total {
		if p.total = total; total < 0 {
			p.total = base.Len()
		}
	}
	if r.Limit == 0 {
		return p, nil
	}
	hits, err := a.hits(ctx, base, r, from, r.Limit+1)
	if err != nil {
		return nil, err
	}
	back := from != nil && from.Back
	more := len(hits) > r.Limit
	hits = hits[:min(len(hits), r.Limit)]
	if back {
		slices.Reverse(hits)
	}
	for _, h := range hits {
		p.ids = append(p.ids, h.id)
	}
	if len(hits) == 0 {
		return p, nil
	}
	if more || back {
		last := hits[len(hits)-1]
		if p.next, err = query.EncodeCursor(r, query.Position{At: last.at, ID: last.id}, p.total); err != nil {
			return nil, err
		}
	}
	if back && more || !back && (from != nil || r.Offset > 0) {
		p.prev, err = query.EncodeCursor(r, query.Position{At: hits[0].at, ID: hits[0].id, Back: true}, p.total)
	}
	return p, err
}

// block finds the next entities of a stream, and the position behind them: nil
// at the end.
func (a asker) block(ctx context.Context, r query.Request, from *query.Position) ([]int64, *query.Position, error) {
	base, err := a.base(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	hits, err := a.hits(ctx, base, r, from, r.Limit)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]int64, len(hits))
	for i, h := range hits {
		ids[i] = h.id
	}
	if len(hits) < r.Limit {
		return ids, nil, nil
	}
	last := hits[len(hits)-1]
	return ids, &query.Position{At: last.at, ID: last.id}, nil
}

// base are the entities of which a request returns a page. The set is shared.
func (a asker) base(ctx context.Context, r query.Request) (bitset.Set, error) {
	base, err := a.match(ctx, r.Where)
	if err != nil {
		return nil, err
	}
	if r.DropMissing && len(r.Order) > 0 && r.Order[0].Field != query.ByRef {
		present, err := a.leaf(ctx, r.Order[0].Field, condition{exists: true})
		if err != nil {
			return nil, err
		}
		base = base.And(present)
	}
	if r.Text == "" {
		return base, nil
	}
	fields := r.TextFields
	if len(fields) == 0 {
		fields = []string{fieldUID}
		if len(r.Order) > 0 && r.Order[0].Field != query.ByRef {
			fields = []string{r.Order[0].Field}
		}
	}
	text, err := a.text(ctx, query.Fold(r.Text), fields)
	return base.And(text), err
}

// hit is an entity with its place in the order.
type hit struct {
	id int64
	at []query.Mark
}

// byUID is the order of requests that have none.
var byUID = []query.Order{{Field: fieldUID}}

// hits returns the first of base in the order of r, behind a position or, in
// reverse, before it.
func (a asker) hits(ctx context.Context, base bitset.Set, r query.Request, from *query.Position, want int) ([]hit, error) {
	p := &pager{a: a, want: want}
	orders := r.Order
	if len(orders) == 0 {
		orders = byUID
	}
	for _, o := range orders {
		c, err := a.column(ctx, o.Field)
		if err != nil {
			return nil, err
		}
		p.columns = append(p.columns, sorted{c, o.Desc})
	}
	var rest *place
	if from == nil {
		p.skip = max(0, r.Offset)
	} else {
		p.back = from.Back
		rest = &place{from.At, from.ID}
	}
	all, err := a.everything(ctx)
	if err != nil {
		return nil, err
	}
	p.all = all.Len()
	err = p.run(ctx, base, nil, rest)
	return p.hits, err
}

// sorted is a column with its direction.
type sorted struct {
	column
	desc bool
}

// place is where a page begins, in the columns that are still to be looked at.
type place struct {
	at []query.Mark
	id int64
}

// pager collects the hits of one page.
type pager struct {
	a          asker
	columns    []sorted
	all        int // how many entities there are
	want, skip int
	seen       int // how many were taken or skipped
	back       bool
	hits       []hit
}
