package cost

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/internal/fault"
)

// maxFaults is how many broken rows are named before reading stops.
const maxFaults = 20

// maxCached bounds the texts whose meaning is remembered while reading.
const maxCached = 50_000

// ReadOptions say how a bill is read.
type ReadOptions struct {
	// Period, when set, is the one billing month that the bill may hold.
	Period string
	// Currency, when set, is the one that the portal keeps already.
	Currency string
	// Zone is where days begin; nil means UTC.
	Zone      *time.Location
	Directory Directory
}

// Read reads a FOCUS bill to its end in one pass. Anything broken is fault
// Invalid with the rows and columns named; then nothing of the bill is used.
func Read(ctx context.Context, r io.Reader, o ReadOptions) (*Bill, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	rd := &reader{o: o, bill: &Bill{months: map[string]*billMonth{}}, warnings: map[[2]string]*Warning{},
		tags: map[string]tagged{}, days: map[string]day{}, texts: map[string]string{}}
	if err := rd.run(ctx, r); err != nil {
		return nil, err
	}
	rd.bill.finish()
	return rd.bill, nil
}

type tagged struct {
	place Place
	ok    bool
}

type day struct {
	day   string
	exact bool
	err   error
}

// reader is the state of one reading.
type reader struct {
	o        ReadOptions
	bill     *Bill
	layout   layout
	warnings map[[2]string]*Warning
	order    []*Warning
	faults   []fault.Field
	tags     map[string]tagged
	days     map[string]day
	texts    map[string]string
}

func (r *reader) run(ctx context.Context, src io.Reader) error {
	text := bufio.NewReaderSize(src, 1<<18)
	if b, err := text.Peek(3); err == nil && string(b) == "\ufeff" {
		text.Discard(3)
		r.warn(1, "", "the file begins with a byte order mark")
	}
	c := csv.NewReader(text)
	c.ReuseRecord, c.FieldsPerRecord = true, -1
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return fault.InvalidField("file", "empty", "The file is empty. Nothing was changed.")
	}
	if err != nil {
		return csvFault(1, err)
	}
	if r.layout, err = readHeader(append([]string(nil), header...), r.warn); err != nil {
		return err
	}
	r.bill.HasList = r.layout.at[colList] >= 0
	for row := 2; ; row++ {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.faults = append(r.faults, csvFault(row, err).Fields...)
			break
		}
		if row%8192 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r.row(row, rec); len(r.faults) >= maxFaults {
			break
		}
	}
	return r.end()
}

func (r *reader) end() error {
	if len(r.faults) > 0 {
		f := fault.InvalidFields(r.faults...)
		f.Public = r.faults[0].Message + " Nothing was imported."
		return f
	}
	if r.bill.Rows == 0 {
		return fault.InvalidField("file", "empty", "The file holds a header and no charges. Nothing was changed.")
	}
	for _, w := range r.order {
		r.bill.Warnings = append(r.bill.Warnings, *w)
	}
	return nil
}

// row takes in one charge or notes what is wrong with it.
func (r *reader) row(n int, rec []string) {
	if len(rec) != r.layout.width {
		r.fail(n, "", fmt.Sprintf("it has %d fields, the header has %d", len(rec), r.layout.width))
		return
	}
	before := len(r.faults)
	a := r.amounts(n, rec)
	r.currency(n, rec)
	start := r.day(n, rec, colChargeStart)
	r.day(n, rec, colChargeEnd)
	period := r.period(n, rec, start)
	p := r.place(n, rec)
	if len(r.faults) == before {
		r.bill.add(period, start, p, a)
	}
}

func (r *reader) amounts(n int, rec []string) Amounts {
	var a Amounts
	var err error
	if a.Billed, err = parseMoney(null(rec[r.layout.at[colBilled]])); err != nil {
		r.failValue(n, rec, colBilled, err)
	}
	if a.Effective, err = parseMoney(null(rec[r.layout.at[colEffective]])); err != nil {
		r.failValue(n, rec, colEffective, err)
	}
	if list := r.get(rec, colList); list != "" {
		if a.List, err = parseMoney(list); err != nil {
			r.failValue(n, rec, colList, err)
		}
	} else if r.bill.HasList {
		r.warn(n, colList.String(), "is empty and counts as nothing in list prices")
	}
	return a
}

