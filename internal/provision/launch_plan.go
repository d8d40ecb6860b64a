package provision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/tx"
)

// summary is a plan in a few words.
func summary(p Plan) string {
	var parts []string
	for _, a := range []struct{ action, words string }{{"import", "to take back"}, {"create", "to add"}, {"update", "to change"},
		{"replace", "to replace"}, {"delete", "to destroy"}} {
		if n := p.Count(a.action); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, a.words))
		}
	}
	if len(parts) == 0 {
		return "nothing to change"
	}
	return strings.Join(parts, ", ")
}

// plan recovers what earlier tries left, plans, lets policy and price judge,
// and keeps the result.
func (s *session) plan(ctx context.Context) (Plan, error) {
	found, err := s.recover(ctx)
	if err != nil {
		return Plan{}, err
	}
	if err := s.ready(ctx); err != nil {
		return Plan{}, err
	}
	if err := s.runner.RecoverWith(found); err != nil {
		return Plan{}, err
	}
	st, err := s.state(ctx)
	if err != nil {
		return Plan{}, err
	}
	made, err := s.runner.Plan(ctx, terraform.PlanOptions{}, s.log)
	if err != nil {
		return Plan{}, err
	}
	p := s.newPlan(terraform.Changes(made), st.Serial)
	p.Estimate = s.bp.Prices.Estimate(made)
	if p.Checks, err = s.judge(ctx, made, p.Estimate); err != nil {
		return Plan{}, err
	}
	return p, s.keep(ctx, p)
}

func (s *session) newPlan(changes []Change, serial int64) Plan {
	return Plan{Run: s.w.Run().ID, Environment: s.env.ID, Version: s.env.Version, InputHash: inputHash(s.env),
		Serial: serial, Engine: s.engine.String(), Changes: changes}
}

// inputHash binds a plan to what was asked for.
func inputHash(env Environment) string {
	sum := sha256.Sum256([]byte(env.Hash + "\x00" + string(env.Parameters)))
	return hex.EncodeToString(sum[:])
}

func (s *session) judge(ctx context.Context, made *tfjson.Plan, cost Estimate) ([]Check, error) {
	raw, err := json.Marshal(made)
	if err != nil {
		return nil, fmt.Errorf("plan for policy: %w", err)
	}
	return s.e.Policy.JudgePlan(ctx, PolicyInput{Plan: raw, Environment: s.env.ID, Run: s.w.Run().ID, By: s.env.By, Cost: cost, Request: Request{
		Blueprint: s.env.Blueprint, Version: s.env.Version, Name: s.env.Name, Owner: s.env.Owner, Kind: s.env.Kind,
		Service: s.env.Service, TTL: s.env.TTL.String(), Parameters: s.env.Parameters}})
}

func (s *session) keep(ctx context.Context, p Plan) error {
	return s.w.Write(ctx, func(t tx.Tx) error {
		p.CreatedAt = t.Now()
		return s.e.Store.PutPlan(ctx, t, p)
	})
}

// violation is a broken rule in a line: which rule, which resource, why, what
// to change.
func violation(c Check) string {
	text := c.Rule + " (" + c.Level + ")"
	if c.Resource != "" {
		text += ", " + c.Resource
	}
	text += ": " + c.Message
	if c.Fix != "" {
		text += " " + c.Fix
	}
	return text
}

// verdict refuses when a rule forbids the plan.
func verdict(checks []Check) error {
	var rules []string
	for _, c := range checks {
		if c.Blocks() {
			rules = append(rules, violation(c))
		}
	}
	if len(rules) == 0 {
		return nil
	}
	return run.Refuse("Policy does not allow this plan; nothing was made.\n" + strings.Join(rules, "\n"))
}
