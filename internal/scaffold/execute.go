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
	log     func(level, text string)
	write   writer
}

// vars is what templates see. Secrets only where the input of a step is
// rendered.
func (x *execution) vars(withSecrets bool) map[string]any {
	v := map[string]any{
		"parameters":  x.order.Values,
		"steps":       x.outputs,
		"user":        map[string]any{"ref": x.order.By, "entity": x.order.User},
		"context":     map[string]any{"task": map[string]any{"id": x.run}},
		"environment": map[string]any{"parameters": map[string]any{}},
		"always":      expr.Func(func([]any, map[string]any) (any, error) { return true, nil }),
		"failure":     expr.Func(func([]any, map[string]any) (any, error) { return false, nil }),
	}
	if withSecrets {
		v["secrets"] = x.secrets
	}
	return v
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

// holds evaluates a step's condition: undefined, false, "", 0 and null do not.
func (x *execution) holds(ctx context.Context, s Step, vars map[string]any) (bool, error) {
	if s.If == nil {
		return true, nil
	}
	r, err := x.resolve(ctx, s.If, fmt.Sprintf("spec.steps[%d].if", s.Index), vars)
	if list, ok := r.Value.([]any); ok && len(list) == 0 {
		return false, err
	}
	return r.Defined && expr.Truthy(r.Value), err
}

// step does one step; skipped says why nothing was done.
func (x *execution) step(ctx context.Context, s Step) (skipped string, err error) {
	a := actions[s.Action]
	if a == nil {
		return "", fault.Newf(fault.Invalid, "The action %q does not exist here.", s.Action)
	}
	if s.Each != nil {
		return x.each(ctx, s, a)
	}
	ok, err := x.holds(ctx, s, x.vars(false))
	if err != nil {
		return "", err
	}
	if !ok {
		return "its condition does not hold", nil
	}
	out, err := x.once(ctx, s, a, x.vars(true))
	x.outputs[s.ID] = map[string]any{"output": out}
	return "", err
}

func (x *execution) once(ctx context.Context, s Step, a *Action, vars map[string]any) (map[string]any, error) {
	r, err := x.resolve(ctx, s.Input, fmt.Sprintf("spec.steps[%d].input", s.Index), vars)
	if err != nil {
		return nil, err
	}
	in, _ := r.Value.(map[string]any)
	if in == nil {
		in = map[string]any{}
	}
	c := &call{execution: x, input: in, output: map[string]any{}}
	err = a.perform(ctx, c)
	return c.output, err
}

// maxTurns bounds each.
const maxTurns = 1000

// each does a step for every item; its outputs become lists.
func (x *execution) each(ctx context.Context, s Step, a *Action) (skipped string, err error) {
	r, err := x.resolve(ctx, s.Each, fmt.Sprintf("spec.steps[%d].each", s.Index), x.vars(true))
	if err != nil {
		return "", err
	}
	turns, err := items(r.Value)
	if err != nil {
		return "", err
	}
	all, done := map[string]any{}, 0
	for _, turn := range turns {
		vars := x.vars(false)
		vars["each"] = turn
		ok, err := x.holds(ctx, s, vars)
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		vars = x.vars(true)
		vars["each"] = turn
		out, err := x.once(ctx, s, a, vars)
		if err != nil {
			return "", fmt.Errorf("for %v: %w", turn["key"], err)
		}
		for k, v := range out {
			list, _ := all[k].([]any)
			all[k] = append(list, v)
		}
		done++
	}
	x.outputs[s.ID] = map[string]any{"output": all}
	if done == 0 {
		return "there is nothing to do it for", nil
	}
	return "", nil
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

// result renders the template's output.
func (x *execution) result(ctx context.Context) (map[string]any, error) {
	r, err := x.resolve(ctx, map[string]any(x.order.Output), "spec.output", x.vars(false))
	if err != nil {
		return nil, err
	}
	out, _ := r.Value.(map[string]any)
	for _, key := range []string{"links", "text"} {
		list, _ := out[key].([]any)
		kept := []any{}
		for _, e := range list {
			m, ok := e.(map[string]any)
			if cond, has := m["if"]; ok && (!has || expr.Truthy(cond)) {
				delete(m, "if")
				kept = append(kept, m)
			}
		}
		if list != nil {
			out[key] = kept
		}
	}
	return out, nil
}
