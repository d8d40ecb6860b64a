package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Request is the input of launch-environment.
type Request struct {
	Blueprint  string          `json:"blueprint"`
	Version    string          `json:"version,omitempty"`
	Name       string          `json:"name"`
	Owner      string          `json:"owner"`
	Kind       string          `json:"kind,omitempty"`
	Service    string          `json:"service,omitempty"`
	TTL        string          `json:"ttl,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
}

// QuotaEnvironments is the quota that launches count against.
const QuotaEnvironments = "environments"

const launchSchema = `{
  "type": "object",
  "required": ["blueprint", "name", "owner"],
  "additionalProperties": false,
  "properties": {
    "blueprint": {"type": "string", "title": "Blueprint", "minLength": 1, "maxLength": 200, "description": "Name or reference of a blueprint."},
    "version": {"type": "string", "title": "Version", "maxLength": 40, "description": "Of the blueprint; the newest if empty."},
    "name": {"type": "string", "title": "Name", "pattern": "^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", "patternMessage": "Use lower-case letters, digits and hyphens, such as pr-482; no hyphen first or last.", "maxLength": 40, "description": "Lower-case letters, digits and hyphens; unique for its owner."},
    "owner": {"type": "string", "title": "Owner", "minLength": 1, "maxLength": 200, "description": "The group that owns it."},
    "kind": {"type": "string", "title": "Kind", "enum": ["dev", "test", "preview", "staging", "production"], "default": "dev"},
    "service": {"type": "string", "title": "For service", "maxLength": 200, "description": "Reference of the service that it is for."},
    "ttl": {"type": "string", "title": "Time to live", "maxLength": 20, "description": "Such as 8h; the blueprint's default if empty."},
    "parameters": {"type": "object", "title": "Parameters", "description": "As the blueprint asks for."}
  }
}`

// Actions lists what can be done with environments.
func (e *Engine) Actions() []action.Def {
	return []action.Def{e.launchAction(), e.destroyAction(), e.extendAction(), e.revealAction()}
}

func (e *Engine) launchAction() action.Def {
	return action.Def{
		Name: "launch-environment", Title: "Launch an environment",
		Summary:    "Makes an environment from a blueprint, as far as policy, quota and price allow.",
		Permission: "launch-environment", Schema: json.RawMessage(launchSchema),
		Traits:      action.Traits{StartsRun: true},
		Prepare:     e.prepareLaunch,
		SampleInput: json.RawMessage(`{"blueprint": "sandbox", "name": "try-it", "owner": "group:default/payments-team", "parameters": {"size": "small"}}`),
	}
}

func (e *Engine) prepareLaunch(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
	var q Request
	if err := json.Unmarshal(in, &q); err != nil {
		return action.Prepared{}, fault.InvalidField("", "type", "The input cannot be read.").Because(err)
	}
	env, err := e.draft(ctx, a, &q)
	if err != nil {
		return action.Prepared{}, err
	}
	return action.Prepared{
		Subject: env.ID, Owner: env.Owner, Permission: permission("launch-environment", env.Kind), PolicyInput: q,
		Claims:  []action.Claim{{Quota: QuotaEnvironments, Owner: env.Owner, N: 1}},
		Preview: map[string]any{"name": env.Name, "owner": env.Owner, "kind": env.Kind, "blueprint": env.Blueprint, "version": env.Version, "ttl": q.TTL},
		Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) { return e.launch(ctx, t, a, env) },
	}, nil
}

// permission is what an action needs on an environment of that kind:
// launch-environment.staging.
func permission(action, kind string) string { return action + "." + kind }

// draft makes an environment of a request, or says everything that is wrong
// with it. The request is completed on the way.
func (e *Engine) draft(ctx context.Context, a action.Actor, q *Request) (Environment, error) {
	var faults []fault.Field
	bad := func(field, code, text string) {
		faults = append(faults, fault.Field{Field: field, Code: code, Message: text})
	}
	b, err := e.Library.Offered(q.Blueprint)
	if err != nil {
		return Environment{}, fault.InvalidField("blueprint", "unknown", "There is no such blueprint.")
	}
	if q.Version != "" && q.Version != b.Version {
		bad("version", "unknown", fmt.Sprintf("Only version %s is offered.", b.Version))
	}
	if q.Kind == "" {
		q.Kind = Kinds[0]
	}
	if !slices.Contains(b.Kinds, q.Kind) {
		bad("kind", "enum", fmt.Sprintf("The blueprint is for %s only.", strings.Join(b.Kinds, ", ")))
	}
	ttl, problem := b.TTL.parse(q.TTL)
	if problem != "" {
		bad("ttl", "ttl", problem)
	}
	q.TTL = ttl.String()
	if q.Owner, problem, err = e.reference(ctx, a, q.Owner, "group"); err != nil {
		return Environment{}, err
	} else if problem != "" {
		bad("owner", "unknown", problem)
	}
	if q.Service != "" {
		if q.Service, problem, err = e.reference(ctx, a, q.Service, "component"); err != nil {
			return Environment{}, err
		} else if problem != "" {
			bad("service", "unknown", problem)
		}
	}
	if q.Parameters, err = b.complete(q.Parameters); err != nil {
		fields := fieldsOf(err)
		if fields == nil {
			return Environment{}, err
		}
		faults = append(faults, fields...)
	}
	if len(faults) > 0 {
		return Environment{}, fault.InvalidFields(faults...)
	}
	q.Blueprint, q.Version = b.Name, b.Version
	return Environment{ID: id.New("env"), Name: q.Name, Owner: q.Owner, Kind: q.Kind, Blueprint: b.Name, Version: b.Version,
		Hash: b.Hash, Service: q.Service, Parameters: q.Parameters, State: Requested, TTL: ttl, By: a.ID,
		Entity: entityRef(q.Owner, q.Name).String()}, nil
}

// parse reads a time to live; the second result says what is wrong with it.
func (l TTL) parse(s string) (time.Duration, string) {
	if s == "" {
		return l.Default, ""
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return l.Default, "This must be a duration such as 30m, 8h or 72h."
	case d < time.Minute:
		return l.Default, "This must be at least a minute."
	case d > l.Max:
		return l.Default, fmt.Sprintf("This may be at most %s.", hours(l.Max))
	}
	return d, ""
}

func hours(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return d.String()
}

// reference makes a reference canonical and checks that the catalog has it;
// what is hidden from the actor is as good as absent.
func (e *Engine) reference(ctx context.Context, a action.Actor, s, kind string) (ref, problem string, err error) {
	const unknown = "The catalog has nothing of that name."
	r, err := catalog.ParseRef(s, kind, "default")
	if err != nil {
		return s, unknown, nil
	}
	ref = r.Canonical().String()
	if kind == "group" && r.Canonical().Kind != "group" {
		return ref, "The owner must be a group.", nil
	}
	found, err := e.Directory.Exists(ctx, access.Viewer{Actor: a}, ref)
	if err != nil || found {
		return ref, "", err
	}
	return ref, unknown, nil
}

// entityRef is environment:<owner's namespace>/<owner>-<name>.
func entityRef(owner, name string) catalog.Ref {
	r, err := catalog.ParseRef(owner, "group", "default")
	if err != nil {
		return catalog.Ref{Kind: "environment", Namespace: "default", Name: name}
	}
	return catalog.Ref{Kind: "environment", Namespace: r.Namespace, Name: r.Name + "-" + name}.Canonical()
}

// launch writes the environment and starts its run.
func (e *Engine) launch(ctx context.Context, t tx.Tx, a action.Actor, env Environment) (action.Output, error) {
	env.CreatedAt = t.Now()
	input, err := json.Marshal(runInput{Environment: env.ID})
	if err != nil {
		return action.Output{}, err
	}
	run, err := e.Runs.Start(ctx, t, run.Spec{Kind: LaunchKind, Title: "Launch " + env.Name, Subject: env.ID, Owner: env.Owner,
		By: a.ID, Lane: env.ID, Input: input})
	if err != nil {
		return action.Output{}, err
	}
	env.Run = run
	if err := e.Store.CreateEnvironment(ctx, t, env); err != nil {
		return action.Output{}, err
	}
	if err := e.record(ctx, t, env, a.ID, "environment.requested", ""); err != nil {
		return action.Output{}, err
	}
	return action.Output{Started: true, Location: URL(env.ID), Message: "Launching " + env.Name + " has begun.",
		Body: map[string]any{"run": runBody(run), "environment": Body(env)}}, nil
}

// URL is the page of an environment.
func URL(id string) string { return "/environments/" + id }

func runBody(r run.ID) map[string]any {
	return map[string]any{"id": r, "url": "/runs/" + string(r)}
}

// Body is an environment in the answer of an action.
func Body(env Environment) map[string]any {
	return map[string]any{"id": env.ID, "name": env.Name, "state": env.State, "url": URL(env.ID)}
}

// record appends an event about an environment.
func (e *Engine) record(ctx context.Context, t tx.Tx, env Environment, by, what, why string) error {
	data := map[string]any{"name": env.Name, "state": env.State, "blueprint": env.Blueprint, "version": env.Version, "kind": env.Kind}
	if why != "" {
		data["reason"] = why
	}
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return e.Events.Append(ctx, t, event.Event{Type: what, Actor: by, Subject: env.ID, Owner: env.Owner, Data: bytes.TrimSpace(b)})
}