func (r *reader) currency(n int, rec []string) {
	cur := r.get(rec, colCurrency)
	switch {
	case r.bill.Currency == "" && r.o.Currency != "" && cur != r.o.Currency:
		r.fail(n, colCurrency.String(), fmt.Sprintf("%s cannot be added to the bills so far, which are in %s", quote(cur), r.o.Currency))
	case r.bill.Currency == "" && len(cur) >= 3 && len(cur) <= 12:
		r.bill.Currency = r.keep(cur)
	case cur != r.bill.Currency || cur == "":
		r.fail(n, colCurrency.String(), fmt.Sprintf("%s, but the rows before are in %s; one bill holds one currency", quote(cur), quote(r.bill.Currency)))
	}
}

// day reads the time in column c and returns its day.
func (r *reader) day(n int, rec []string, c column) string {
	text := r.get(rec, c)
	d, ok := r.days[text]
	if !ok {
		t, exact, err := parseTime(text)
		d = day{t.In(r.o.Zone).Format(time.DateOnly), exact, err}
		if len(r.days) < maxCached {
			r.days[r.keep(text)] = d
		}
	}
	if d.err != nil {
		r.fail(n, r.layout.names[c], d.err.Error())
	} else if !d.exact {
		r.warn(n, r.layout.names[c], "is not spelt as FOCUS asks (2026-10-01T00:00:00Z); it was read as UTC")
	}
	return d.day
}

// period is the billing month of a row.
func (r *reader) period(n int, rec []string, start string) string {
	from, c := start, colChargeStart
	if r.get(rec, colBillingStart) != "" {
		from, c = r.day(n, rec, colBillingStart), colBillingStart
	}
	if len(from) < len("2006-01") {
		return ""
	}
	p := from[:len("2006-01")]
	if r.o.Period != "" && p != r.o.Period {
		r.fail(n, r.layout.names[c], fmt.Sprintf("the row belongs to %s, the import is for %s", p, r.o.Period))
	}
	return p
}

func (r *reader) place(n int, rec []string) Place {
	field := r.get(rec, colTags)
	t, seen := r.tags[field]
	if !seen {
		t.place, t.ok = tags(field)
		if len(r.tags) < maxCached {
			r.tags[r.keep(field)] = t
		}
	}
	if !t.ok {
		r.warn(n, colTags.String(), "is not a JSON object; the row was taken without tags")
	}
	account := r.get(rec, colAccount)
	p := r.o.Directory.Allocate(r.get(rec, colResource), account, t.place)
	p.Provider = r.keep(r.get(rec, colProvider))
	p.ServiceName = r.keep(r.get(rec, colServiceName))
	p.Account = r.keep(account)
	return p
}

// get returns a column's text without blanks, empty when it is not there.
func (r *reader) get(rec []string, c column) string {
	if r.layout.at[c] < 0 {
		return ""
	}
	return null(rec[r.layout.at[c]])
}

// keep returns s as a text of its own: a record's fields share one buffer
// that would be held as long as any of them.
func (r *reader) keep(s string) string {
	if k, ok := r.texts[s]; ok {
		return k
	}
	k := string(append([]byte(nil), s...))
	if !utf8.ValidString(k) {
		k = string([]rune(k))
	}
	if len(r.texts) < maxCached {
		r.texts[k] = k
	}
	return k
}

func (r *reader) fail(row int, col, what string) {
	r.faults = append(r.faults, fileField(row, col, what))
}

func (r *reader) failValue(row int, rec []string, c column, err error) {
	r.fail(row, r.layout.names[c], quote(rec[r.layout.at[c]])+" "+err.Error())
}

func (r *reader) warn(row int, col, msg string) {
	k := [2]string{col, msg}
	if w := r.warnings[k]; w != nil {
		w.Rows++
		return
	}
	w := &Warning{Row: row, Column: col, Message: msg, Rows: 1}
	r.warnings[k] = w
	r.order = append(r.order, w)
}

// csvFault names the row that is not CSV.
func csvFault(row int, err error) *fault.Error {
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return fault.InvalidField("file", "not_csv", fmt.Sprintf("Row %d: the file is not CSV there (%s).", row, pe.Err))
	}
	return fault.InvalidField("file", "unreadable", fmt.Sprintf("Row %d: the file cannot be read to its end.", row)).Because(err)
}
