package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// The kinds of runs.
const (
	LaunchKind  = "launch-environment"
	DestroyKind = "destroy-environment"
)

// launchKind lists the steps of a launch. Each may run again after a crash.
func (e *Engine) launchKind() run.Kind {
	return run.Kind{Name: LaunchKind, Supervised: true, Ended: e.launchEnded, Steps: []run.Step{
		{ID: "validate", Title: "Validate", Do: e.validateStep},
		{ID: "init", Title: "Init", Do: e.initStep},
		{ID: "plan", Title: "Plan", Do: e.planStep},
		{ID: "policy", Title: "Policy", Do: e.policyStep},
		{ID: "cost", Title: "Cost", Do: e.costStep},
		{ID: "approval", Title: "Approval", Do: e.approvalStep},
		{ID: "apply", Title: "Apply", Do: e.applyStep},
		{ID: "register", Title: "Register", Do: e.registerStep},
	}}
}

// moveEnv moves a run's environment and lets change alter it on the way. An
// environment that is there already is left as it is.
func (e *Engine) moveEnv(ctx context.Context, w *run.Work, to State, change func(context.Context, tx.Tx, *Environment) error) error {
	env, err := e.environment(ctx, w)
	if err != nil {
		return err
	}
	return w.Write(ctx, func(t tx.Tx) error {
		cur, err := e.Store.TxEnvironment(ctx, t, env.ID)
		if err != nil {
			return err
		}
		return e.moveTx(ctx, t, cur, to, change)
	})
}

func (e *Engine) moveTx(ctx context.Context, t tx.Tx, env Environment, to State, change func(context.Context, tx.Tx, *Environment) error) error {
	from := env.State
	if from == to && change == nil {
		return nil
	}
	if from != to {
		if err := env.move(to); err != nil {
			return err
		}
		env.Reason = ""
	}
	if change != nil {
		if err := change(ctx, t, &env); err != nil {
			return err
		}
	}
	if env.State.Gone() {
		env.GoneAt = t.Now()
	}
	if err := e.Store.SaveEnvironment(ctx, t, env, from); err != nil {
		return err
	}
	if from == to {
		return nil
	}
	return e.record(ctx, t, env, "system:provision", "environment."+strings.ReplaceAll(string(to), "_", "-"), env.Reason)
}

// validateStep judges the inputs once more: a blueprint may have gone since.
func (e *Engine) validateStep(ctx context.Context, w *run.Work) error {
	env, err := e.environment(ctx, w)
	if err != nil {
		return err
	}
	b, err := e.Library.Version(ctx, env.Blueprint, env.Version)
	if err != nil {
		return err
	}
	if b.Hash != env.Hash {
		return fault.Newf(fault.Conflict, "The files of blueprint %s %s are not those that were asked for.", env.Blueprint, env.Version)
	}
	if _, err := b.complete(env.Parameters); err != nil {
		return err
	}
	w.Logf("Blueprint %s %s for %s, kind %s, to live %s.", b.Name, b.Version, env.Owner, env.Kind, hours(env.TTL))
	return e.moveEnv(ctx, w, Planning, nil)
}

func (e *Engine) initStep(ctx context.Context, w *run.Work) error {
	s, err := e.open(ctx, w)
	if err != nil {
		return err
	}
	defer s.close()
	w.Logf("Using %s.", s.engine)
	if err := s.runner.Init(ctx, s.failures); err != nil {
		return err
	}
	w.Logf("Providers and modules are in place.")
	return w.Note(ctx, s.engine.String())
}

func (e *Engine) planStep(ctx context.Context, w *run.Work) error {
	s, err := e.open(ctx, w)
	if err != nil {
		return err
	}
	defer s.close()
	if err := e.moveEnv(ctx, w, Planning, nil); err != nil {
		return err
	}
	p, err := s.plan(ctx)
	if err != nil {
		return err
	}
	return w.Note(ctx, summary(p))
}

// policyStep shows what policy said of the plan, and ends the run when a rule
// forbids it.
func (e *Engine) policyStep(ctx context.Context, w *run.Work) error {
	p, err := e.Store.Plan(ctx, system, w.Run().ID)
	if err != nil {
		return err
	}
	passed := 0
	for _, c := range p.Checks {
		if c.Passed {
			passed++
			continue
		}
		level := "warn"
		if c.Blocks() {
			level = "error"
		}
		w.Line(level, violation(c))
	}
	if err := w.Note(ctx, fmt.Sprintf("%d of %d pass", passed, len(p.Checks))); err != nil {
		return err
	}
	return verdict(p.Checks)
}

