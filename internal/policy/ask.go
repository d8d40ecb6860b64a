package policy

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// ask evaluates one rule. A rule that cannot be evaluated is broken at its own
// level: a hard one blocks, an advisory one is a remark.
func (r compiled) ask(ctx context.Context, input ast.Value) []Check {
	set, err := r.query.Eval(ctx, rego.EvalParsedInput(input))
	if err != nil {
		return []Check{r.check(fmt.Sprintf("The rule %s could not be evaluated: %v.", r.Name, err), "", "Tell the platform team; the rule or what it was given is at fault.")}
	}
	if len(set) == 0 || len(set[0].Expressions) == 0 {
		return []Check{r.check(fmt.Sprintf("The rule %s gave no answer.", r.Name), "", "Tell the platform team; the rule is at fault.")}
	}
	answer, _ := set[0].Expressions[0].Value.(map[string]any)
	broken, _ := answer["violations"].([]any)
	var out []Check
	for _, b := range broken {
		out = append(out, r.broken(b))
	}
	slices.SortFunc(out, func(a, b Check) int {
		return cmp.Or(b.Level.weight()-a.Level.weight(), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Message, b.Message))
	})
	if fine, ok := answer["passed"].(string); ok && len(out) == 0 {
		out = append(out, Check{Rule: r.Name, Title: r.Title, Level: r.Level, Passed: true, Message: fine})
	}
	return out
}

func (r compiled) check(message, resource, fix string) Check {
	return Check{Rule: r.Name, Title: r.Title, Level: r.Level, Message: message, Resource: resource, Fix: fix}
}

// broken reads one violation. It may weigh less than its rule, never more.
func (r compiled) broken(v any) Check {
	m, _ := v.(map[string]any)
	text := func(key string) string { s, _ := m[key].(string); return s }
	c := r.check(text("message"), text("resource"), cmp.Or(text("fix"), r.Fix))
	if c.Message == "" {
		c.Message = fmt.Sprintf("The rule %s is broken.", r.Name)
	}
	if l := Level(text("severity")); l.known() && l.weight() < r.Level.weight() {
		c.Level = l
	}
	return c
}
