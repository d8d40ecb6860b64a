package scaffold

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
)

// Action is what a step can do.
type Action struct {
	ID       string
	Summary  string          // one sentence
	Input    json.RawMessage // JSON Schema of its input
	Output   json.RawMessage // JSON Schema of its output; nil: it has none
	Examples []Example
	DryRun   bool           // runs in a dry run too: it changes the workspace only
	Custom   bool           // another machine does it, see Custom
	Roles    []string       // one of these is needed; empty: nobody is shut out
	Undo     string         // what is left when a later step fails, and how it goes away
	fakes    map[string]any // outputs in a dry run of an action that does not take part
	plan     func(c *call) error
	do       func(ctx context.Context, c *call) error
}

// Example is one use of an action, as it stands in a template. A test runs
// every one.
type Example struct {
	Description string // what it does, one sentence
	Input       string // YAML of the step's input
}

// call is one use of an action.
type call struct {
	*execution
	id     string // of the step
	action string // its action's id
	input  map[string]any
	output map[string]any
}

// viewer is the person for whom the step reads the catalog.
func (c *call) viewer() access.Viewer { return access.Viewer{Actor: c.order.Actor} }

// logf writes a line to the run's log.
func (c *call) logf(format string, args ...any) { c.log("info", fmt.Sprintf(format, args...)) }

// actions are all that steps can use, by id.
var actions map[string]*Action

func init() {
	actions = map[string]*Action{}
	for _, a := range slices.Concat(fetchActions, fileActions, catalogActions, otherActions, pipelineActions, goTemplateActions, publishActions, proposeActions, orderActions) {
		actions[a.ID] = &a
	}
}

// Actions lists what steps can do, by id.
func Actions() []Action {
	var out []Action
	for _, id := range slices.Sorted(maps.Keys(actions)) {
		out = append(out, *actions[id])
	}
	return out
}

// perform checks the input and does the action.
func (a *Action) perform(ctx context.Context, c *call) error {
	c.action = a.ID
	if err := action.ValidateValue(a.Input, "", c.input); err != nil {
		return inputError(a.ID, err)
	}
	if c.dry && !a.DryRun {
		c.logf("Dry run: %s is left out.", a.ID)
		maps.Copy(c.output, a.fakes)
		if a.plan != nil {
			return a.plan(c)
		}
		return nil
	}
	return a.do(ctx, c)
}

// inputError says which part of a step's input is wrong.
func inputError(id string, err error) error {
	f := fieldsOf(err)
	if len(f) == 0 {
		return err
	}
	text := id + " cannot use its input:"
	for _, x := range f {
		name := x.Field
		if name == "" {
			name = "input"
		}
		text += " " + name + ": " + x.Message
	}
	return fault.New(fault.Invalid, text)
}

func inputText(in map[string]any, key string) string {
	s, _ := in[key].(string)
	return s
}
