package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"sync"

	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// ErrUnknown means that no action has the given name.
var ErrUnknown = fault.New(fault.NotFound, "There is no such action.")

// Ports are what Do stands on. Policy may be nil: then nothing is judged.
type Ports struct {
	DB     tx.DB
	Events event.Log
	Access Access
	Policy Policy
	Quota  Quota
	Keys   Keys
}

// Registry holds the actions and runs them. Register everything before the
// first Do; after that it is safe for concurrent use.
type Registry struct {
	ports Ports
	mu    sync.RWMutex
	defs  map[string]registered
}

type registered struct {
	Def
	schema *schema
}

// NewRegistry returns an empty registry.
func NewRegistry(p Ports) *Registry {
	return &Registry{ports: p, defs: map[string]registered{}}
}

// Register adds an action. It fails on a second one of the same name and on a
// schema that does not compile.
func (r *Registry) Register(d Def) error {
	s, err := compile(d.Name, d.Schema)
	if err != nil {
		return fmt.Errorf("action %s: %w", d.Name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.defs[d.Name]; ok {
		return fmt.Errorf("action %s: registered twice", d.Name)
	}
	r.defs[d.Name] = registered{Def: d, schema: s}
	return nil
}

// Lookup returns the action of that name, ErrUnknown if there is none.
func (r *Registry) Lookup(name string) (Def, error) {
	d, err := r.lookup(name)
	return d.Def, err
}

func (r *Registry) lookup(name string) (registered, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	d, ok := r.defs[name]
	if !ok {
		return d, fmt.Errorf("action %q: %w", name, ErrUnknown)
	}
	return d, nil
}

// All returns every action, by name.
func (r *Registry) All() []Def {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]Def, 0, len(r.defs))
	for _, d := range r.defs {
		out = append(out, d.Def)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Check validates an input against the action's schema only, for checks as
// one types. It returns the faults, nil when there are none.
func (r *Registry) Check(name string, in json.RawMessage) ([]fault.Field, error) {
	d, err := r.lookup(name)
	if err != nil {
		return nil, err
	}
	var f *fault.Error
	if err := d.schema.validate(in); errors.As(err, &f) {
		return f.Fields, nil
	} else if err != nil {
		return nil, err
	}
	return nil, nil
}

// May reports whether a may do d on what owner owns, so that pages offer only
// what would be allowed.
func (r *Registry) May(ctx context.Context, a Actor, permission, owner string) bool {
	return r.ports.Access.Authorize(ctx, a, permission, owner) == nil
}
