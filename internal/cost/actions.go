package cost

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

var accessSystem = access.System("costs")

type importInput struct {
	Source string `json:"source"`
	Period string `json:"period"`
	Upload string `json:"upload"`
	Name   string `json:"name"`
}

type budgetInput struct {
	Team    string      `json:"team"`
	Monthly json.Number `json:"monthly"`
}

// Actions returns import-costs and set-budget.
func (e *Engine) Actions() []action.Def {
	return []action.Def{{
		Name: "import-costs", Title: "Import a bill", Permission: "import-costs",
		Summary: "Takes in a FOCUS bill (CSV). A billing month of a source that was imported before is replaced as a whole.",
		Schema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["source"],"properties":{
			"source":{"type":"string","title":"Source","minLength":1,"maxLength":63,"description":"Where the bill comes from, such as aws"},
			"period":{"type":"string","title":"Billing month","maxLength":7,"description":"The one month that the bill may hold, such as 2026-10. Empty: as in the file"},
			"upload":{"type":"string","maxLength":200,"description":"Set when the file came with the request"},
			"name":{"type":"string","maxLength":255,"description":"Name of the file"}}}`),
		Traits:      action.Traits{Idempotent: true},
		First:       true, // it reads a whole bill
		Prepare:     e.prepareImport,
		SampleInput: json.RawMessage(`{"source":"aws","period":"2026-10"}`),
	}, {
		Name: "set-budget", Title: "Set a budget", Permission: "set-budget",
		Summary: "Sets what a team means to spend in a month.",
		Schema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["team","monthly"],"properties":{
			"team":{"type":"string","title":"Team","minLength":1,"maxLength":255},
			"monthly":{"title":"Monthly amount","type":["string","number"],"description":"In the currency of the bills"}}}`),
		Traits:      action.Traits{Idempotent: true},
		Prepare:     e.prepareBudget,
		SampleInput: json.RawMessage(`{"team":"payments-team","monthly":"12000"}`),
	}}
}

func (e *Engine) prepareImport(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in importInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "type", "The input cannot be read.").Because(err)
	}
	p := action.Prepared{Subject: "costs:" + in.Source}
	if err := checkNames(in.Source, in.Period); err != nil {
		return p, err
	}
	u, file, err := e.open(in)
	if err != nil {
		return p, err
	}
	defer file.Close()
	r, err := e.read(ctx, u)
	if err != nil {
		return p, err
	}
	p.Preview = map[string]any{"rows": r.bill.Rows, "warnings": r.bill.Warnings, "periods": r.bill.Periods(),
		"total": Total{r.bill.Total.Billed.String(), r.bill.Total.Effective.String(), r.bill.Currency}}
	p.Execute = func(ctx context.Context, t tx.Tx) (action.Output, error) {
		out, err := e.save(ctx, t, a, r)
		return action.Output{Body: out, Location: "/costs/imports", Message: "The bill was imported."}, err
	}
	return p, nil
}

func (e *Engine) prepareBudget(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in budgetInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("monthly", "type", "The amount is not a decimal number.").Because(err)
	}
	team := ReferenceOf("group", in.Team)
	p := action.Prepared{Subject: team, Owner: team}
	amount, err := parseMoney(in.Monthly.String())
	if err != nil || amount.IsNegative() {
		return p, fault.InvalidField("monthly", "type", "The amount is not a decimal number of 0 or more.")
	}
	d, err := e.o.Catalog.CostDirectory(ctx, accessSystem)
	if err != nil {
		return p, err
	}
	if !d.Teams[team] {
		return p, fault.InvalidField("team", "unknown", "There is no such team.")
	}
	state, err := e.o.Store.CostState(ctx, accessSystem)
	if err != nil {
		return p, err
	}
	b := Budget{Team: team, Monthly: amount, Currency: state.Currency, Actor: a.ID}
	p.Preview = budgetBody(b)
	p.Execute = func(ctx context.Context, t tx.Tx) (action.Output, error) {
		b.At = t.Now()
		err := e.o.Store.SetBudget(ctx, t, b)
		return action.Output{Body: map[string]any{"budget": budgetBody(b)}, Location: "/costs", Message: "The budget was set."}, err
	}
	return p, nil
}

func budgetBody(b Budget) map[string]string {
	return map[string]string{"team": b.Team, "monthly": b.Monthly.String(), "currency": b.Currency}
}
