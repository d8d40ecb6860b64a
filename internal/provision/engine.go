package provision

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/secret"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/terraform/local"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Change is what a plan does to one resource.
type Change = terraform.Change

// Environments keeps environments and their plans.
type Environments interface {
	// CreateEnvironment is fault Conflict when the owner has one of that name.
	CreateEnvironment(ctx context.Context, t tx.Tx, e Environment) error
	// SaveEnvironment writes e if its state is still from; ErrMoved if not.
	SaveEnvironment(ctx context.Context, t tx.Tx, e Environment, from State) error
	TxEnvironment(ctx context.Context, t tx.Tx, id string) (Environment, error)
	Environment(ctx context.Context, v access.Viewer, id string) (Environment, error)
	// EnvironmentsToEnd lists those whose time is up and that no run is ending.
	EnvironmentsToEnd(ctx context.Context, v access.Viewer, now time.Time) ([]Environment, error)
	PutPlan(ctx context.Context, t tx.Tx, p Plan) error
	// UsePlan marks a plan as used; fault Conflict when it was used before.
	UsePlan(ctx context.Context, t tx.Tx, run run.ID) error
	Plan(ctx context.Context, v access.Viewer, run run.ID) (Plan, error)
}

// Resources remembers what a run has made, as it happens, so that it can be
// found when the engine dies before it wrote its state.
type Resources interface {
	PutResource(ctx context.Context, t tx.Tx, r Resource) error
	Resources(ctx context.Context, v access.Viewer, environment string) ([]Resource, error)
}

// States keeps Terraform states, encrypted, one line of versions for each
// environment.
type States interface {
	State(ctx context.Context, v access.Viewer, environment string) (terraform.State, error)
	PutState(ctx context.Context, t tx.Tx, environment string, r run.ID, lock string, s terraform.State) error
	LockState(ctx context.Context, t tx.Tx, environment string, r run.ID, l terraform.Lock) (terraform.Lock, error)
	UnlockState(ctx context.Context, t tx.Tx, environment, id string) error
	// BreakLock takes the lock from whoever holds it and says who that was.
	BreakLock(ctx context.Context, t tx.Tx, environment string) (terraform.Lock, bool, error)
}

// Secrets keeps small values, encrypted.
type Secrets interface {
	// PutSecret keeps s unless there is one of that id; the kept one is
	// returned.
	PutSecret(ctx context.Context, t tx.Tx, s Secret) (Secret, error)
	SetSecret(ctx context.Context, t tx.Tx, s Secret) error
	Secret(ctx context.Context, v access.Viewer, id string) (Secret, error)
	SecretsOf(ctx context.Context, v access.Viewer, environment string) ([]Secret, error)
	DropSecret(ctx context.Context, t tx.Tx, id string) error
	DropSecretsOf(ctx context.Context, t tx.Tx, environment string) error
}

// Entities remembers which catalog entities the provider made for whom.
type Entities interface {
	PutProvided(ctx context.Context, t tx.Tx, p Provided) error
	ProvidedOf(ctx context.Context, v access.Viewer, environment string) ([]Provided, error)
	DropProvided(ctx context.Context, t tx.Tx, id string) error
}

// Store is all that the engine needs from storage.
type Store interface {
	Environments
	Resources
	States
	Secrets
	Entities
}

// Catalog is where environments appear.
type Catalog interface {
	Put(ctx context.Context, t tx.Tx, source string, entities []catalog.Entity) error
	Drop(ctx context.Context, t tx.Tx, source string, refs []catalog.Ref) error
}

// Directory knows which owners and services exist.
type Directory interface {
	// Exists reports whether the catalog shows an entity of that reference to v.
	Exists(ctx context.Context, v access.Viewer, ref string) (bool, error)
}

// Policy judges plans.
type Policy interface {
	JudgePlan(ctx context.Context, in PolicyInput) ([]Check, error)
}

// PolicyInput is what policy sees of a launch.
type PolicyInput struct {
	Plan        json.RawMessage `json:"plan"` // Terraform's own plan format
	Request     Request         `json:"request"`
	Environment string          `json:"environment"` // id
	Run         run.ID          `json:"run"`
	By          string          `json:"by"`
	Cost        Estimate        `json:"cost"`
}

// Runs starts runs.
type Runs interface {
	Register(run.Kind)
	Start(ctx context.Context, t tx.Tx, s run.Spec) (run.ID, error)
}

// Options are what an Engine works with. All fields but Log, Now and Grace
// are needed.
type Options struct {
	DB        tx.DB
	Store     Store
	Events    event.Log
	Runs      Runs
	Quota     action.Quota
	Policy    Policy
	Catalog   Catalog
	Directory Directory
	Library   *Library
	Finder    *terraform.Finder
	Box       *secret.Box // seals states and secrets
	Data      string      // data folder
	Waymark   string      // path of this binary, which serves the provider
	Log       *slog.Logger
	Now       func() time.Time
	Grace     time.Duration // how long stray providers may finish; zero: 15 s
}

// Engine launches and destroys environments.
type Engine struct {
	Options
	local local.Store
}

// defaultGrace is how long a provider may finish what it is making after its
// engine died.
const defaultGrace = 15 * time.Second

// New makes an engine and registers its kinds of runs.
func New(o Options) *Engine {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	o.Store = vault{o.Store, o.Box}
	e := &Engine{Options: o, local: local.Store{Dir: filepath.Join(o.Data, "local")}}
	o.Runs.Register(e.launchKind())
	o.Runs.Register(e.destroyKind())
	return e
}

// Status says whether there is an engine to work with.
func (e *Engine) Status(ctx context.Context) terraform.Status { return e.Finder.Status(ctx) }

// system is the engine as a viewer of its own records.
var system = access.System("provision")

// Secret is one kept value.
type Secret struct {
	ID          string // the environment's id and the name
	Environment string
	Owner       string
	Name        string
	Value       string
	By          string
	CreatedAt   time.Time
}

// Provided is a catalog entity that the provider made.
type Provided struct {
	ID          string // the environment's id and the name
	Environment string
	Ref         string
	Type        string
	Title       string
}

// Resource is what is known of one resource of an environment from the log of
// its runs.
type Resource struct {
	Environment string
	Address     string
	Progress    Progress
	ID          string // planned or made
	Run         run.ID
	At          time.Time
}

// Progress is how far a resource has come.
type Progress string

// A resource is made and removed in these steps.
const (
	Making   Progress = "making"
	Made     Progress = "made"
	Removing Progress = "removing"
	Removed  Progress = "removed"
)
