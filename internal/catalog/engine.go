package catalog

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/keylock"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Tx is the transaction of the store.
type Tx = tx.Tx

// EnginePrefix begins the ids of sources that engines write.
const EnginePrefix = "engine:"

// Options are what an engine works with. Store is needed; the rest may be
// zero.
type Options struct {
	Store     Store
	Events    event.Log
	Locations []Location // of the configuration
	Log       *slog.Logger
	// Poll is how often sources are read that cannot be watched; zero means
	// 100 s.
	Poll  time.Duration
	Rules Rules  // which kinds may come from where
	Kinds *Kinds // kinds that files describe; nil: none
	// ReadOnly means that the configuration alone says what is read.
	ReadOnly bool
	// OrphanGrace is how long an entity stays that its remote source no longer
	// leads to; zero: it goes at once.
	OrphanGrace time.Duration
	// Rest is called after a reading that needed much memory; it may be nil.
	Rest func()
	Now  func() time.Time
}

// Engine keeps the catalog in step with its sources. Sources are fetched and
// parsed side by side, each by one reading at a time; what they bring is
// written by one at a time. When several copies of the server share a
// database, one of them reads a source at a time.
type Engine struct {
	o        Options
	id       string // of this copy
	fetchers map[string]Fetcher
	remote   Remote
	writing  sync.Mutex
	queue    *queue
	locks    keylock.Locks // one reading of a source follows the other
	memos    memos
	fails    fails
}

// New makes an engine. Register fetchers, then call Run.
func New(o Options) *Engine {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Poll == 0 {
		o.Poll = 100 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Kinds.declare()
	return &Engine{o: o, id: rand.Text(), fetchers: map[string]Fetcher{}, queue: newQueue(),
		memos: memos{by: map[string]map[string]memo{}},
		fails: fails{times: map[string]int{}}}
}

// Report is what one reading of a source brought.
type Report struct {
	Source   string    `json:"source"`
	Files    int       `json:"files"`
	Entities int       `json:"entities"`
	Added    int       `json:"added"`
	Changed  int       `json:"changed"`
	Removed  int       `json:"removed"`
	Orphaned int       `json:"orphaned"` // kept for a while, see Options.OrphanGrace
	Problems []Problem `json:"problems"`
}

// RegisterFetcher makes f read all targets of host. Call it before Run.
func (e *Engine) RegisterFetcher(host string, f Fetcher) { e.fetchers[host] = f }

// UseRemote makes r read what no fetcher was registered for. Call it before
// Run.
func (e *Engine) UseRemote(r Remote) { e.remote = r }

// CanFetch reports whether targets of host can be read.
func (e *Engine) CanFetch(host string) bool {
	return e.fetchers[host] != nil || (e.remote != nil && e.remote.Reads(host))
}

// Writable refuses to register and unregister when the configuration alone
// says what is read.
func (e *Engine) Writable() error {
	if e.o.ReadOnly {
		return fault.New(fault.Forbidden, "The catalog is read-only: its locations are in the configuration. Nothing was changed.")
	}
	return nil
}

// Look opens what an address names, for reading only; the faults are those of
// Fetcher.
func (e *Engine) Look(ctx context.Context, target string) (Snapshot, error) {
	o, err := e.openURL(ctx, target)
	return o.Snapshot, err
}

// Soon asks for a source to be read shortly, by Run.
func (e *Engine) Soon(source string) { e.queue.add(source) }

// SoonUnder asks for every source to be read whose id begins with prefix, such
// as url:https://waymark/owner/repo/ after a push.
func (e *Engine) SoonUnder(ctx context.Context, prefix string) error {
	all, err := e.o.Store.CatalogSources(ctx)
	for _, s := range all {
		if strings.HasPrefix(s.ID, prefix) {
			e.queue.add(s.ID)
		}
	}
	return err
}

// ReadNow reads a source at once and waits for it. An unknown source is fault
// NotFound.
func (e *Engine) ReadNow(ctx context.Context, source string) (Report, error) {
	src, err := e.source(ctx, source)
	if err != nil {
		return Report{}, err
	}
	return e.read(ctx, src)
}

// source finds a location by id: in the configuration, else among those that
// people registered.
func (e *Engine) source(ctx context.Context, id string) (Location, error) {
	for _, l := range e.o.Locations {
		if l.ID == id {
			return l, nil
		}
	}
	all, err := e.o.Store.CatalogSources(ctx)
	if err != nil {
		return Location{}, err
	}
	for _, s := range all {
		if s.ID == id && !strings.HasPrefix(id, EnginePrefix) {
			return Location{ID: s.ID, By: s.By}, nil // a registered location is never trusted
		}
	}
	return Location{}, fault.Newf(fault.NotFound, "There is no source %q.", id)
}

// read takes in one source. When its target cannot be opened, all that was
// read before is kept and the source shows why.
func (e *Engine) read(ctx context.Context, src Location) (_ Report, err error) {
	defer e.locks.Lock(src.ID)()
	ctx, l, err := e.hold(ctx, src.ID)
	if err != nil {
		return Report{Source: src.ID}, err
	}
	defer func() { err = errors.Join(err, l.drop(ctx)) }()
	return e.take(ctx, src, l)
}

// take reads a source that nobody else reads now.
func (e *Engine) take(ctx context.Context, src Location, l *lease) (Report, error) {
	began := e.o.Now()
	known, err := e.o.Store.CatalogFiles(ctx, src.ID)
	if err != nil {
		return Report{Source: src.ID}, err
	}
	r := newReading(e, src, known)
	defer r.close()
	state := SourceState{Location: src, ReadAt: began, Files: len(known)}
	items, version, err := r.start(ctx)
	if err != nil {
		state.Error, state.Took = Reason(err), e.o.Now().Sub(began)
		return Report{Source: src.ID}, errors.Join(err, e.o.Store.Write(ctx, func(t Tx) error { return e.o.Store.NoteReading(ctx, t, state) }))
	}
	p := newPass(r, e, l)
	if err = p.run(ctx, items); err == nil {
		state.Version, state.Took = version, e.o.Now().Sub(began)
		err = p.finish(ctx, state, e.o.Events)
	}
	for _, other := range p.freed {
		e.queue.add(other)
	}
	if err == nil {
		e.memos.keep(src.ID, r.memo)
	}
	e.settle(ctx, state, err)
	return p.report, err
}

// DropSource removes a source with all that it brought.
func (e *Engine) DropSource(ctx context.Context, t Tx, source, why string) error {
	held, err := e.o.Store.HeldFiles(ctx, t, source, nil)
	if err != nil {
		return err
	}
	refs := refsOfHeld(held)
	if err := e.o.Store.DropEntities(ctx, t, refs, why); err != nil {
		return err
	}
	if err := e.forget(ctx, t, refs); err != nil {
		return err
	}
	return e.o.Store.DropCatalogSource(ctx, t, source)
}

// forget lets those have dropped references that wanted them.
func (e *Engine) forget(ctx context.Context, t Tx, refs []string) error {
	wanted, err := e.o.Store.ForgetConflicts(ctx, t, refs)
	for _, w := range wanted {
		e.queue.add(w.Source)
	}
	return err
}

func refsOfHeld(list []Held) []string {
	out := make([]string, len(list))
	for i, h := range list {
		out[i] = h.Ref
	}
	slices.Sort(out)
	return out
}
