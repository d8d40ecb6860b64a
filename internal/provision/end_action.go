package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

const destroySchema = `{
  "type": "object",
  "required": ["environment"],
  "additionalProperties": false,
  "properties": {
    "environment": {"type": "string", "title": "Environment", "minLength": 1, "maxLength": 60, "description": "Id of the environment."},
    "reason": {"type": "string", "title": "Reason", "maxLength": 500}
  }
}`

func (e *Engine) destroyAction() action.Def {
	return action.Def{
		Name: "destroy-environment", Title: "Destroy an environment",
		Summary:    "Takes an environment away, with everything in it, and proves that nothing stays.",
		Permission: "destroy-environment", Schema: json.RawMessage(destroySchema),
		Traits:  action.Traits{StartsRun: true, Destructive: true, Idempotent: true},
		Prepare: e.prepareDestroy,
	}
}

type endInput struct {
	Environment string `json:"environment"`
	Reason      string `json:"reason"`
	TTL         string `json:"ttl,omitempty"`
}

// subject finds the environment that an action names. For who may not see it,
// it does not exist.
func (e *Engine) subject(ctx context.Context, a action.Actor, in json.RawMessage) (endInput, Environment, action.Prepared, error) {
	var q endInput
	if err := json.Unmarshal(in, &q); err != nil {
		return q, Environment{}, action.Prepared{}, fault.InvalidField("", "type", "The input cannot be read.").Because(err)
	}
	if _, err := e.Store.Environment(ctx, access.Viewer{Actor: a}, q.Environment); err != nil {
		return q, Environment{}, action.Prepared{}, err
	}
	env, err := e.Store.Environment(ctx, access.System("actions"), q.Environment)
	if err != nil {
		return q, env, action.Prepared{}, err
	}
	return q, env, action.Prepared{Subject: env.ID, Owner: env.Owner, PolicyInput: q,
		Preview: map[string]any{"environment": Body(env)}}, nil
}

func (e *Engine) prepareDestroy(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
	q, env, p, err := e.subject(ctx, a, in)
	if err != nil {
		return p, err
	}
	p.Execute = func(ctx context.Context, t tx.Tx) (action.Output, error) {
		return e.destroy(ctx, t, a, env.ID, q.Reason)
	}
	return p, nil
}

// destroy starts the run that ends an environment, or answers with the one
// that is on its way already.
func (e *Engine) destroy(ctx context.Context, t tx.Tx, a action.Actor, id, reason string) (action.Output, error) {
	env, err := e.Store.TxEnvironment(ctx, t, id)
	if err != nil {
		return action.Output{}, err
	}
	if env.State.Gone() {
		return action.Output{}, fault.Newf(fault.Conflict, "The environment %s is %s already; nothing of it exists.", env.Name, env.State.Words())
	}
	if env.DestroyRun == "" {
		if env, err = e.startDestroy(ctx, t, a, env, reason); err != nil {
			return action.Output{}, err
		}
	}
	return action.Output{Started: true, Location: URL(env.ID), Message: "Destroying " + env.Name + " has begun.",
		Body: map[string]any{"run": runBody(env.DestroyRun), "environment": Body(env)}}, nil
}

func (e *Engine) startDestroy(ctx context.Context, t tx.Tx, a action.Actor, env Environment, reason string) (Environment, error) {
	input, err := json.Marshal(runInput{Environment: env.ID, Reason: reason})
	if err != nil {
		return env, err
	}
	env.DestroyRun, err = e.Runs.Start(ctx, t, run.Spec{Kind: DestroyKind, Title: "Destroy " + env.Name, Subject: env.ID,
		Owner: env.Owner, By: a.ID, Lane: env.ID, Input: input})
	if err != nil {
		return env, err
	}
	if err := e.Store.SaveEnvironment(ctx, t, env, env.State); err != nil {
		return env, err
	}
	return env, e.record(ctx, t, env, a.ID, "environment.destroy-requested", reason)
}

const extendSchema = `{
  "type": "object",
  "required": ["environment", "ttl"],
  "additionalProperties": false,
  "properties": {
    "environment": {"type": "string", "title": "Environment", "minLength": 1, "maxLength": 60, "description": "Id of the environment."},
    "ttl": {"type": "string", "title": "Time from now", "minLength": 2, "maxLength": 20, "description": "How long it lives from now on, such as 8h."},
    "reason": {"type": "string", "title": "Reason", "maxLength": 500}
  }
}`

func (e *Engine) extendAction() action.Def {
	return action.Def{
		Name: "extend-environment", Title: "Extend an environment",
		Summary:    "Moves the end of an environment, up to the blueprint's maximum.",
		Permission: "extend-environment", Schema: json.RawMessage(extendSchema),
		Traits:  action.Traits{Idempotent: true},
		Prepare: e.prepareExtend,
	}
}

