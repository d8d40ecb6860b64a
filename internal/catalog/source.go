package catalog

import (
	"context"
	"io/fs"
	"time"
)

// Location is a place to read that the configuration or a person named.
type Location struct {
	// ID is what the source is called everywhere: file:/abs/path or
	// url:https://….
	ID      string
	Trusted bool   // may hold users, groups, templates, blueprints and policies
	By      string // who registered it; empty: the configuration
}

// SourceState is a source with what its last reading brought.
type SourceState struct {
	Location
	Version  string // commit, if it has one
	ReadAt   time.Time
	Took     time.Duration
	Files    int
	Entities int
	Problems int
	Error    string // why the last reading failed; what was there is kept
}

// Snapshot is one consistent state of what a target names.
type Snapshot struct {
	FS      fs.FS  // the whole repository or folder
	Path    string // file, folder or glob inside FS
	Version string // commit or ETag; the same version need not be read again
	// Location of a path of FS, such as url:https://…/blob/main/a.yaml.
	Location func(path string) string
	// Loose means that FS reaches beyond what the target names: only Path
	// itself is the source's own.
	Loose bool
}

// Fetcher reads targets of one host, such as
// https://waymark/OWNER/REPO/blob/BRANCH/catalog-info.yaml.
type Fetcher interface {
	// Fetch returns the present state of target; fault NotFound when there is
	// none, Unavailable when the host does not answer.
	Fetch(ctx context.Context, target string) (Snapshot, error)
}

// Remote reads the hosts that the configuration allows, and organisations of
// them.
type Remote interface {
	Fetcher
	// Reads reports whether targets of a host can be read.
	Reads(host string) bool
	// Organisation returns what an organisation such as
	// https://github.com/acme holds, as catalog files of its own: a Location
	// that names its repositories, groups and users. Faults as Fetch.
	Organisation(ctx context.Context, target string) (Snapshot, error)
}

// Indexer is the search index as the catalog writes it, in the transaction of
// the change. The store implements it.
type Indexer interface {
	IndexEntities(ctx context.Context, t Tx, put []Entity, drop []Ref) error
}
