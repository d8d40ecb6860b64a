package cost

import (
	"cmp"
	"slices"
	"strings"
)

// Bill is a bill file after reading: its cells by billing month. Its size
// grows with the number of places and days, not of rows.
type Bill struct {
	Currency string
	Rows     int64
	HasList  bool
	Warnings []Warning
	Total    Amounts
	months   map[string]*billMonth
}

type billMonth struct {
	rows     int64
	firstDay string
	lastDay  string
	total    Amounts
	cells    map[cellKey]*tally
}

type cellKey struct {
	day string
	Place
}

type tally struct {
	rows int64
	Amounts
}

func (t *tally) add(a Amounts) {
	t.rows++
	t.Amounts = t.Amounts.Add(a)
}

func (b *Bill) add(period, day string, p Place, a Amounts) {
	m := b.months[period]
	if m == nil {
		m = &billMonth{firstDay: day, lastDay: day, cells: map[cellKey]*tally{}}
		b.months[period] = m
	}
	m.rows++
	m.firstDay, m.lastDay = min(m.firstDay, day), max(m.lastDay, day)
	k := cellKey{day, p}
	t := m.cells[k]
	if t == nil {
		t = &tally{}
		m.cells[k] = t
	}
	t.add(a)
	b.Rows++
}

// finish adds up the months and the whole.
func (b *Bill) finish() {
	for _, m := range b.months {
		for _, t := range m.cells {
			m.total = m.total.Add(t.Amounts)
		}
		b.Total = b.Total.Add(m.total)
	}
}

// Periods lists the billing months in the bill.
func (b *Bill) Periods() []string {
	out := make([]string, 0, len(b.months))
	for p := range b.months {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Month describes one billing month without its cells.
func (b *Bill) Month(period string) Import {
	m := b.months[period]
	return Import{Period: period, Rows: m.rows, Currency: b.Currency, HasList: b.HasList, Amounts: m.total, Warnings: b.Warnings,
		FirstDay: m.firstDay, LastDay: m.lastDay}
}

// Cells returns the cells of one billing month, by day and by month.
func (b *Bill) Cells(period string) []Cell {
	m := b.months[period]
	monthly := map[cellKey]*Cell{}
	out := make([]Cell, 0, len(m.cells)+len(m.cells)/8)
	for k, t := range m.cells {
		out = append(out, Cell{Day, k.day, k.Place, t.rows, t.Amounts})
		mk := cellKey{k.day[:len("2006-01")], k.Place}
		if c := monthly[mk]; c != nil {
			c.Rows += t.rows
			c.Amounts = c.Amounts.Add(t.Amounts)
		} else {
			monthly[mk] = &Cell{Month, mk.day, k.Place, t.rows, t.Amounts}
		}
	}
	for _, c := range monthly {
		out = append(out, *c)
	}
	slices.SortFunc(out, compareCells)
	return out
}

func compareCells(a, b Cell) int {
	return cmp.Or(strings.Compare(string(a.Grain), string(b.Grain)), strings.Compare(a.Bucket, b.Bucket),
		comparePlaces(a.Place, b.Place))
}

func comparePlaces(a, b Place) int {
	return cmp.Or(strings.Compare(a.Team, b.Team), strings.Compare(a.Service, b.Service),
		strings.Compare(a.Environment, b.Environment), strings.Compare(a.Provider, b.Provider),
		strings.Compare(a.ServiceName, b.ServiceName), strings.Compare(a.Account, b.Account))
}

// Sums rolls cells up for each dimension. Within a dimension the keys'
// amounts, Unallocated among them, add up to the whole exactly.
func Sums(cells []Cell) []Sum {
	type key struct {
		dimension string
		grain     Grain
		bucket    string
		key       string
	}
	sums := map[key]*Amounts{}
	for _, c := range cells {
		for _, d := range Dimensions {
			k := key{d, c.Grain, c.Bucket, c.Place.Key(d)}
			if s := sums[k]; s != nil {
				*s = s.Add(c.Amounts)
			} else {
				a := c.Amounts
				sums[k] = &a
			}
		}
	}
	out := make([]Sum, 0, len(sums))
	for k, a := range sums {
		out = append(out, Sum{k.dimension, k.grain, k.bucket, k.key, *a})
	}
	slices.SortFunc(out, func(a, b Sum) int {
		return cmp.Or(strings.Compare(a.Dimension, b.Dimension), strings.Compare(string(a.Grain), string(b.Grain)),
			strings.Compare(a.Bucket, b.Bucket), strings.Compare(a.Key, b.Key))
	})
	return out
}
