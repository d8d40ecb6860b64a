package scaffold

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Store is what scaffolding keeps and looks up.
type Store interface {
	// CreateScaffold returns ErrNameTaken when another run makes or has made
	// the same entity.
	CreateScaffold(ctx context.Context, t tx.Tx, s Scaffold) error
	// ReclaimScaffold takes the name again for a run that is tried again.
	ReclaimScaffold(ctx context.Context, t tx.Tx, run string) error
	FinishScaffold(ctx context.Context, t tx.Tx, run string, output json.RawMessage) error
	EndScaffold(ctx context.Context, t tx.Tx, run string) error
	// MakingScaffold returns the run that is making the entity, "" if none is.
	MakingScaffold(ctx context.Context, entity string) (string, error)

	// Scaffold returns what a run has made or is making, ErrNoScaffold when
	// there is none or it is kept for another team.
	Scaffold(ctx context.Context, v access.Viewer, run string) (Scaffold, error)
	PeekRun(ctx context.Context, id run.ID) (run.Run, error)
	// PutMade notes something that a run makes outside its workspace.
	PutMade(ctx context.Context, t tx.Tx, m Artefact) error
	// TxMade lists what a run has made, in order.
	TxMade(ctx context.Context, t tx.Tx, run string) ([]Artefact, error)
	// PutNote and Note keep values with a run; Note answers nil without one.
	PutNote(ctx context.Context, t tx.Tx, id run.ID, key string, value []byte) error
	Note(ctx context.Context, id run.ID, key string) ([]byte, error)
	// DropNote forgets a value of a run.
	DropNote(ctx context.Context, t tx.Tx, id run.ID, key string) error

	Repository(ctx context.Context, owner, name string) (forge.Repository, error)
	ReserveRepository(ctx context.Context, t tx.Tx, r forge.Repository) error
	ReadyRepository(ctx context.Context, t tx.Tx, owner, name, run string) error

	Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error)
	EntityOptions(ctx context.Context, v access.Viewer, kinds []string, q string, limit int) ([]catalog.Summary, error)
	PickEntities(ctx context.Context, v access.Viewer, p catalog.Pick) (catalog.Picked, error)
}

// Catalog registers what was made.
type Catalog interface {
	// Register reads target at once and returns what it brought. It may be
	// called again for the same target.
	Register(ctx context.Context, target, by string) (refs []string, err error)
	// Registered reports whether target is one of the catalog's locations, and
	// who registered it.
	Registered(ctx context.Context, target string) (by string, yes bool, err error)
	// Unregister takes the location away with what it brought.
	Unregister(ctx context.Context, target string) error
}

// Forge publishes. *forge.Embedded does.
type Forge interface {
	// Available says why nothing can be published, nil when it can.
	Available() error
	Publish(ctx context.Context, p forge.Publication) (string, error)
	CloneURL(owner, repo string) string
	FS(ctx context.Context, owner, repo, ref string) (fs.FS, error)
	// Remove deletes a repository that holds nothing but the commits of one
	// run; forge.ErrChanged when it holds more.
	Remove(ctx context.Context, owner, repo, run string) error
}

// Runs starts runs. *run.Engine does.
type Runs interface {
	Start(ctx context.Context, t tx.Tx, s run.Spec) (run.ID, error)
}

// Sealer keeps secrets unreadable where runs are stored. *secret.Box does.
type Sealer interface {
	Seal(plain []byte, context string) []byte
	Unseal(sealed []byte, context string) ([]byte, error)
}

// Options are what an engine stands on.
type Options struct {
	Store   Store
	Catalog Catalog
	Forge   Forge
	Runs    Runs
	Library *Library
	Sealer  Sealer // nil: templates with secrets are refused
	// Environment is what every template sees as environment.
	Environment Environment
	// Permitted reports whether a person may see the pages, fields and steps
	// with a tag of backstage:permissions; nil: everybody may.
	Permitted func(ctx context.Context, v access.Viewer, tag string) bool
	Bases     Bases     // nil: what was published is not kept, and nothing can be upgraded
	Publisher Publisher // nil: templates that publish on other hosts are refused
	Fetcher   Fetcher   // nil: steps read the embedded forge and the template's own folder only
	Requester Requester // nil: http:request is off
	Policy    Policy    // nil: policy:check is off
	Events    event.Log // nil: notify is off
	Custom    []Custom
	Limits    Limits
}

// Environment is what the configuration gives to every template.
type Environment struct {
	Parameters map[string]any
	Secrets    map[string]string // where secrets may be used only
}

