package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store/storetest"
)

// allow lets everybody but mallory do everything; mallory may for one group.
type allow struct{}

func (allow) Authorize(_ context.Context, a action.Actor, _, owner string) error {
	if a.ID == "user:default/mallory" && owner != "group:default/mallorys" {
		return fault.New(fault.Forbidden, "no")
	}
	return nil
}

// rules answers with the violations it holds.
type rules []fault.Violation

func (r rules) Check(context.Context, string, any) (action.Decision, error) {
	return action.Decision{Violations: r}, nil
}

// events counts what is appended, by type.
type events struct {
	mu   sync.Mutex
	seen []event.Event
}

func (e *events) Append(_ context.Context, _ tx.Tx, ev event.Event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, ev)
	return nil
}

var ada = action.Actor{ID: "user:default/ada", Via: "api"}

type door struct {
	reg    *action.Registry
	events *events
	done   *atomic.Int32
}

// newDoor is a registry on a real database with one action, take-slot, that
// claims a quota of 100 and counts how often it was executed.
func newDoor(t *testing.T, judge action.Policy) door {
	t.Helper()
	s := storetest.SQLite(t)
	d := door{events: &events{}, done: &atomic.Int32{}}
	d.reg = action.NewRegistry(action.Ports{DB: s, Events: d.events, Access: allow{}, Policy: judge, Quota: s, Keys: s})
	def := action.Def{Name: "take-slot", Permission: "take-slot",
		Schema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string","minLength":1,"maxLength":10},"n":{"type":"integer"}}}`),
		Prepare: func(_ context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
			var in struct {
				Name string `json:"name"`
				N    int64  `json:"n"`
			}
			if err := json.Unmarshal(raw, &in); err != nil {
				return action.Prepared{}, err
			}
			return action.Prepared{Subject: in.Name, Owner: "group:default/a", PolicyInput: in, Preview: "a slot",
				Claims: []action.Claim{{Quota: "slots", Owner: "group:default/a", N: max(in.N, 1)}},
				Execute: func(context.Context, tx.Tx) (action.Output, error) {
					return action.Output{Body: map[string]any{"n": d.done.Add(1)}}, nil
				}}, nil
		}}
	if err := d.reg.Register(def); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDoRefuses(t *testing.T) {
	hard := rules{{Rule: "r1", Severity: "hard-mandatory"}, {Rule: "r2", Severity: "advisory"}}
	soft := rules{{Rule: "r3", Severity: "soft-mandatory"}}
	for _, c := range []struct {
		name   string
		judge  action.Policy
		actor  action.Actor
		action string
		in     string
		want   fault.Kind
		field  string
	}{
		{"nobody", nil, action.Actor{}, "take-slot", `{"name":"a"}`, fault.Unauthenticated, ""},
		{"unknown action", nil, ada, "take-all", `{}`, fault.NotFound, ""},
		{"not JSON", nil, ada, "take-slot", `{`, fault.Invalid, ""},
		{"missing", nil, ada, "take-slot", `{}`, fault.Invalid, "name"},
		{"wrong type", nil, ada, "take-slot", `{"name":7}`, fault.Invalid, "name"},
		{"too long", nil, ada, "take-slot", `{"name":"abcdefghijk"}`, fault.Invalid, "name"},
		{"unknown field", nil, ada, "take-slot", `{"name":"a","evil":1}`, fault.Invalid, "evil"},
		{"NUL", nil, ada, "take-slot", `{"name":"a\u0000"}`, fault.Invalid, "name"},
		{"escape sequence", nil, ada, "take-slot", `{"name":"\u001b[2J"}`, fault.Invalid, "name"},
		{"control character in a name", nil, ada, "take-slot", `{"name":"a","n\u0007":1}`, fault.Invalid, ""},
		{"not allowed", nil, action.Actor{ID: "user:default/mallory"}, "take-slot", `{"name":"a"}`, fault.Forbidden, ""},
		{"scope", nil, action.Actor{ID: "user:default/ada", Scopes: []string{"other"}}, "take-slot", `{"name":"a"}`, fault.Forbidden, ""},
		{"hard policy", hard, ada, "take-slot", `{"name":"a"}`, fault.Policy, ""},
		{"soft policy", soft, ada, "take-slot", `{"name":"a"}`, fault.NeedsWaiver, ""},
		{"quota", nil, ada, "take-slot", `{"name":"a","n":101}`, fault.Quota, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDoor(t, c.judge)
			_, err := d.reg.Do(t.Context(), c.actor, c.action, json.RawMessage(c.in))
			if got := fault.KindOf(err); got != c.want {
				t.Fatalf("kind %s (%v), want %s", got, err, c.want)
			}
			var f *fault.Error
			if errors.As(err, &f) && c.field != "" && (len(f.Fields) != 1 || f.Fields[0].Field != c.field) {
				t.Errorf("fields %+v, want one for %s", f.Fields, c.field)
			}
			if d.done.Load() != 0 {
				t.Error("the action was executed")
			}
		})
	}
}

