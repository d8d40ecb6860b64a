package scaffold

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// KindName is what scaffold runs are called.
const KindName = "scaffold"

// finish is the step that every run has at its end.
const finish = "waymark-finish"

// stateKey is where a run keeps its files and outputs between steps.
const stateKey = "scaffold"

// sourcesKey is where it keeps the folders that its steps fetch.
const sourcesKey = "scaffold-sources"

// kept is what a finished step leaves for the next one, also after a restart.
type kept struct {
	Work    *Workspace     `json:"work"`
	Outputs map[string]any `json:"outputs"`
}

// Kind is how runs of templates are worked on.
func (e *Engine) Kind() run.Kind {
	return run.Kind{Name: KindName, Do: e.do, Ended: e.ended, Remaining: true, Retry: e.retry}
}

// steps are the steps of a run, with the last one that records the result.
func (o Order) steps() []run.StepTitle {
	var out []run.StepTitle
	for _, s := range o.Steps {
		out = append(out, run.StepTitle{ID: s.ID, Title: s.Name})
	}
	return append(out, run.StepTitle{ID: finish, Title: "Finish"})
}

// do works on one step. It may run again after a crash: files and outputs are
// those before the step, and every action finds what it has already done.
func (e *Engine) do(ctx context.Context, w *run.Work, id string) error {
	x, err := e.execution(ctx, w)
	if err != nil {
		return err
	}
	if w.Run().Attempt > 1 {
		if err := w.Write(ctx, func(t tx.Tx) error { return e.o.Store.ReclaimScaffold(ctx, t, x.run) }); err != nil {
			return err
		}
	}
	if id == finish {
		if x.after {
			return run.Skip(x.afterward())
		}
		return e.finish(ctx, w, x)
	}
	i := slices.IndexFunc(x.order.Steps, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return fault.Newf(fault.Internal, "The run has no step %q.", id)
	}
	if err := e.doStep(ctx, w, x, x.order.Steps[i]); err != nil {
		return err
	}
	if len(x.secrets) > 0 && len(x.order.secretsFrom(i+1)) == 0 {
		return w.Write(ctx, func(t tx.Tx) error { return e.o.Store.DropNote(ctx, t, w.Run().ID, SecretsKey) })
	}
	return nil
}

// The levels of the lines with which a step begins and ends.
const (
	Began    = "began"
	Finished = "finished"
	Skipped  = "skipped"
	Broken   = "failed"
)

// doStep does a step and keeps what it leaves.
func (e *Engine) doStep(ctx context.Context, w *run.Work, x *execution, s Step) error {
	if len(x.order.Withheld) > 0 && s.ID == x.order.Steps[0].ID {
		w.Line("warn", "Left out, since these steps are not for everybody: "+strings.Join(x.order.Withheld, ", "))
	}
	w.Line(Began, "Beginning step "+s.Name)
	var skipped string
	err := bounded(ctx, stepFor, "The step", func(ctx context.Context) (err error) { skipped, err = x.step(ctx, s); return err })
	switch {
	case err != nil && context.Cause(ctx) == nil:
		w.Line(Broken, "Step "+s.Name+" failed")
		return err
	case err != nil:
		return err
	case skipped != "":
		w.Line(Skipped, "Skipped step "+s.Name+": "+skipped)
		return run.Skip(skipped)
	}
	if err := w.Save(ctx, stateKey, kept{x.work, x.outputs}); err != nil {
		return err
	}
	w.Line(Finished, "Finished step "+s.Name)
	return nil
}

// execution restores what earlier steps have left.
func (e *Engine) execution(ctx context.Context, w *run.Work) (*execution, error) {
	id := w.Run().ID
	x := &execution{engine: e, run: string(id), work: NewWorkspace(), outputs: map[string]any{}, secrets: map[string]any{}, sources: &sources{},
		log: w.Line, write: w.Write, after: w.Outcome() != run.Running, failed: w.Outcome() == run.Failed || w.Outcome() == run.Refused}
	x.note = func(text string) {
		if err := w.Note(ctx, text); err != nil {
			w.Line("warn", "The number of items could not be noted.")
		}
	}
	if err := w.Input(&x.order); err != nil {
		return nil, fmt.Errorf("read the order: %w", err)
	}
	secrets, err := e.open(ctx, id)
	if err != nil {
		return nil, err
	}
	for name, s := range secrets {
		x.secrets[name] = s
	}
	for _, list := range x.hidden() {
		w.Hide(list...)
	}
	if x.tmpl, err = x.order.template(); err != nil {
		return nil, err
	}
	if _, err := w.Load(ctx, sourcesKey, &x.sources.kept); err != nil {
		return nil, fmt.Errorf("read the sources: %w", err)
	}
	k := kept{Work: x.work, Outputs: x.outputs}
	if _, err := w.Load(ctx, stateKey, &k); err != nil {
		return nil, fmt.Errorf("read the workspace: %w", err)
	}
	x.work, x.outputs = k.Work, k.Outputs
	return x, x.weigh(x.outputs)
}

// template is what the steps need to know of their template, as it was when
// the order was made.
func (o Order) template() (*Template, error) {
	ref, err := catalog.ParseRef(o.Template, "template", "")
	if err != nil {
		return nil, err
	}
	return &Template{Ref: ref.Canonical(), Version: o.Version, Strict: o.Strict, Steps: o.Steps, Output: o.Output, file: o.File, places: o.Places}, nil
}

// finish renders the output and records it.
func (e *Engine) finish(ctx context.Context, w *run.Work, x *execution) error {
	out, err := x.result(ctx)
	if err != nil {
		return err
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	for _, key := range []string{"remoteUrl", "entityRef"} {
		if s, ok := out[key].(string); ok {
			w.Logf("%s: %s", key, s)
		}
	}
	if err := w.Write(ctx, func(t tx.Tx) error { return e.o.Store.FinishScaffold(ctx, t, x.run, b) }); err != nil {
		return err
	}
	// The files are in the repository now; the run needs its outputs only.
	if err := w.Save(ctx, stateKey, kept{NewWorkspace(), x.outputs}); err != nil {
		return err
	}
	return w.Save(ctx, sourcesKey, map[string][]byte{})
}

// ended frees the names of a run that came to nothing, and forgets its
// secrets. After a failure they stay sealed for a retry, for a day.
func (e *Engine) ended(ctx context.Context, t tx.Tx, r run.Run, s run.State) error {
	if s != run.Failed {
		if err := e.o.Store.DropNote(ctx, t, r.ID, SecretsKey); err != nil {
			return err
		}
	}
	if s == run.Succeeded {
		return nil
	}
	return e.o.Store.EndScaffold(ctx, t, string(r.ID))
}
