package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/tx"
)

// Held is what the catalog holds under a reference.
type Held struct {
	Ref    string
	Source string
	File   string
	Hash   string
	// Where it stands; a change of these alone is no change of the entity.
	Document int
	Line     int
	Version  string
	Trusted  bool
	Orphan   bool // its source no longer holds it
}

// Wanted is a reference that a document claims in vain, since another holds
// it.
type Wanted struct{ Ref, Source, File string }

// FileState is what is known of a file since it was last read.
type FileState struct {
	Path    string
	Hash    string   // of its text, of what its placeholders read, and of how it was read
	Reads   []string // files that its placeholders named
	Targets []string // what its Location entities name
	// Via is the file whose Location named this one; empty: the source itself
	// named it. While that one is broken, this one is kept.
	Via string
}

func (f FileState) equal(o FileState) bool {
	return f.Path == o.Path && f.Hash == o.Hash && f.Via == o.Via && slices.Equal(f.Reads, o.Reads) && slices.Equal(f.Targets, o.Targets)
}

// Written is an entity to write, with its encoded body.
type Written struct {
	Entity
	Body    []byte
	Trusted bool
	New     bool     // nothing is held under its reference
	Fields  []string // what changed, when it is not new
	Diff    []FieldChange
}

// Store is what the engine needs from storage. All methods that take a Tx
// write or read in it.
type Store interface {
	tx.DB
	// Shared reports whether other copies of the server may use this store.
	Shared() bool
	// TakeLease gives name to holder for d, or keeps it there, and reports
	// whether holder has it now. HoldsLease only reports it.
	TakeLease(ctx context.Context, name, holder string, d time.Duration) (bool, error)
	HoldsLease(ctx context.Context, t tx.Tx, name, holder string) (bool, error)
	DropLease(ctx context.Context, name, holder string) error

	// HeldRefs returns what is held under the references; absent ones are
	// missing from the map. Until t ends nobody else changes the catalog.
	HeldRefs(ctx context.Context, t tx.Tx, refs []string) (map[string]Held, error)
	// HeldFiles returns what was read from these files of the source; nil
	// files means all of them.
	HeldFiles(ctx context.Context, t tx.Tx, source string, files []string) ([]Held, error)
	// CountHeld returns how many entities there are of each of these files.
	CountHeld(ctx context.Context, t tx.Tx, source string, files []string) (map[string]int, error)
	// HeldBodies returns the bodies under the references.
	HeldBodies(ctx context.Context, t tx.Tx, refs []string) (map[string][]byte, error)
	// Rereadable says that what t writes can be read from its source again, so
	// that it need not survive a crash of the database.
	Rereadable(ctx context.Context, t Tx) error
	// CatalogGrown tells the database how many entities were added by what was
	// committed, so that it plans for the size that the catalog has now.
	CatalogGrown(ctx context.Context, added int) error
	PutEntities(ctx context.Context, t tx.Tx, list []Written) error
	// MoveEntities writes where entities stand that are otherwise unchanged.
	MoveEntities(ctx context.Context, t tx.Tx, list []Written) error
	// DropEntities removes entities and leaves tombstones that say why.
	DropEntities(ctx context.Context, t tx.Tx, refs []string, why string) error

	// OrphanEntities marks entities that their source no longer holds;
	// ReviveEntities takes the mark away, and leaves no trace of it.
	OrphanEntities(ctx context.Context, t tx.Tx, refs []string) error
	ReviveEntities(ctx context.Context, t tx.Tx, refs []string) error
	// OrphansBefore returns entities that became orphans up to then.
	OrphansBefore(ctx context.Context, t tx.Tx, then time.Time, limit int) ([]Held, error)

	CatalogFiles(ctx context.Context, source string) (map[string]FileState, error)
	PutCatalogFiles(ctx context.Context, t tx.Tx, source string, files []FileState) error
	DropCatalogFiles(ctx context.Context, t tx.Tx, source string, paths []string) error
	// WantedBy returns the documents that lost a conflict for one of the
	// references. ForgetConflicts also makes their files be read again.
	WantedBy(ctx context.Context, t tx.Tx, refs []string) ([]Wanted, error)
	ForgetConflicts(ctx context.Context, t tx.Tx, refs []string) ([]Wanted, error)
	// ReplaceProblems makes list the problems of these files of the source;
	// one that was there already keeps its age. No file means the source itself.
	ReplaceProblems(ctx context.Context, t tx.Tx, source string, files []string, list []Problem) error

	CatalogSources(ctx context.Context) ([]SourceState, error)
	PutCatalogSource(ctx context.Context, t tx.Tx, s SourceState) error
	// NoteReading writes what a reading of a source brought; of one that
	// somebody registered, only if it has not been removed meanwhile.
	NoteReading(ctx context.Context, t tx.Tx, s SourceState) error
	// SourceStands reports whether a registered source is still there. Until t
	// ends nobody removes it.
	SourceStands(ctx context.Context, t tx.Tx, source string) (bool, error)
	DropCatalogSource(ctx context.Context, t tx.Tx, source string) error
	// MoveCatalogSource gives what one source brought to another, whose files
	// all have to be read.
	MoveCatalogSource(ctx context.Context, t tx.Tx, from, to string) error
}