// An action that costs much to prepare is not prepared for whoever may not do
// it.
func TestPermissionFirst(t *testing.T) {
	d := newDoor(t, nil)
	prepared := 0
	err := d.reg.Register(action.Def{Name: "read-bill", Permission: "read-bill", First: true, Schema: json.RawMessage(`{"type":"object"}`),
		Prepare: func(context.Context, action.Actor, json.RawMessage) (action.Prepared, error) {
			prepared++
			return action.Prepared{}, fault.InvalidField("file", "required", "Choose a file.")
		}})
	if err != nil {
		t.Fatal(err)
	}
	for actor, want := range map[string]fault.Kind{"user:default/mallory": fault.Forbidden, "user:default/ada": fault.Invalid} {
		if _, err := d.reg.Do(t.Context(), action.Actor{ID: actor}, "read-bill", nil); fault.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", actor, err, want)
		}
	}
	if prepared != 1 {
		t.Errorf("prepared %d times, want once", prepared)
	}
}

// One who may do it for a group passes; one who may not do it at all does not
// learn what preparing would tell.
func TestPermissionSomewhere(t *testing.T) {
	d := newDoor(t, nil)
	err := d.reg.Register(action.Def{Name: "look", Permission: "look", FirstSomewhere: true, Schema: json.RawMessage(`{"type":"object"}`),
		Prepare: func(context.Context, action.Actor, json.RawMessage) (action.Prepared, error) {
			return action.Prepared{}, fault.InvalidField("target", "unreadable", "Nothing is there.")
		}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		actor action.Actor
		want  fault.Kind
	}{
		{action.Actor{ID: "user:default/ada"}, fault.Invalid},
		{action.Actor{ID: "user:default/mallory", Groups: []string{"group:default/b", "group:default/mallorys"}}, fault.Invalid},
		{action.Actor{ID: "user:default/mallory", Groups: []string{"group:default/b"}}, fault.Forbidden},
		{action.Actor{ID: "user:default/mallory"}, fault.Forbidden},
	} {
		if _, err := d.reg.Do(t.Context(), c.actor, "look", nil); fault.KindOf(err) != c.want {
			t.Errorf("%s of %v: %v, want %s", c.actor.ID, c.actor.Groups, err, c.want)
		}
	}
}

func TestASchemaMayExplainItsPattern(t *testing.T) {
	raw := json.RawMessage(`{"type":"object","properties":{"a/b":{"type":"object","properties":{"name":{"type":"string","pattern":"^[a-z]+$","patternMessage":"Use small letters."}}}}}`)
	err := action.ValidateValue(raw, "parameters.", map[string]any{"a/b": map[string]any{"name": "X1"}})
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Message != "Use small letters." || f.Fields[0].Field != "parameters.a/b.name" {
		t.Errorf("got %+v", err)
	}
}

func TestLinesAndTabsAreText(t *testing.T) {
	err := action.ValidateValue(json.RawMessage(`{"type":"object"}`), "", map[string]any{"text": []any{"one\ttwo\r\nthree", "na\u00efve \U0001F680"}})
	if err != nil {
		t.Errorf("got %v", err)
	}
}

func TestAdvisoryRulesDoNotRefuse(t *testing.T) {
	d := newDoor(t, rules{{Rule: "r", Severity: "advisory"}})
	if _, err := d.reg.Do(t.Context(), ada, "take-slot", json.RawMessage(`{"name":"a"}`)); err != nil {
		t.Fatal(err)
	}
}

func TestARefusalLeavesATrace(t *testing.T) {
	d := newDoor(t, rules{{Rule: "r", Severity: "hard-mandatory"}})
	if _, err := d.reg.Do(t.Context(), ada, "take-slot", json.RawMessage(`{"name":"a"}`)); err == nil {
		t.Fatal("want a refusal")
	}
	if len(d.events.seen) != 1 || d.events.seen[0].Type != "action.refused" {
		t.Fatalf("events %+v, want one action.refused", d.events.seen)
	}
}

func TestARepeatedKeyAnswersTheSame(t *testing.T) {
	d := newDoor(t, nil)
	in := json.RawMessage(`{"name":"a"}`)
	for range 2 {
		if _, err := d.reg.Do(t.Context(), ada, "take-slot", in, action.WithKey("k1")); err != nil {
			t.Fatal(err)
		}
	}
	if n := d.done.Load(); n != 1 {
		t.Errorf("executed %d times, want once", n)
	}
	_, err := d.reg.Do(t.Context(), ada, "take-slot", json.RawMessage(`{"name":"b"}`), action.WithKey("k1"))
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("the same key with another input: %v, want a conflict", err)
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	d := newDoor(t, nil)
	for range 3 {
		out, err := d.reg.Do(t.Context(), ada, "take-slot", json.RawMessage(`{"name":"a","n":60}`), action.DryRun())
		if err != nil {
			t.Fatal(err) // 60 of 100 fit each time, since nothing is kept
		}
		if body := out.Body.(map[string]any); body["preview"] != "a slot" {
			t.Errorf("body %v", body)
		}
	}
	if d.done.Load() != 0 || len(d.events.seen) != 0 {
		t.Error("a dry run executed or left an event")
	}
}

func TestTheLastSlotIsTakenOnce(t *testing.T) {
	d := newDoor(t, nil)
	if _, err := d.reg.Do(t.Context(), ada, "take-slot", json.RawMessage(`{"name":"a","n":97}`)); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var taken atomic.Int32
	for range 8 {
		wait.Go(func() {
			if _, err := d.reg.Do(t.Context(), ada, "take-slot", json.RawMessage(`{"name":"a"}`)); err == nil {
				taken.Add(1)
			} else if fault.KindOf(err) != fault.Quota {
				t.Errorf("got %v, want a quota fault", err)
			}
		})
	}
	wait.Wait()
	if taken.Load() != 3 {
		t.Errorf("%d took a slot, want 3", taken.Load())
	}
}
