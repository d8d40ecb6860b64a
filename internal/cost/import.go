package cost

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Upload is a bill to take in.
type Upload struct {
	Source string // where it comes from, such as aws
	Period string // the one billing month that it may hold; empty: any
	Name   string // of the file
	Body   io.Reader
}

// Receipt is the answer to an import.
type Receipt struct {
	Rows     int64     `json:"rows"`
	Warnings []Warning `json:"warnings"`
	Total    Total     `json:"total"`
	Imports  []string  `json:"imports"` // ids, one for each billing month
	Periods  []string  `json:"periods"`
	Run      any       `json:"run"` // null: imports are done when they answer
}

// Total is what an import holds, as decimal text.
type Total struct {
	Billed    string `json:"billed"`
	Effective string `json:"effective"`
	Currency  string `json:"currency"`
}

var (
	sourceForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
	periodForm = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)
)

// read is a bill that was read and waits to be written.
type read struct {
	bill   *Bill
	source string
	name   string
	hash   string
}

// Import reads a bill and writes it in one transaction, for loaders that act
// for the system. People and programs come through the action import-costs.
func (e *Engine) Import(ctx context.Context, a action.Actor, u Upload) (Receipt, error) {
	r, err := e.read(ctx, u)
	if err != nil {
		return Receipt{}, err
	}
	var out Receipt
	err = e.o.Store.Write(ctx, func(t tx.Tx) error {
		if out, err = e.save(ctx, t, a, r); err != nil {
			return err
		}
		data, err := json.Marshal(out)
		if err != nil {
			return err
		}
		return e.o.Events.Append(ctx, t, event.Event{Type: "costs.imported", Actor: a.ID, Subject: "costs:" + u.Source, Data: data})
	})
	return out, err
}

func (e *Engine) read(ctx context.Context, u Upload) (read, error) {
	if err := checkNames(u.Source, u.Period); err != nil {
		return read{}, err
	}
	d, err := e.o.Catalog.CostDirectory(ctx, accessSystem)
	if err != nil {
		return read{}, err
	}
	state, err := e.o.Store.CostState(ctx, accessSystem)
	if err != nil {
		return read{}, err
	}
	hash := sha256.New()
	body, err := plain(io.TeeReader(u.Body, hash))
	if err != nil {
		return read{}, err
	}
	bill, err := Read(ctx, body, ReadOptions{Period: u.Period, Currency: state.Currency, Zone: e.o.Zone, Directory: d})
	if err != nil {
		return read{}, err
	}
	return read{bill, u.Source, filepath.Base(u.Name), hex.EncodeToString(hash.Sum(nil))}, nil
}

func checkNames(source, period string) error {
	var f []fault.Field
	if !sourceForm.MatchString(source) {
		f = append(f, fault.Field{Field: "source", Code: "pattern", Message: "A source is a short name in lower case, such as aws."})
	}
	if period != "" && !periodForm.MatchString(period) {
		f = append(f, fault.Field{Field: "period", Code: "pattern", Message: "A period is a month, such as 2026-10."})
	}
	if len(f) > 0 {
		return fault.InvalidFields(f...)
	}
	return nil
}

// plain takes gzip off when it is there.
func plain(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	if head, err := b.Peek(2); err != nil || head[0] != 0x1f || head[1] != 0x8b {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fault.InvalidField("file", "not_gzip", "The file begins like gzip and cannot be unpacked.").Because(err)
	}
	return z, nil
}

// save writes every billing month of a read bill.
func (e *Engine) save(ctx context.Context, t tx.Tx, a action.Actor, r read) (Receipt, error) {
	b := r.bill
	out := Receipt{Rows: b.Rows, Warnings: b.Warnings, Periods: b.Periods(),
		Total: Total{b.Total.Billed.String(), b.Total.Effective.String(), b.Currency}}
	if out.Warnings == nil {
		out.Warnings = []Warning{}
	}
	for _, p := range out.Periods {
		i := b.Month(p)
		i.ID, i.Source, i.Name, i.Hash, i.Actor, i.At = id.New("cim"), r.source, r.name, r.hash, a.ID, t.Now()
		cells := b.Cells(p)
		if err := e.o.Store.SaveImport(ctx, t, i, cells, Sums(cells)); err != nil {
			return out, err
		}
		out.Imports = append(out.Imports, i.ID)
	}
	return out, nil
}

// open returns the bills that an import-costs input names, one after another.
func (e *Engine) open(in importInput) (Upload, io.Closer, error) {
	u := Upload{Source: in.Source, Period: in.Period, Name: in.Name}
	if in.Upload != "" {
		f, err := e.spool.open(in.Upload)
		if errors.Is(err, fs.ErrNotExist) {
			return u, nil, fault.InvalidField("upload", "unknown", "There is no such upload. Send the file with the request.")
		}
		u.Body = f
		return u, f, err
	}
	path, ok := e.o.Sources[in.Source]
	if !ok {
		return u, nil, fault.InvalidField("file", "required", "Choose a file, or name a source that the configuration knows.")
	}
	return e.openSource(u, path)
}

// openSource opens a configured file, or the newest bill file in a folder.
func (e *Engine) openSource(u Upload, path string) (Upload, io.Closer, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		path, err = newest(path, u.Period)
	}
	if err != nil {
		return u, nil, fault.New(fault.Unavailable, "The bills of this source cannot be read. Nothing was changed.").Because(err)
	}
	f, err := os.Open(path)
	if err != nil {
		return u, nil, fault.New(fault.Unavailable, "The bills of this source cannot be read. Nothing was changed.").Because(err)
	}
	u.Name, u.Body = path, f
	return u, f, nil
}

// newest is the last bill file of a folder by name, of the period if the
// name says it.
func newest(dir, period string) (string, error) {
	var names []string
	for _, pattern := range []string{"*.csv", "*.csv.gz"} {
		m, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", err
		}
		names = append(names, m...)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.Contains(filepath.Base(n), period) })
	if len(names) == 0 {
		return "", fs.ErrNotExist
	}
	return slices.Max(names), nil
}
