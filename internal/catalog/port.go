package catalog

import (
	"context"

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
}

// FileState is what is known of a file since it was last read.
type FileState struct {
	Path    string
	Hash    string   // of its text, of what its placeholders read, and of how it was read
	Reads   []string // files that its placeholders named
	Targets []string // what its Location entities name
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
	// HeldRefs returns what is held under the references; absent ones are
	// missing from the map.
	HeldRefs(ctx context.Context, t tx.Tx, refs []string) (map[string]Held, error)
	// HeldFiles returns what was read from these files of the source; nil
	// files means all of them.
	HeldFiles(ctx context.Context, t tx.Tx, source string, files []string) ([]Held, error)
	// HeldBodies returns the bodies under the references.
	HeldBodies(ctx context.Context, t tx.Tx, refs []string) (map[string][]byte, error)
	PutEntities(ctx context.Context, t tx.Tx, list []Written) error
	// MoveEntities writes where entities stand that are otherwise unchanged.
	MoveEntities(ctx context.Context, t tx.Tx, list []Written) error
	// DropEntities removes entities and leaves tombstones that say why.
	DropEntities(ctx context.Context, t tx.Tx, refs []string, why string) error

	CatalogFiles(ctx context.Context, source string) (map[string]FileState, error)
	PutCatalogFiles(ctx context.Context, t tx.Tx, source string, files []FileState) error
	DropCatalogFiles(ctx context.Context, t tx.Tx, source string, paths []string) error
	// ForgetConflicts makes every file be read again that lost a conflict for
	// one of the references, and returns their sources.
	ForgetConflicts(ctx context.Context, t tx.Tx, refs []string) ([]string, error)
	// ReplaceProblems makes list the problems of these files of the source;
	// one that was there already keeps its age. No file means the source itself.
	ReplaceProblems(ctx context.Context, t tx.Tx, source string, files []string, list []Problem) error

	CatalogSources(ctx context.Context) ([]SourceState, error)
	PutCatalogSource(ctx context.Context, t tx.Tx, s SourceState) error
	DropCatalogSource(ctx context.Context, t tx.Tx, source string) error
	// MoveCatalogSource gives what one source brought to another, whose files
	// all have to be read.
	MoveCatalogSource(ctx context.Context, t tx.Tx, from, to string) error
}