func (e *Engine) prepareExtend(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
	q, env, p, err := e.subject(ctx, a, in)
	if err != nil {
		return p, err
	}
	b, err := e.Library.Version(ctx, env.Blueprint, env.Version)
	if err != nil {
		return p, err
	}
	ttl, problem := b.TTL.parse(q.TTL)
	if problem != "" {
		return p, fault.InvalidField("ttl", "ttl", problem)
	}
	p.PolicyInput = e.extension(env, ttl)
	p.Execute = func(ctx context.Context, t tx.Tx) (action.Output, error) {
		return e.extend(ctx, t, a, env.ID, ttl, b.TTL.Max, q.Reason)
	}
	return p, nil
}

// extension is what policy judges: the environment with its whole life, as if
// it were asked for now, so that no rule on it can be got round bit by bit.
func (e *Engine) extension(env Environment, ttl time.Duration) any {
	if !env.ReadyAt.IsZero() {
		ttl += e.Now().Sub(env.ReadyAt).Truncate(time.Second)
	}
	return map[string]any{"environment": env.ID, "blueprint": env.Blueprint, "version": env.Version, "name": env.Name, "owner": env.Owner,
		"kind": env.Kind, "service": env.Service, "ttl": ttl.String(), "parameters": env.Parameters}
}

func (e *Engine) extend(ctx context.Context, t tx.Tx, a action.Actor, id string, ttl, most time.Duration, reason string) (action.Output, error) {
	env, err := e.Store.TxEnvironment(ctx, t, id)
	if err != nil {
		return action.Output{}, err
	}
	if env.State != Ready || env.DestroyRun != "" {
		return action.Output{}, fault.Newf(fault.Conflict, "Only an environment that is ready can be extended; %s is %s.", env.Name, env.State.Words())
	}
	end := t.Now().Add(ttl)
	if last := env.ReadyAt.Add(most); end.After(last) {
		return action.Output{}, fault.InvalidField("ttl", "ttl", fmt.Sprintf(
			"It may live until %s at most: %s from when it was first ready.", last.UTC().Format("2006-01-02 15:04 UTC"), hours(most)))
	}
	env.ExpiresAt, env.TTL = end, end.Sub(env.ReadyAt)
	if err := e.Store.SaveEnvironment(ctx, t, env, Ready); err != nil {
		return action.Output{}, err
	}
	if err := e.record(ctx, t, env, a.ID, "environment.extended", reason); err != nil {
		return action.Output{}, err
	}
	body := Body(env)
	body["expiresAt"] = env.ExpiresAt.UTC().Format(time.RFC3339)
	return action.Output{Location: URL(env.ID), Body: map[string]any{"environment": body},
		Message: "The environment " + env.Name + " now lives until " + env.ExpiresAt.UTC().Format("2006-01-02 15:04 UTC") + "."}, nil
}

const revealSchema = `{
  "type": "object",
  "required": ["environment", "output"],
  "additionalProperties": false,
  "properties": {
    "environment": {"type": "string", "title": "Environment", "minLength": 1, "maxLength": 60},
    "output": {"type": "string", "title": "Output", "minLength": 1, "maxLength": 100}
  }
}`

func (e *Engine) revealAction() action.Def {
	return action.Def{
		Name: "reveal-secret", Title: "Reveal a secret output",
		Summary:    "Shows the value of a sensitive output; that it was shown, and to whom, is written down.",
		Permission: "reveal-secret", Schema: json.RawMessage(revealSchema),
		Traits:  action.Traits{Sensitive: true},
		Prepare: e.prepareReveal,
	}
}

func (e *Engine) prepareReveal(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
	var q struct {
		Output string `json:"output"`
	}
	_, env, p, err := e.subject(ctx, a, in)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(in, &q); err != nil {
		return p, fault.InvalidField("output", "type", "The output cannot be read.").Because(err)
	}
	p.Hidden, p.PolicyInput = true, nil
	value, found := e.secretOutput(ctx, env, q.Output)
	p.Execute = func(ctx context.Context, t tx.Tx) (action.Output, error) {
		if found != nil {
			return action.Output{}, found
		}
		err := e.record(ctx, t, env, a.ID, "secret.revealed", q.Output)
		return action.Output{Body: map[string]any{"output": q.Output, "value": value}}, err
	}
	return p, nil
}

// secretOutput reads a sensitive output's value from the secret store.
func (e *Engine) secretOutput(ctx context.Context, env Environment, output string) (string, error) {
	for _, o := range env.Outputs {
		if o.Name == output && o.Sensitive {
			s, err := e.Store.Secret(ctx, system, o.Secret)
			return s.Value, err
		}
	}
	return "", ErrNoSecret
}
