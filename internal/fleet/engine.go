package fleet

import (
	"context"
	"encoding/json"
	"io/fs"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// VersionStore is what is kept of templates.
type VersionStore interface {
	scaffold.Versions
	TemplateHeads(ctx context.Context, v access.Viewer) (map[string]Head, error)
	SeeVersion(ctx context.Context, t tx.Tx, v scaffold.Version, h Head) error
	DeprecateVersions(ctx context.Context, t tx.Tx, template string, by map[string]scaffold.Deprecation) error
	LoseTemplate(ctx context.Context, t tx.Tx, template string) error
	ForgetVersions(ctx context.Context, before time.Time) error
}

// ServiceStore is what is kept of services.
type ServiceStore interface {
	Service(ctx context.Context, v access.Viewer, id string) (Service, error)
	ServicesAt(ctx context.Context, v access.Viewer, host, repository string) ([]Service, error)
	StaleDrift(ctx context.Context, v access.Viewer, before string, limit int) ([]Service, error)
	Fleet(ctx context.Context, v access.Viewer, q Query) (Page, error)
	BaseEntries(ctx context.Context, v access.Viewer, id string) ([]forge.Entry, error)
	BaseFiles(ctx context.Context, v access.Viewer, id string) ([]forge.File, error)
	SetDrift(ctx context.Context, t tx.Tx, id string, n int, some []Drifted, commit string) error
}

// UpgradeStore is what is kept of upgrades.
type UpgradeStore interface {
	CreateUpgrade(ctx context.Context, t tx.Tx, u Upgrade) error
	ReclaimUpgrade(ctx context.Context, t tx.Tx, run string) error
	OpenUpgrade(ctx context.Context, t tx.Tx, u Upgrade, files []forge.File) error
	SettleUpgrade(ctx context.Context, t tx.Tx, u Upgrade, to UpgradeState) error
	FailUpgrade(ctx context.Context, t tx.Tx, run string) error
	Upgrade(ctx context.Context, v access.Viewer, id string) (Upgrade, error)
	UpgradeOf(ctx context.Context, v access.Viewer, run string) (Upgrade, error)
	OpenUpgrades(ctx context.Context, v access.Viewer) ([]Upgrade, error)
}

// Store is all that the fleet keeps.
type Store interface {
	tx.DB
	VersionStore
	ServiceStore
	UpgradeStore
	Entities(ctx context.Context, v access.Viewer, f catalog.Filter) (catalog.Page, error)
	StreamEntities(ctx context.Context, v access.Viewer, where query.Predicate, order []query.Order, f func(json.RawMessage) error) error
	AdoptServices(ctx context.Context, t tx.Tx, list []Adopted) error
	ForgetAdopted(ctx context.Context, t tx.Tx) error
}

// Templates finds templates; *scaffold.Library does.
type Templates interface {
	Template(ctx context.Context, v access.Viewer, ref catalog.Ref) (*scaffold.Template, error)
	Offered(ctx context.Context, v access.Viewer, ref catalog.Ref) (*scaffold.Template, error)
}

// Renderer renders templates again; *scaffold.Engine does.
type Renderer interface {
	Render(ctx context.Context, t *scaffold.Template, a scaffold.Again) (scaffold.Rendering, error)
}

// Embedded is the forge inside Waymark; *forge.Embedded is.
type Embedded interface {
	FS(ctx context.Context, owner, repo, ref string) (fs.FS, error)
	List(ctx context.Context, owner, repo, ref string) (forge.Listing, error)
	Holds(ctx context.Context, owner, repo, commit string) (bool, error)
	CommitBranch(ctx context.Context, b forge.Branched) (string, error)
	MergeBranch(ctx context.Context, owner, name, branch string, by forge.Author, when time.Time) (string, error)
}

// Remote reads and writes repositories on other hosts.
type Remote interface {
	// Tree returns the default branch of a repository and its commit.
	Tree(ctx context.Context, host, repository string) (files fs.FS, commit string, err error)
	Propose(ctx context.Context, p forge.Proposal, c forge.Credential) (forge.Proposed, error)
}

// Merger merges trees; forge.Merger does.
type Merger interface {
	Merge(ctx context.Context, m forge.Merge) (forge.Merged, error)
}

// Runs starts runs. *run.Engine does.
type Runs interface {
	Start(ctx context.Context, t tx.Tx, s run.Spec) (run.ID, error)
}

// Options are what an engine stands on.
type Options struct {
	Store     Store
	Templates Templates
	Renderer  Renderer
	Embedded  Embedded
	Remote    Remote // nil: services on other hosts cannot be upgraded
	Merger    Merger
	Runs      Runs
	Access    action.Access
	URL       string // public address of Waymark, without a slash at the end
}

// Engine keeps the fleet. It is safe for concurrent use.
type Engine struct {
	o    Options
	seen map[string]*scaffold.Template // as Scan saw them; one scan at a time
	scan sync.Mutex
}

// New makes an engine.
func New(o Options) *Engine { return &Engine{o: o, seen: map[string]*scaffold.Template{}} }

// Actions are the changes that the fleet offers.
func (e *Engine) Actions() []action.Def {
	return []action.Def{e.upgradeService(), e.upgradeServices(), e.mergeUpgrade(), e.closeUpgrade()}
}

// system is the fleet at its own work.
var system = access.System("fleet")

func object(pairs map[string]any) json.RawMessage {
	b, err := json.Marshal(pairs)
	if err != nil { // texts and numbers always marshal
		return json.RawMessage(`{}`)
	}
	return b
}
