package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/policy"
	"github.com/waymark-portal/waymark/internal/tx"
)

// decisionColumns must match scanDecision.
const decisionColumns = `id, at, phase, action, subject, owner, actor, run, environment, allowed, checks`

func scanDecision(row scanner) (policy.Decision, error) {
	var d policy.Decision
	var at, checks string
	if err := row.Scan(&d.ID, &at, &d.Phase, &d.Action, &d.Subject, &d.Owner, &d.By, &d.Run, &d.Environment, &d.Allowed, &checks); err != nil {
		return d, err
	}
	if err := json.Unmarshal([]byte(checks), &d.Checks); err != nil {
		return d, fmt.Errorf("decision %s: %w", d.ID, err)
	}
	return d, runTimes([]string{at}, &d.At)
}

// AddDecision implements policy.Store: it keeps d and counts what each rule
// said.
func (s *Store) AddDecision(ctx context.Context, t tx.Tx, d policy.Decision) error {
	checks, err := json.Marshal(d.Checks)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `INSERT INTO policy_decisions (`+decisionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, tx.Format(d.At), d.Phase, d.Action, d.Subject, d.Owner, d.By, d.Run, d.Environment, runFlag(d.Allowed), string(checks))
	if err != nil {
		return fmt.Errorf("decision on %s: %w", d.Subject, err)
	}
	for rule, c := range tally(d.Checks) {
		_, err := s.exec(ctx, t, `
			INSERT INTO policy_counts (rule, day, passed, broken, waived) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (rule, day) DO UPDATE SET passed = policy_counts.passed + excluded.passed,
				broken = policy_counts.broken + excluded.broken, waived = policy_counts.waived + excluded.waived`,
			rule, d.At.UTC().Format(time.DateOnly), c.Passed, c.Broken, c.Waived)
		if err != nil {
			return fmt.Errorf("count rule %s: %w", rule, err)
		}
	}
	return nil
}

// tally says for each rule whether this judgement found it kept, broken or
// waived; once, however many resources break it.
func tally(checks []policy.Check) map[string]policy.Count {
	out := map[string]policy.Count{}
	for _, c := range checks {
		n := out[c.Rule]
		switch {
		case c.Passed:
			n.Passed = 1
		case c.Waiver != "":
			n.Waived = 1
		default:
			n.Broken = 1
		}
		out[c.Rule] = n
	}
	for rule, n := range out {
		if n.Broken == 1 {
			n.Waived = 0
		}
		out[rule] = n
	}
	return out
}

// Decisions returns one page of judgements, newest first: those of v's groups
// only, unless v reads everything.
func (s *Store) Decisions(ctx context.Context, v access.Viewer, f policy.Filter) (policy.Page, error) {
	where, args := []string{"1 = 1"}, []any{}
	if unhidden, more := s.unhiddenSubject(v, "policy_decisions.environment"); unhidden != "" {
		where, args = []string{"1 = 1" + unhidden}, more
	}
	if !v.All {
		where, args = append(where, "owner IN ("+marks(len(v.Reads))+")"), append(args, anys(v.Reads)...)
	}
	if f.Environment != "" {
		where, args = append(where, "environment = ?"), append(args, f.Environment)
	}
	if f.Denied {
		where = append(where, "allowed = 0")
	}
	if f.Rule != "" { // the name comes from the list of rules, and is quoted in the JSON
		where, args = append(where, "checks LIKE ?"), append(args, `%"rule":"`+f.Rule+`"%`)
	}
	counted, countArgs := strings.Join(where, " AND "), args[:len(args):len(args)]
	if f.Before != "" {
		at, id, ok := strings.Cut(f.Before, "/")
		if _, err := time.Parse(tx.Layout, at); !ok || err != nil {
			return policy.Page{}, policy.ErrCursor
		}
		where, args = append(where, "(at, id) < (?, ?)"), append(args, at, id)
	}
	limit := min(max(f.Limit, 1), 200)
	rows, err := s.query(ctx, `
		SELECT `+decisionColumns+` FROM policy_decisions
		WHERE `+strings.Join(where, " AND ")+`
		ORDER BY at DESC, id DESC
		LIMIT ?`, append(args, limit+1)...)
	items, err := collect(rows, err, scanDecision)
	if err != nil {
		return policy.Page{}, err
	}
	p := policy.Page{Items: items}
	if len(items) > limit {
		p.Items = items[:limit]
		p.Next = tx.Format(p.Items[limit-1].At) + "/" + p.Items[limit-1].ID
	}
	err = s.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM policy_decisions WHERE `+counted+` LIMIT 1000) AS counted`, countArgs...).Scan(&p.Total)
	return p, err
}

// PolicyCounts sums what each rule has said since a day. The sums are open to
// everybody who may see the rules.
func (s *Store) PolicyCounts(ctx context.Context, _ access.Viewer, since time.Time) (map[string]policy.Count, error) {
	type named struct {
		rule string
		policy.Count
	}
	rows, err := s.query(ctx, `
		SELECT rule, SUM(passed), SUM(broken), SUM(waived) FROM policy_counts
		WHERE day >= ? GROUP BY rule`, since.UTC().Format(time.DateOnly))
	list, err := collect(rows, err, func(row scanner) (n named, err error) {
		err = row.Scan(&n.rule, &n.Passed, &n.Broken, &n.Waived)
		return n, err
	})
	out := map[string]policy.Count{}
	for _, n := range list {
		out[n.rule] = n.Count
	}
	return out, err
}

// waiverColumns must match scanWaiver.
const waiverColumns = `id, rule, scope, reason, actor, created_at, until`

func scanWaiver(row scanner) (policy.Waiver, error) {
	var w policy.Waiver
	var at [2]string
	if err := row.Scan(&w.ID, &w.Rule, &w.Scope, &w.Reason, &w.By, &at[0], &at[1]); err != nil {
		return w, err
	}
	return w, runTimes(at[:], &w.CreatedAt, &w.Until)
}

// AddWaiver implements policy.Store.
func (s *Store) AddWaiver(ctx context.Context, t tx.Tx, w policy.Waiver) error {
	_, err := s.exec(ctx, t, `INSERT INTO policy_waivers (`+waiverColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		w.ID, w.Rule, w.Scope, w.Reason, w.By, tx.Format(w.CreatedAt), tx.Format(w.Until))
	if err != nil {
		return fmt.Errorf("waiver of %s: %w", w.Rule, err)
	}
	return nil
}

// WaiversAt implements policy.Store. Waivers are open to everybody, like the
// rules that they waive.
func (s *Store) WaiversAt(ctx context.Context, at time.Time) ([]policy.Waiver, error) {
	rows, err := s.query(ctx, `SELECT `+waiverColumns+` FROM policy_waivers WHERE until > ? ORDER BY until, id`, tx.Format(at))
	return collect(rows, err, scanWaiver)
}
