package scaffold

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
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

// kept is what a finished step leaves for the next one, also after a restart.
type kept struct {
	Work    *Workspace     `json:"work"`
	Outputs map[string]any `json:"outputs"`
}

// Kind is how runs of templates are worked on.
func (e *Engine) Kind() run.Kind {
	return run.Kind{Name: KindName, Do: e.do, Ended: e.ended}
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
		return e.finish(ctx, w, x)
	}
	for _, s := range x.order.Steps {
		if s.ID != id {
			continue
		}
		skipped, err := x.step(ctx, s)
		if err != nil {
			return err
		}
		if skipped != "" {
			return run.Skip(skipped)
		}
		return w.Save(ctx, stateKey, kept{x.work, x.outputs})
	}
	return fault.Newf(fault.Internal, "The run has no step %q.", id)
}

// execution restores what earlier steps have left.
func (e *Engine) execution(ctx context.Context, w *run.Work) (*execution, error) {
	x := &execution{engine: e, run: string(w.Run().ID), work: NewWorkspace(), outputs: map[string]any{}, log: w.Line, write: w.Write}
	if err := w.Input(&x.order); err != nil {
		return nil, fmt.Errorf("read the order: %w", err)
	}
	ref, err := catalog.ParseRef(x.order.Template, "template", "")
	if err != nil {
		return nil, err
	}
	if x.tmpl, err = e.o.Library.Template(ctx, access.System("create"), ref); err != nil {
		return nil, fmt.Errorf("template %s: %w", ref, err)
	}
	if x.secrets, err = e.open(x.order.Sealed); err != nil {
		return nil, err
	}
	for _, s := range x.secrets {
		if text, ok := s.(string); ok {
			w.Hide(text)
		}
	}
	k := kept{Work: x.work, Outputs: x.outputs}
	if _, err := w.Load(ctx, stateKey, &k); err != nil {
		return nil, fmt.Errorf("read the workspace: %w", err)
	}
	x.work, x.outputs = k.Work, k.Outputs
	return x, nil
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
	return w.Save(ctx, stateKey, kept{NewWorkspace(), x.outputs})
}

// ended frees the names of a run that came to nothing.
func (e *Engine) ended(ctx context.Context, t tx.Tx, r run.Run, s run.State) error {
	if s == run.Succeeded {
		return nil
	}
	return e.o.Store.EndScaffold(ctx, t, string(r.ID))
}

// seal packs secrets for the order.
func (e *Engine) seal(secrets map[string]any) ([]byte, error) {
	if len(secrets) == 0 {
		return nil, nil
	}
	if e.o.Sealer == nil {
		return nil, fault.New(fault.Unavailable, "Secrets cannot be kept here.")
	}
	b, err := json.Marshal(secrets)
	if err != nil {
		return nil, err
	}
	return e.o.Sealer.Seal(b, sealed), nil
}

const sealed = "scaffold secrets"

func (e *Engine) open(b []byte) (map[string]any, error) {
	out := map[string]any{}
	if len(b) == 0 {
		return out, nil
	}
	plain, err := e.o.Sealer.Unseal(b, sealed)
	if err != nil {
		return nil, err
	}
	return out, json.Unmarshal(plain, &out)
}
