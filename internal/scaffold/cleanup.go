package scaffold

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// CleanUpName is the action that takes away what a failed run has left.
const CleanUpName = "clean-up-scaffold"

// CleanUpKind is what its runs are called.
const CleanUpKind = "scaffold-clean-up"

const cleanUpSchema = `{"type":"object","additionalProperties":false,"required":["run"],"properties":{
"run":{"type":"string","title":"Run","description":"The failed or cancelled run of a template.","minLength":1,"maxLength":64}}}`

// cleanUpOrder is the input of a clean-up.
type cleanUpOrder struct {
	Run string `json:"run"`
}

func (e *Engine) cleanUp() action.Def {
	return action.Def{Name: CleanUpName, Title: "Clean up after a failed run", Permission: CleanUpName,
		Summary:     "Takes away what a failed or cancelled run of a template has left and nobody has touched since, and says what it keeps.",
		Schema:      json.RawMessage(cleanUpSchema),
		Traits:      action.Traits{Destructive: true, Idempotent: true, StartsRun: true},
		SampleInput: json.RawMessage(`{"run": "run_01jd4m2v8n7x3w5q9z0c6b1a2e"}`),
		Prepare:     e.prepareCleanUp}
}

func (e *Engine) prepareCleanUp(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in cleanUpOrder
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "json", "The body cannot be read.").Because(err)
	}
	s, err := e.o.Store.Scaffold(ctx, access.Viewer{Actor: a}, in.Run)
	if fault.Is(err, fault.NotFound) { // a reader of everything may hold no group
		s, err = e.o.Store.Scaffold(ctx, access.System("create"), in.Run)
		if err == nil {
			return action.Prepared{Subject: in.Run, Owner: s.Team, Hidden: true, Execute: e.cleanUpOf(s, a)}, nil
		}
	}
	if err != nil {
		return action.Prepared{}, err
	}
	return action.Prepared{Subject: in.Run, Owner: s.Team, Execute: e.cleanUpOf(s, a)}, nil
}

// cleanUpOf starts the clean-up of s, with one step for each thing that is
// left, the last made first.
func (e *Engine) cleanUpOf(s Scaffold, a action.Actor) func(context.Context, tx.Tx) (action.Output, error) {
	return func(ctx context.Context, t tx.Tx) (action.Output, error) {
		if err := e.mayCleanUp(ctx, s.Run); err != nil {
			return action.Output{}, err
		}
		made, err := e.o.Store.TxMade(ctx, t, s.Run)
		if err != nil {
			return action.Output{}, err
		}
		left := slices.DeleteFunc(made, func(m Artefact) bool { return !m.Left() })
		if len(left) == 0 {
			return action.Output{Location: "/runs/" + s.Run, Message: "Nothing is left to clean up.", Body: map[string]any{"left": 0}}, nil
		}
		slices.Reverse(left)
		var steps []run.StepTitle
		for _, m := range left {
			steps = append(steps, run.StepTitle{ID: m.Kind + ":" + m.Ref, Title: "Remove " + m.Kind + " " + m.Ref})
		}
		input, err := json.Marshal(cleanUpOrder{s.Run})
		if err != nil {
			return action.Output{}, err
		}
		id, err := e.o.Runs.Start(ctx, t, run.Spec{Kind: CleanUpKind, Title: "Clean up after a failed run", Subject: s.Run, Owner: s.Team, By: a.ID,
			Lane: "scaffold:" + s.Run, Input: input, Steps: steps})
		url := "/runs/" + string(id)
		return action.Output{Started: true, Location: url, Body: map[string]any{"run": map[string]any{"id": id, "url": url}}}, err
	}
}

// mayCleanUp refuses while the run goes on and after it has succeeded.
func (e *Engine) mayCleanUp(ctx context.Context, id string) error {
	r, err := e.o.Store.PeekRun(ctx, run.ID(id))
	switch {
	case err != nil:
		return err
	case r.State == run.Succeeded:
		return fault.New(fault.Conflict, "This run has made everything that it was to make; there is nothing to clean up.")
	case !r.State.Over():
		return fault.New(fault.Conflict, "The run goes on. Wait for its end or cancel it, then clean up.")
	}
	return nil
}

// CleanUp is how clean-ups are worked on.
func (e *Engine) CleanUp() run.Kind {
	return run.Kind{Name: CleanUpKind, Do: e.doCleanUp}
}

// doCleanUp takes one thing away.
func (e *Engine) doCleanUp(ctx context.Context, w *run.Work, step string) error {
	var in cleanUpOrder
	if err := w.Input(&in); err != nil {
		return err
	}
	if err := e.mayCleanUp(ctx, in.Run); err != nil {
		return err // it was tried again meanwhile
	}
	var made []Artefact
	err := w.Write(ctx, func(t tx.Tx) (err error) { made, err = e.o.Store.TxMade(ctx, t, in.Run); return err })
	if err != nil {
		return err
	}
	i := slices.IndexFunc(made, func(m Artefact) bool { return m.Kind+":"+m.Ref == step })
	if i < 0 || !made[i].Left() {
		return run.Skip("it is gone")
	}
	r, err := e.o.Store.PeekRun(ctx, run.ID(in.Run))
	if err != nil {
		return err
	}
	var o Order
	if err := json.Unmarshal(r.Input, &o); err != nil {
		return fmt.Errorf("order of %s: %w", in.Run, err)
	}
	return e.takeAway(ctx, w, made[i], o)
}

// takeAway undoes m and notes how it ended.
func (e *Engine) takeAway(ctx context.Context, w *run.Work, m Artefact, o Order) error {
	why, err := e.undo(ctx, m, o)
	if err != nil {
		return err
	}
	if m.State, m.Note = ArtefactRemoved, ""; why != "" {
		m.State, m.Note = ArtefactKept, why
	}
	err = w.Write(ctx, func(t tx.Tx) error {
		if e.o.Bases != nil && why == "" && (m.Kind == MadeRepository || m.Kind == MadeHosted) {
			if err := e.o.Bases.DropBase(ctx, t, m.Run); err != nil {
				return err
			}
		}
		return e.o.Store.PutMade(ctx, t, m)
	})
	if err != nil {
		return err
	}
	if why != "" {
		w.Line("warn", fmt.Sprintf("The %s %s is kept. %s", m.Kind, m.Ref, why))
		return run.Skip("kept: " + why)
	}
	w.Logf("The %s %s is removed.", m.Kind, m.Ref)
	return nil
}
