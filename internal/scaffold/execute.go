package scaffold

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// writer is a fenced write transaction.
type writer func(ctx context.Context, f func(tx.Tx) error) error

// execution is one passage through a template's steps, for real or dry.
type execution struct {
	engine  *Engine
	tmpl    *Template
	order   Order
	run     string
	dry     bool
	secrets map[string]any
	work    *Workspace
	outputs map[string]any // step id to {output: {…}}
	repos   []Repo         // that a dry run would make
	trees   []Published    // that a dry run would publish
	places  []hosted       // on other hosts that a dry run would make
	failed  bool           // an earlier step has failed: failure() holds
	after   bool           // something has gone wrong: only steps that ask for it run
	asked   bool           // a condition has called always or failure
	weight  int            // of the outputs, in bytes
	sources *sources
	// confined executions read nothing but the template's own folder.
	confined bool
	log      func(level, text string)
	note     func(text string) // a few words beside the step in hand
	write    writer
}

// vars is what templates see. Secrets only where the input of a step is
// rendered.
func (x *execution) vars(withSecrets bool) map[string]any {
	environment := map[string]any{"parameters": orEmpty(x.engine.o.Environment.Parameters)}
	v := map[string]any{
		"parameters":  x.order.Values,
		"steps":       x.outputs,
		"user":        map[string]any{"ref": x.order.By, "entity": x.order.User},
		"context":     map[string]any{"task": map[string]any{"id": x.run}},
		"environment": environment,
		"always":      x.status(func() bool { return true }),
		"failure":     x.status(func() bool { return x.failed }),
	}
	if withSecrets {
		v["secrets"] = x.secrets
		secrets := map[string]any{}
		for name, s := range x.engine.o.Environment.Secrets {
			secrets[name] = s
		}
		environment["secrets"] = secrets
	}
	return v
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// status is a function of conditions that makes a step run although something
// has gone wrong.
func (x *execution) status(f func() bool) any {
	return expr.Func(func([]any, map[string]any) (any, error) {
		x.asked = true
		return f(), nil
	})
}

// resolve renders a structure of the template and tells what was undefined.
func (x *execution) resolve(ctx context.Context, v any, path string, vars map[string]any) (expr.Resolved, error) {
	r := expr.Resolver{Vars: vars, Places: x.tmpl.places, Options: expr.Options{File: x.tmpl.file, Strict: x.tmpl.Strict}}
	out, err := r.Resolve(ctx, v, path)
	for _, w := range out.Warnings {
		x.log("warn", w.Error())
	}
	if err == nil {
		err = problems(out.Failed)
	}
	return out, err
}

// holds evaluates a condition: undefined, false, "", 0, null and [] do not.
// After a failure only conditions that ask for the status do.
func (x *execution) holds(ctx context.Context, cond any, path string, vars map[string]any) (bool, error) {
	if cond == nil {
		return !x.after, nil
	}
	x.asked = false
	r, err := x.resolve(ctx, cond, path, vars)
	if err != nil || !r.Defined || x.after && !x.asked {
		return false, err
	}
	if list, ok := r.Value.([]any); ok && len(list) == 0 {
		return false, nil
	}
	return expr.Truthy(r.Value), nil
}

// The reasons for which steps are skipped.
const (
	notHeld = "its condition does not hold"
	noItems = "there is nothing to do it for"
)

// unheld is why a step whose condition does not hold is skipped.
func (x *execution) unheld() string {
	if x.after && !x.asked {
		return x.afterward()
	}
	return notHeld
}

// afterward is why a step is skipped that does not ask how the run stands.
func (x *execution) afterward() string {
	if x.failed {
		return "an earlier step failed"
	}
	return "the run was cancelled"
}

// step does one step; skipped says why nothing was done.
func (x *execution) step(ctx context.Context, s Step) (skipped string, err error) {
	a := x.engine.action(s.Action)
	if a == nil {
		return "", fault.Newf(fault.Invalid, "The action %q does not exist here.", s.Action)
	}
	delete(x.outputs, s.ID) // of an earlier attempt
	if s.Each != nil {
		return x.each(ctx, s, a)
	}
	ok, err := x.holds(ctx, s.If, s.path("if"), x.vars(false))
	if err != nil {
		return "", err
	}
	if !ok {
		return x.unheld(), nil
	}
	out, err := x.once(ctx, s, a, x.vars(true))
	x.outputs[s.ID] = map[string]any{"output": out}
	return "", err
}

// path is where a part of the step stands in its template.
func (s Step) path(part string) string { return fmt.Sprintf("spec.steps[%d].%s", s.Index, part) }

func (x *execution) once(ctx context.Context, s Step, a *Action, vars map[string]any) (map[string]any, error) {
	r, err := x.resolve(ctx, s.Input, s.path("input"), vars)
	if err != nil {
		return nil, err
	}
	in, _ := r.Value.(map[string]any)
	if in == nil {
		in = map[string]any{}
	}
	c := &call{execution: x, id: s.ID, input: in, output: map[string]any{}}
	if err := a.perform(ctx, c); err != nil {
		return c.output, err
	}
	return c.output, x.weigh(c.output)
}

// maxTurns bounds each.
const maxTurns = 1000

// each does a step for every item; its outputs become lists.
func (x *execution) each(ctx context.Context, s Step, a *Action) (skipped string, err error) {
	if x.after && s.If == nil {
		x.asked = false
		return x.unheld(), nil
	}
	r, err := x.resolve(ctx, s.Each, s.path("each"), x.vars(true))
	if err != nil {
		return "", err
	}
	turns, err := items(r.Value)
	if err != nil {
		return "", err
	}
	all, done, why := map[string]any{}, 0, noItems
	for i, turn := range turns {
		name := fmt.Sprintf("Item %d of %d (%v)", i+1, len(turns), turn["key"])
		out, did, err := x.turn(ctx, s, a, turn, name)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if !did {
			why = x.unheld()
			x.log("info", name+" is left out: "+why)
			continue
		}
		for k, v := range out {
			list, _ := all[k].([]any)
			all[k] = append(list, v)
		}
		done++
		x.note(fmt.Sprintf("%d of %d items", done, len(turns)))
	}
	x.outputs[s.ID] = map[string]any{"output": all}
	if done == 0 {
		return why, nil
	}
	return "", nil
}

// turn does a step for one item, which is called name; did is false when its condition does not
// hold for it.
func (x *execution) turn(ctx context.Context, s Step, a *Action, item map[string]any, name string) (out map[string]any, did bool, err error) {
	vars := x.vars(false)
	vars["each"] = item
	ok, err := x.holds(ctx, s.If, s.path("if"), vars)
	if err != nil || !ok {
		return nil, false, err
	}
	x.log("info", name)
	vars = x.vars(true)
	vars["each"] = item
	out, err = x.once(ctx, s, a, vars)
	return out, true, err
}

func items(v any) ([]map[string]any, error) {
	var out []map[string]any
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			out = append(out, map[string]any{"key": i, "value": e})
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, map[string]any{"key": k, "value": v[k]})
		}
	case nil:
	default:
		return nil, fault.New(fault.Invalid, "each needs a list or an object.")
	}
	if len(out) > maxTurns {
		return nil, fault.Newf(fault.Invalid, "each goes over at most %d items.", maxTurns)
	}
	return out, nil
}

// result renders the template's output. Secrets are taken out of it, in case
// an action returned one.
func (x *execution) result(ctx context.Context) (map[string]any, error) {
	vars := x.vars(false)
	r, err := x.resolve(ctx, x.listed(ctx, vars), "spec.output", vars)
	if err != nil {
		return nil, err
	}
	out, _ := x.hide(r.Value).(map[string]any)
	return out, nil
}

// listed is the output as written, without the links and texts whose
// condition does not hold.
func (x *execution) listed(ctx context.Context, vars map[string]any) map[string]any {
	out := maps.Clone(x.order.Output)
	for _, key := range []string{"links", "text"} {
		list, ok := out[key].([]any)
		if !ok {
			continue
		}
		kept := []any{}
		for i, e := range list {
			m, ok := e.(map[string]any)
			if !ok {
				continue
			}
			ok, err := x.holds(ctx, m["if"], fmt.Sprintf("spec.output.%s[%d].if", key, i), vars)
			if err != nil {
				x.log("warn", "Left out of the output: "+publicText(err))
			}
			if err == nil && ok {
				m = maps.Clone(m)
				delete(m, "if")
				kept = append(kept, m)
			}
		}
		out[key] = kept
	}
	return out
}