// Engine makes things from templates.
type Engine struct {
	o      Options
	cases  caseKeeper
	custom map[string]*Action
	wrong  error // of the custom actions
}

// New makes an engine. Err tells what is wrong with its custom actions.
func New(o Options) *Engine {
	e := &Engine{o: o, custom: map[string]*Action{}}
	for _, c := range o.Custom {
		a, err := checkCustom(c)
		if err != nil {
			e.wrong = errors.Join(e.wrong, err)
			continue
		}
		e.custom[c.ID] = a
	}
	if o.Library != nil {
		o.Library.serve(e)
	}
	return e
}

// Err tells what is wrong with the custom actions of the configuration, nil
// when they can be used.
func (e *Engine) Err() error { return e.wrong }

// Library is where the engine finds templates.
func (e *Engine) Library() *Library { return e.o.Library }

// The refusals of scaffolding.
var (
	ErrNoTemplate = fault.New(fault.NotFound, "There is no such template.")
	ErrNameTaken  = fault.New(fault.Conflict, "This name was taken a moment ago. Nothing was made; choose another one.")
	ErrNoScaffold = fault.New(fault.NotFound, "Nothing was made by this run.")
)

// The states of a scaffold.
const (
	Making = "making"
	Made   = "made"
	Ended  = "ended" // without success; its names are free again
)

// Scaffold is the record of one use of a template.
type Scaffold struct {
	Run        string
	Template   string
	Version    string
	Team       string
	Entity     string          // reference of what is made, may be empty
	Repository string          // owner/name on the embedded forge, may be empty
	Answers    json.RawMessage // without secrets
	Output     json.RawMessage
	State      string
	CreatedBy  string
	CreatedAt  string
}

// Repo names a repository of the embedded forge.
type Repo struct{ Owner, Name string }

// Slug is owner/name.
func (r Repo) Slug() string { return r.Owner + "/" + r.Name }

// Order is the input of a run: everything that it needs, so that a change of
// the template's file meanwhile changes nothing of its steps.
type Order struct {
	Template string         `json:"template"`
	Version  string         `json:"version"`
	Digest   string         `json:"digest,omitempty"` // of the version
	Steps    []Step         `json:"steps"`
	Output   map[string]any `json:"output"`
	Values   map[string]any `json:"values"`
	Strict   bool           `json:"strict,omitempty"`
	Withheld []string       `json:"withheld,omitempty"` // names of steps that the person may not have done
	// File and Places say where the steps stand in the template's file.
	File    string                `json:"file,omitempty"`
	Places  map[string]expr.Place `json:"places,omitempty"`
	Secrets []string              `json:"secrets,omitempty"` // names; the values are sealed in a note of the run
	Team    string                `json:"team"`
	By      string                `json:"by"`
	Actor   action.Actor          `json:"actor"` // the person, with the groups and roles of when it was ordered
	Name    string                `json:"name"`
	Email   string                `json:"email,omitempty"`
	User    map[string]any        `json:"user,omitempty"` // the person's entity
}

func (o Order) author() forge.Author {
	a := forge.Author{Name: o.Name, Email: o.Email}
	if a.Name == "" {
		a.Name = o.By
	}
	if a.Email == "" {
		a.Email = strings.NewReplacer(":", "-", "/", "-").Replace(o.By) + "@localhost"
	}
	return a
}

// Actions are the changes that scaffolding offers.
func (e *Engine) Actions() []action.Def {
	return []action.Def{e.createFromTemplate(), e.cleanUp()}
}

// reserved checks that a repository is this run's to fill.
func (e *Engine) reserved(ctx context.Context, owner, name, run string) error {
	r, err := e.o.Store.Repository(ctx, owner, name)
	if err != nil {
		return err
	}
	if r.Run != run {
		return fault.Newf(fault.Conflict, "The repository %s/%s belongs to other work now. Nothing was published; create the service under another name.", owner, name)
	}
	return nil
}

// forgeFolder opens a folder of a repository on the embedded forge.
func (e *Engine) forgeFolder(ctx context.Context, address string) (fs.FS, error) {
	t, err := forge.ParseTarget(address)
	if err != nil {
		return nil, err
	}
	files, err := e.o.Forge.FS(ctx, t.Owner, t.Name, t.Ref)
	if err != nil || t.Path == "" {
		return files, err
	}
	if !fs.ValidPath(t.Path) {
		return nil, fault.Newf(fault.Invalid, "%q leads out of the repository.", address)
	}
	return fs.Sub(files, t.Path)
}
