package run

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/waymark-portal/waymark/internal/tx"
)

const (
	lease     = Lease
	beatEvery = 500 * time.Millisecond // heartbeat; also how soon a cancel is seen
	system    = "system:run"           // the engine as an actor
)

// Lease is how long a run stays with a worker that is silent.
const Lease = 15 * time.Second

var zeroTime time.Time

// Options are what an Engine works with. DB, Store and SQL are needed.
type Options struct {
	DB    tx.DB
	Store Store
	// SQL is the pool that writes, for River; Postgres says which database it is.
	SQL      *sql.DB
	Postgres bool
	// Workers is how many runs work at once in this process, 8 if zero;
	// Supervised is how many supervisor processes, 4 if zero.
	Workers    int
	Supervised int
	// Supervise makes the command that works on a supervised run; the engine
	// detaches and starts it. Nil: supervised kinds are worked on in process.
	Supervise func(ID) *exec.Cmd
	// Listen tells f of runs that other processes change until ctx ends; nil
	// where the database cannot tell. Without it readers look for changes.
	Listen func(ctx context.Context, f func(ID)) error
	// Redact takes secrets out of everything that is kept as text. May be nil.
	Redact func(string) string
	// Now is the clock, time.Now if nil.
	Now func() time.Time
	// Lost is how often a run may lose its worker in one step before it
	// fails, 10 if zero.
	Lost int
	Log  *slog.Logger
}

// Engine starts, works on and ends runs. It is safe for concurrent use.
type Engine struct {
	db        tx.DB
	store     Store
	owner     string
	supervise func(ID) *exec.Cmd
	redact    func(string) string
	listen    func(context.Context, func(ID)) error
	now       func() time.Time
	maxLost   int
	log       *slog.Logger
	river     *river.Client[*sql.Tx]
	hub       hub
	hearing   sync.Once

	mu    sync.RWMutex
	kinds map[string]Kind

	sweeping sync.Mutex
	suspects map[ID]time.Time // runs whose lease had run out at the last sweep

	stop     chan struct{} // closed when this process hands its runs over
	stopOnce sync.Once
	swept    chan struct{} // asks for a sweep now
	work     sync.WaitGroup
}

// New makes an engine. It can start, cancel and execute runs at once; queued
// ones are taken after Run.
func New(o Options) (*Engine, error) {
	e := &Engine{db: o.DB, store: o.Store, owner: self(), supervise: o.Supervise, redact: o.Redact, listen: o.Listen, now: o.Now,
		maxLost: o.Lost, log: o.Log, kinds: map[string]Kind{}, stop: make(chan struct{}), swept: make(chan struct{}, 1)}
	if e.redact == nil {
		e.redact = func(s string) string { return s }
	}
	if e.now == nil {
		e.now = time.Now
	}
	if e.maxLost == 0 {
		e.maxLost = 10
	}
	if e.log == nil {
		e.log = slog.Default()
	}
	e.hub.mark, e.hub.every = o.Store.RunMark, watchEvery
	if o.Listen != nil {
		e.hub.every = listenedEvery
	}
	var err error
	if e.river, err = newRiver(e, o); err != nil {
		return nil, fmt.Errorf("runs: %w", err)
	}
	return e, nil
}

// Register adds a kind; it panics on a kind without steps or a second one of
// the same name, since both are faults of the program.
func (e *Engine) Register(k Kind) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, twice := e.kinds[k.Name]; twice || k.Name == "" || (len(k.Steps) == 0) == (k.Do == nil) {
		panic(fmt.Sprintf("run: kind %q has no name or steps, or is registered twice", k.Name))
	}
	e.kinds[k.Name] = k
}

func (e *Engine) kind(name string) (Kind, bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	k, ok := e.kinds[name]
	return k, ok
}