// costStep shows what the plan would cost.
func (e *Engine) costStep(ctx context.Context, w *run.Work) error {
	p, err := e.Store.Plan(ctx, system, w.Run().ID)
	if err != nil {
		return err
	}
	est := p.Estimate
	for _, l := range est.Known {
		w.Logf("%s × %d: %s %s a month.", l.Title, l.Count, l.Monthly, est.Currency)
	}
	for _, u := range est.Usage {
		w.Logf("By use: %s", u)
	}
	for _, a := range est.Unsupported {
		w.Line("warn", a+" has no price in the price book.")
	}
	w.Logf("In all %s %s a month of %d hours (prices: %s).", est.Monthly, est.Currency, est.Hours, est.Book)
	env, err := e.environment(ctx, w)
	if err != nil {
		return err
	}
	err = e.moveEnv(ctx, w, env.State, func(_ context.Context, _ tx.Tx, env *Environment) error {
		env.Estimate, env.Currency = est.Monthly, est.Currency
		return nil
	})
	if err != nil {
		return err
	}
	return w.Note(ctx, est.Monthly+" "+est.Currency+"/mo")
}

// approvalStep is where a run will wait for a decision when a policy, the size
// or the quota asks for one.
func (e *Engine) approvalStep(context.Context, *run.Work) error { return run.Skip("not needed") }

// applyStep applies the plan, once. After a crash in the middle it recovers
// what was made, plans what is missing, and applies that.
func (e *Engine) applyStep(ctx context.Context, w *run.Work) error {
	s, err := e.open(ctx, w)
	if err != nil {
		return err
	}
	defer s.close()
	p, err := s.usable(ctx)
	if err != nil {
		return err
	}
	err = e.moveEnv(ctx, w, Applying, func(ctx context.Context, t tx.Tx, _ *Environment) error {
		return e.Store.UsePlan(ctx, t, w.Run().ID)
	})
	if err != nil {
		return err
	}
	if err := s.apply(ctx, p); err != nil {
		return err
	}
	return w.Note(ctx, fmt.Sprintf("%d of %d resources", len(p.Changes), len(p.Changes)))
}

// usable returns the plan of the run if it still fits, else a new one that
// policy has judged again.
func (s *session) usable(ctx context.Context) (Plan, error) {
	p, err := s.e.Store.Plan(ctx, system, s.w.Run().ID)
	if err != nil {
		return p, err
	}
	st, err := s.state(ctx)
	if err != nil {
		return p, err
	}
	fits := p.UsedAt.IsZero() && s.folder.HasPlan() && p.InputHash == inputHash(s.env) && p.Version == s.env.Version && p.Serial == st.Serial
	if fits {
		return p, nil
	}
	s.w.Line("warn", "An earlier try began to apply, or the state has changed since the plan: what is missing is planned again.")
	if p, err = s.plan(ctx); err != nil {
		return p, err
	}
	if err := verdict(p.Checks); err != nil {
		// Something may exist by now, so this is a failure and not a refusal.
		return p, fault.New(fault.Policy, err.Error())
	}
	return p, nil
}

// apply runs the engine on the plan file and writes down what happens.
func (s *session) apply(ctx context.Context, p Plan) error {
	j := s.journal(p.Changes)
	err := s.runner.Apply(ctx, j.take(ctx))
	if len(j.pending) > 0 {
		j.flush(ctx)
	}
	if err != nil {
		return err
	}
	return s.runner.RecoverWith(nil)
}

// launchEnded moves the environment when its run has ended without success.
func (e *Engine) launchEnded(ctx context.Context, t tx.Tx, r run.Run, to run.State) error {
	var in runInput
	if err := json.Unmarshal(r.Input, &in); err != nil {
		return err
	}
	env, err := e.Store.TxEnvironment(ctx, t, in.Environment)
	if err != nil {
		return err
	}
	target, ok := endOf(env.State, to)
	if !ok {
		return nil
	}
	return e.moveTx(ctx, t, env, target, func(ctx context.Context, t tx.Tx, env *Environment) error {
		env.Reason = reasonOf(r, to)
		if !env.State.Gone() {
			return nil
		}
		return e.giveBack(ctx, t, env.Owner)
	})
}

// endOf says what becomes of an environment whose launch ended: before apply
// nothing exists, from then on something may.
func endOf(s State, to run.State) (State, bool) {
	before := s == Requested || s == Planning || s == AwaitingApproval
	switch {
	case to == run.Succeeded:
		return s, false
	case before && to == run.Refused:
		return Refused, true
	case before && to == run.Cancelled:
		return Cancelled, true
	case before || s == Applying || s == Updating:
		return Failed, true
	}
	return s, false
}

func reasonOf(r run.Run, to run.State) string {
	if r.Error != "" {
		return r.Error
	}
	if to == run.Cancelled {
		return "The run was cancelled."
	}
	return "The run ended as " + string(to) + "."
}
