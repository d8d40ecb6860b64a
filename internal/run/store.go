package run

import (
	"context"
	"time"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Store keeps runs. The store package implements it.
type Store interface {
	event.Log
	// InsertRun writes a new run with its steps.
	InsertRun(ctx context.Context, t tx.Tx, r Run) error
	// TxRun reads a run with its steps and locks it until t ends; fault
	// NotFound if there is none.
	TxRun(ctx context.Context, t tx.Tx, id ID) (Run, error)
	// PeekRun reads a run without its steps, outside a transaction.
	PeekRun(ctx context.Context, id ID) (Run, error)
	// MoveRun writes what a transition may change, if the run still stands in
	// from with that attempt; false if it does not.
	MoveRun(ctx context.Context, t tx.Tx, r Run, from State, attempt int) (bool, error)
	// FenceRun locks the run in t and marks it as changed; false unless it is
	// running under that attempt.
	FenceRun(ctx context.Context, t tx.Tx, id ID, attempt int) (bool, error)
	// PutStep writes a step, also one that the run did not have.
	PutStep(ctx context.Context, t tx.Tx, id ID, pos int, s StepRow) error
	// BeatRun extends the lease and reads the cancel flag; alive is false when
	// the run is not running under that attempt any more.
	BeatRun(ctx context.Context, t tx.Tx, id ID, attempt int, until time.Time) (cancel, alive bool, err error)
	// FlagCancel asks the worker of a run to stop.
	FlagCancel(ctx context.Context, t tx.Tx, id ID, by string) error
	// AppendLines numbers and writes lines; false when the attempt is over.
	AppendLines(ctx context.Context, t tx.Tx, id ID, attempt int, lines []Line) (bool, error)
	// PutNote keeps a value of a run under a key.
	PutNote(ctx context.Context, t tx.Tx, id ID, key string, value []byte) error
	// Note reads what PutNote kept; nil if nothing was.
	Note(ctx context.Context, id ID, key string) ([]byte, error)

	// NextRun is the queued run to be taken next, "" if there is none: of the
	// owner with the fewest running ones the one that was asked for first.
	// Runs of the kinds in except are left alone.
	NextRun(ctx context.Context, t tx.Tx, except []string) (ID, error)

	// LockLane makes other transactions that lock the same lane wait for t.
	LockLane(ctx context.Context, t tx.Tx, lane string) error
	// LaneHolder is the queued or running run of a lane, "" if there is none.
	LaneHolder(ctx context.Context, t tx.Tx, lane string) (ID, string, error)
	// LaneNext is the run that has waited longest in a lane, "" if none does.
	LaneNext(ctx context.Context, t tx.Tx, lane string) (ID, error)
	// LaneWaits sets the reason for waiting on all who wait in a lane.
	LaneWaits(ctx context.Context, t tx.Tx, lane, reason string) error

	// Sweepable lists running runs with their leases, runs that have been
	// queued since before the given time without anyone taking them, and
	// lanes in which somebody waits for nobody.
	Sweepable(ctx context.Context, queuedBefore time.Time) (Sweep, error)
	// TouchRun notes that a queued run was woken again.
	TouchRun(ctx context.Context, t tx.Tx, id ID) error
	// RunMark is what changes when a run or its log does.
	RunMark(ctx context.Context, id ID) (Mark, error)
}

// Sweep is what a sweep looks at.
type Sweep struct {
	Running []Run    // without steps
	Queued  []ID     // overdue
	Lanes   []string // to be freed
}

// Mark says how far a run has come.
type Mark struct {
	State   State
	Lines   int64 // number of the last log line
	Changes int64 // grows with every change
}
