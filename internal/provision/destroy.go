package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/tx"
)

// destroyKind lists the steps of a destroy. Each may run again after a crash.
func (e *Engine) destroyKind() run.Kind {
	return run.Kind{Name: DestroyKind, Supervised: true, Ended: e.destroyEnded, Steps: []run.Step{
		{ID: "plan", Title: "Plan", Do: e.destroyPlanStep},
		{ID: "destroy", Title: "Destroy", Do: e.destroyStep},
		{ID: "prove", Title: "Prove", Do: e.proveStep},
	}}
}

func (e *Engine) destroyPlanStep(ctx context.Context, w *run.Work) error {
	s, err := e.open(ctx, w)
	if err != nil {
		return err
	}
	defer s.close()
	if err := e.moveEnv(ctx, w, Destroying, nil); err != nil {
		return err
	}
	p, err := s.planDestroy(ctx)
	if err != nil {
		return err
	}
	return w.Note(ctx, summary(p))
}

// planDestroy takes back what the state does not have and plans the removal
// of everything.
func (s *session) planDestroy(ctx context.Context) (Plan, error) {
	found, err := s.recover(ctx)
	if err != nil {
		return Plan{}, err
	}
	if err := s.ready(ctx); err != nil {
		return Plan{}, err
	}
	if len(found) > 0 {
		if err := s.takeBack(ctx, found); err != nil {
			return Plan{}, err
		}
	}
	st, err := s.state(ctx)
	if err != nil {
		return Plan{}, err
	}
	made, err := s.runner.Plan(ctx, terraform.PlanOptions{Destroy: true}, s.log)
	if err != nil {
		return Plan{}, err
	}
	p := s.newPlan(terraform.Changes(made), st.Serial)
	p.Destroy = true
	return p, s.keep(ctx, p)
}

// takeBack imports what exists into the state, and nothing else. What cannot
// be imported is named; the proof at the end looks for it again.
func (s *session) takeBack(ctx context.Context, found []terraform.Found) error {
	var targets []string
	for _, f := range found {
		targets = append(targets, f.Address)
	}
	if err := s.runner.RecoverWith(found); err != nil {
		return err
	}
	_, err := s.runner.Plan(ctx, terraform.PlanOptions{Targets: targets}, s.failures)
	if err == nil {
		err = s.runner.Apply(ctx, s.withoutWarnings) // it warns of targets
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		s.w.Line("warn", "Not everything could be taken back into the state: "+err.Error())
	}
	return s.runner.RecoverWith(nil)
}

// destroyStep applies the removal; after a crash it plans again what is left.
func (e *Engine) destroyStep(ctx context.Context, w *run.Work) error {
	s, err := e.open(ctx, w)
	if err != nil {
		return err
	}
	defer s.close()
	p, err := e.Store.Plan(ctx, system, w.Run().ID)
	if err != nil {
		return err
	}
	if !p.UsedAt.IsZero() || !s.folder.HasPlan() {
		if p, err = s.planDestroy(ctx); err != nil {
			return err
		}
	}
	err = e.moveEnv(ctx, w, Destroying, func(ctx context.Context, t tx.Tx, _ *Environment) error {
		return e.Store.UsePlan(ctx, t, w.Run().ID)
	})
	if err != nil {
		return err
	}
	return s.apply(ctx, p)
}

// proveStep shows that nothing is left: the state is empty, no object carries
// the environment's id, secrets and entities are gone, the slot is free.
func (e *Engine) proveStep(ctx context.Context, w *run.Work) error {
	env, err := e.environment(ctx, w)
	if err != nil {
		return err
	}
	if env.State == Failed { // an earlier try came as far as here
		if err := e.moveEnv(ctx, w, Destroying, nil); err != nil {
			return err
		}
	}
	if err := e.proveState(ctx, w, env); err != nil {
		return err
	}
	if err := e.proveLocal(w, env); err != nil {
		return err
	}
	provided, err := e.Store.ProvidedOf(ctx, system, env.ID)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(e.workDir(env.ID)); err != nil {
		return fmt.Errorf("work folder: %w", err)
	}
	w.Logf("State empty, no object left; secrets, catalog entry and the slot of the quota go with it.")
	if err := w.Note(ctx, "nothing left"); err != nil {
		return err
	}
	return e.moveEnv(ctx, w, Destroyed, func(ctx context.Context, t tx.Tx, env *Environment) error {
		return e.forget(ctx, t, env, provided)
	})
}

func (e *Engine) proveState(ctx context.Context, w *run.Work, env Environment) error {
	st, err := (&session{e: e, w: w, env: env}).state(ctx)
	if err != nil {
		return err
	}
	if left := st.addresses(); len(left) > 0 {
		return fmt.Errorf("the state still holds %d resources, %s first; retry the run", len(left), left[0])
	}
	return nil
}

// proveLocal removes what is left on the local platform although no state
// named it.
func (e *Engine) proveLocal(w *run.Work, env Environment) error {
	left, err := e.local.List(env.ID)
	if err != nil {
		return err
	}
	for _, o := range left {
		w.Line("warn", fmt.Sprintf("The %s %s was left over without a state and has been removed.", o.Kind, o.ID))
		if err := e.local.Delete(o.Kind, o.ID); err != nil {
			return err
		}
	}
	return nil
}

// forget takes away what the portal itself keeps of an environment.
func (e *Engine) forget(ctx context.Context, t tx.Tx, env *Environment, provided []Provided) error {
	for _, p := range provided { // a handful
		if err := e.dropProvided(ctx, t, p); err != nil {
			return err
		}
	}
	if err := e.Store.DropSecretsOf(ctx, t, env.ID); err != nil {
		return err
	}
	if !env.ReadyAt.IsZero() {
		if err := e.Catalog.Drop(ctx, t, source, []catalog.Ref{entityRef(env.Owner, env.Name)}); err != nil {
			return err
		}
	}
	env.DestroyRun, env.Outputs = "", nil
	return e.giveBack(ctx, t, env.Owner)
}

// destroyEnded moves the environment when its destroy has ended without
// success; before it began to destroy nothing has changed.
func (e *Engine) destroyEnded(ctx context.Context, t tx.Tx, r run.Run, to run.State) error {
	if to == run.Succeeded {
		return nil
	}
	var in runInput
	if err := json.Unmarshal(r.Input, &in); err != nil {
		return err
	}
	env, err := e.Store.TxEnvironment(ctx, t, in.Environment)
	if err != nil || env.State.Gone() {
		return err
	}
	target := env.State
	if target == Destroying {
		target = Failed
	}
	return e.moveTx(ctx, t, env, target, func(_ context.Context, _ tx.Tx, env *Environment) error {
		env.DestroyRun = ""
		if target == Failed {
			env.Reason = reasonOf(r, to)
		}
		return nil
	})
}
