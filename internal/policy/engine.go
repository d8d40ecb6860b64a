package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// patience is how long all rules together may take.
const patience = 5 * time.Second

// Store keeps decisions and waivers.
type Store interface {
	AddDecision(ctx context.Context, t tx.Tx, d Decision) error
	AddWaiver(ctx context.Context, t tx.Tx, w Waiver) error
	// WaiversAt lists the waivers that hold at a time.
	WaiversAt(ctx context.Context, at time.Time) ([]Waiver, error)
}

// Engine judges. It is safe for concurrent use.
type Engine struct {
	rules []compiled
	db    tx.DB
	store Store
	now   func() time.Time
}

// New compiles the rules in files. A rule that does not compile stops the
// start: policy that is not understood must not be taken for policy that is
// kept.
func New(ctx context.Context, files fs.FS, db tx.DB, store Store, now func() time.Time) (*Engine, error) {
	rules, err := load(ctx, files)
	if err != nil {
		return nil, err
	}
	return &Engine{rules: rules, db: db, store: store, now: now}, nil
}

// Rules lists the rules by name.
func (e *Engine) Rules() []Rule {
	out := make([]Rule, len(e.rules))
	for i, r := range e.rules {
		out[i] = r.Rule
	}
	return out
}

// Rule returns the rule of that name; false if there is none.
func (e *Engine) Rule(name string) (Rule, bool) {
	for _, r := range e.rules {
		if r.Name == name {
			return r.Rule, true
		}
	}
	return Rule{}, false
}

// Check implements action.Policy: it judges what somebody asks for.
func (e *Engine) Check(ctx context.Context, name string, input any) (action.Decision, error) {
	d := Decision{Phase: Request, Action: name}
	request, err := plain(input)
	if err != nil {
		return action.Decision{}, fmt.Errorf("policy on %s: %w", name, err)
	}
	about(&d, request)
	res, err := e.judge(ctx, &d, map[string]any{"action": name, "request": request}, scopesOf(d, request))
	if err != nil {
		return action.Decision{}, err
	}
	out := action.Decision{Violations: res.Violations()}
	for _, c := range res.Checks {
		if c.Waiver != "" {
			out.Waived = append(out.Waived, c.Rule)
		}
	}
	return out, nil
}

// Plan judges what Terraform would do. An unreadable plan is an error, never
// an empty one.
func (e *Engine) Plan(ctx context.Context, in Input) (Result, error) {
	var p map[string]any
	if err := json.Unmarshal(in.Plan, &p); err != nil {
		return Result{}, fmt.Errorf("policy on a plan: %w", err)
	}
	if _, ok := p["format_version"]; !ok {
		return Result{}, fmt.Errorf("policy on a plan: this is not Terraform's plan as JSON")
	}
	request, err := plain(in.Request)
	if err != nil {
		return Result{}, fmt.Errorf("policy on a plan: request: %w", err)
	}
	cost, err := plain(in.Cost)
	if err != nil {
		return Result{}, fmt.Errorf("policy on a plan: cost: %w", err)
	}
	d := Decision{Phase: Plan}
	about(&d, request)
	d.Environment, d.Run = in.Environment, in.Run
	if in.Owner != "" {
		d.Owner = in.Owner
	}
	if in.By != "" {
		d.By = in.By
	}
	return e.judge(ctx, &d, map[string]any{"plan": p, "resources": changed(p), "request": request, "cost": cost}, scopesOf(d, request))
}

// plain is v as JSON knows it.
func plain(v any) (map[string]any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	out := map[string]any{}
	if string(b) == "null" {
		return out, nil
	}
	return out, dec.Decode(&out)
}

// about fills in what the request says of itself, for the record.
func about(d *Decision, request map[string]any) {
	text := func(key string) string { s, _ := request[key].(string); return s }
	d.Subject, d.Owner, d.By = text("name"), text("owner"), text("by")
}

// judge asks every rule of the phase and keeps the decision.
func (e *Engine) judge(ctx context.Context, d *Decision, input map[string]any, scopes []string) (Result, error) {
	return e.judgeFor(ctx, d.Phase, d, input, scopes)
}

// judgeFor is judge for a phase; without a decision nothing is kept.
func (e *Engine) judgeFor(ctx context.Context, phase Phase, d *Decision, input map[string]any, scopes []string) (Result, error) {
	value, err := ast.InterfaceToValue(input)
	if err != nil {
		return Result{}, fmt.Errorf("policy input: %w", err)
	}
	waivers, err := e.store.WaiversAt(ctx, e.now())
	if err != nil {
		return Result{}, fmt.Errorf("waivers: %w", err)
	}
	limited, done := context.WithTimeout(ctx, patience)
	defer done()
	var res Result
	for _, r := range e.rules {
		if r.judges(phase) {
			res.Checks = append(res.Checks, r.ask(limited, value)...)
		}
	}
	waive(res.Checks, waivers, scopes)
	if len(res.Checks) == 0 || d == nil {
		return res, nil // no rule had anything to say, or nothing is to be kept
	}
	d.ID, d.At, d.Allowed, d.Checks = id.New("dec"), e.now().UTC(), res.Allowed(), res.Checks
	// A judgement that cannot be kept stands all the same; the action or run
	// that follows fails on the same database.
	if err := e.db.Write(ctx, func(t tx.Tx) error { return e.store.AddDecision(ctx, t, *d) }); err != nil {
		slog.WarnContext(ctx, "policy decision not kept", "error", err)
	}
	return res, nil
}
