// Package fleet knows what was made from templates: from which version, how
// far each service is behind its template and away from its base, and how it is
// brought up to a newer version by a three-way merge.
package fleet

import (
	"encoding/json"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
)

// The refusals of the fleet.
var (
	ErrNotFound  = fault.New(fault.NotFound, "There is no such service among what was made from templates.")
	ErrNoUpgrade = fault.New(fault.NotFound, "There is no such upgrade.")
	ErrUpgrading = fault.New(fault.Conflict, "An upgrade of this service is on its way or waits to be merged. Merge or close it first.")
	ErrSettled   = fault.New(fault.Conflict, "This upgrade is over. Nothing was changed.")
)

// Service is one thing that was made from a template.
type Service struct {
	ID          string
	Host        string // forge.Host, or the name of another host
	Repository  string // its path on the host
	Template    string // reference
	Name        string // of the entity, else of the repository
	Entity      string // reference, may be empty
	Team        string
	Branch      string // default branch
	Version     string
	Seq         int    // of the version; 0 when the version is not kept
	Digest      string // of the version
	Run         string // that made or last upgraded it
	By          string
	Answers     json.RawMessage // readable by the owning group only
	MadeAt      time.Time
	UpgradedAt  time.Time // zero before the first upgrade
	Behind      int       // versions; Unknown when the base is not known
	BehindSince time.Time // when the first version after its own appeared
	Drift       int       // files that differ from the base; Unknown before they were counted
	DriftFiles  []Drifted // some of them
	DriftCommit string    // at which they were counted
	DriftAt     time.Time
	Upgrade     Upgrade // that runs or waits to be merged; ID empty: none
}

// Unknown is the number of what was not counted or cannot be.
const Unknown = -1

// Known reports whether the base of the service is kept, so that it can be
// upgraded.
func (s Service) Known() bool { return s.Behind != Unknown }

// Address is the repository as people write it.
func (s Service) Address() string {
	if s.Host == "" { // it was not made here
		return ""
	}
	return s.Host + "/" + s.Repository
}

// Drifted is one file that differs from the base.
type Drifted struct {
	Path string `json:"path"`
	How  string `json:"how"` // changed, deleted or mode
}

// Head is where a template stands.
type Head struct {
	Template   string
	Title      string
	Version    string
	Seq        int
	Digest     string // of the files as they are now
	Problem    string // a sentence; empty: none
	Deprecated scaffold.Deprecation
	Gone       bool // no longer in the catalog
	ChangedAt  time.Time
}

// State is how a service stands to its template.
type State string

// The states of a Query. The empty one is every state.
const (
	Behind    State = "behind"
	UpToDate  State = "current"
	HasDrift  State = "drifted"
	Untouched State = "untouched"
	Upgrading State = "upgrading"
	NoBase    State = "unknown"
)

// States are all of them, in the order in which they are offered.
var States = []State{Behind, UpToDate, HasDrift, Untouched, Upgrading, NoBase}

// The orders of a Query.
const (
	ByBehind = "behind" // the farthest first
	ByDrift  = "drift"  // the most changed first
	ByName   = "name"
)

// Query chooses services.
type Query struct {
	Template string
	Team     string
	State    State
	Text     string // part of the name, without regard to case
	Sort     string // empty is ByBehind
	After    string // Page.Next of the page before
	Limit    int    // 0 means 50; at most 1000
}

// Page is one page of services.
type Page struct {
	Items []Service
	Next  string // empty on the last
}

// Count says how many services of a template there are, and how they stand.
type Count struct {
	Template  string
	All       int
	Behind    int
	Current   int
	Drifted   int
	Untouched int
	Unknown   int
}

// Add sums counts.
func (c Count) Add(o Count) Count {
	return Count{c.Template, c.All + o.All, c.Behind + o.Behind, c.Current + o.Current, c.Drifted + o.Drifted, c.Untouched + o.Untouched, c.Unknown + o.Unknown}
}

// UpgradeState is where an upgrade stands.
type UpgradeState string

// The states of an upgrade. Of one service only one runs or is open.
const (
	Running UpgradeState = "running"
	Open    UpgradeState = "open" // its branch waits to be merged
	Merged  UpgradeState = "merged"
	Closed  UpgradeState = "closed"
	Failed  UpgradeState = "failed"
	Nothing UpgradeState = "nothing" // the new version changes no file: nothing to merge
)

// Upgrade is one way of a service from one version to another.
type Upgrade struct {
	ID        string
	Base      string // id of the service
	Template  string
	Team      string
	From, To  string // versions
	ToSeq     int
	ToDigest  string
	Answers   json.RawMessage
	State     UpgradeState
	Run       string
	Bulk      string // of which it is a part, may be empty
	Branch    string
	Commit    string
	URL       string // of the pull request; empty on the embedded forge
	Number    int64
	Report    Report
	By        string
	CreatedAt time.Time
	EndedAt   time.Time
}

// Report is what an upgrade changes and where it needs a person.
type Report struct {
	Parent    string           `json:"parent,omitempty"` // commit of the default branch that it starts from
	Changed   []Touched        `json:"changed,omitempty"`
	Conflicts []forge.Conflict `json:"conflicts,omitempty"`
	Log       []string         `json:"log,omitempty"` // warnings of the template
}

// Touched is one file of a report.
type Touched struct {
	Path string `json:"path"`
	How  string `json:"how"`            // added, changed or deleted
	Hash string `json:"hash,omitempty"` // of its content on the branch, as Git names it
}

// Marked counts the files that hold marks to be resolved.
func (r Report) Marked() int {
	n := 0
	for _, c := range r.Conflicts {
		if c.Marked() {
			n++
		}
	}
	return n
}
