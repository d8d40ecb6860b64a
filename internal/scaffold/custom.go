package scaffold

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/fetch"
	"github.com/waymark-portal/waymark/internal/webhook"
)

// Custom is an action that another machine does: each use is a signed POST to
// it.
type Custom struct {
	ID          string
	Description string
	URL         string
	Secret      string          // see webhook.Key
	Input       json.RawMessage // JSON Schema; nil: any object
	Output      json.RawMessage // JSON Schema; nil: any object
	Timeout     time.Duration   // of one attempt; 0 means 30 s
	DryRun      bool            // it is asked in dry runs too, with dryRun set
	Undo        string          // what becomes of what it did when a later step fails
	Examples    []Example
	Client      Requester       // reaches its host and no other
	Pauses      []time.Duration // before further attempts; nil means 1 s and 4 s
}

// checkCustom refuses a custom action that cannot work.
func checkCustom(a Custom) (*Action, error) {
	bad := func(format string, args ...any) (*Action, error) {
		return nil, fmt.Errorf("scaffolder.actions: %s: %s", a.ID, fmt.Sprintf(format, args...))
	}
	switch {
	case actions[a.ID] != nil:
		return bad("this id belongs to an action of Waymark")
	case a.Client == nil:
		return bad("there is nothing that reaches %s", a.URL)
	}
	key, err := webhook.Key(a.Secret)
	if err != nil {
		return bad("secret: %s", err)
	}
	for name, s := range map[string]*json.RawMessage{"input": &a.Input, "output": &a.Output} {
		if len(*s) == 0 {
			*s = json.RawMessage(`{"type":"object"}`)
		}
		var f *fault.Error
		if err := action.ValidateValue(*s, "", map[string]any{}); err != nil && !errors.As(err, &f) {
			return bad("%s is no JSON Schema: %v", name, err)
		}
	}
	if a.Undo == "" {
		a.Undo = undoRequest
	}
	if a.Pauses == nil {
		a.Pauses = []time.Duration{time.Second, 4 * time.Second}
	}
	x := &customCall{Custom: a, key: key}
	return &Action{ID: a.ID, Summary: a.Description, Input: a.Input, Output: a.Output, Examples: a.Examples, DryRun: a.DryRun,
		Undo: a.Undo, Custom: true, do: x.do}, nil
}

type customCall struct {
	Custom
	key []byte
}

// ask is what the other machine is sent.
type ask struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      askData   `json:"data"`
}

type askData struct {
	Action   string         `json:"action"`
	Run      string         `json:"run"`
	Step     string         `json:"step"`
	Template string         `json:"template"`
	Version  string         `json:"version"`
	User     string         `json:"user"`
	Team     string         `json:"team"`
	DryRun   bool           `json:"dryRun"`
	Input    map[string]any `json:"input"`
}

// told is what it answers.
type told struct {
	Output map[string]any `json:"output"`
	Log    lines          `json:"log"`
	Error  string         `json:"error"`
}

// lines is a text or a list of them.
type lines []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *lines) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*l = strings.Split(strings.TrimRight(s, "\n"), "\n")
		return nil
	}
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		return errors.New("log is neither a text nor a list of texts")
	}
	*l = list
	return nil
}

// onceKey is the same for every attempt at the same piece of work: the run,
// the step and what it is given.
func (c *call) onceKey() string {
	b, err := json.Marshal(c.input)
	if err != nil {
		b = nil // what cannot be written cannot be sent either
	}
	h := sha256.Sum256(b)
	return c.run + "/" + c.id + "/" + hex.EncodeToString(h[:6])
}

// maxLines bounds what an action may write to the log.
const maxLines = 200

// do asks the other machine until it answers, and takes over its output.
func (x *customCall) do(ctx context.Context, c *call) error {
	if c.confined {
		c.logf("%s is not asked for a template that is only tried.", x.ID)
		return nil
	}
	body, err := json.Marshal(ask{"scaffolder.action", time.Now().UTC(), askData{Action: x.ID, Run: c.run, Step: c.id,
		Template: c.order.Template, Version: c.order.Version, User: c.order.By, Team: c.order.Team, DryRun: c.dry, Input: c.input}})
	if err != nil {
		return err
	}
	r, err := x.send(ctx, c, body)
	if err != nil {
		return err
	}
	var t told
	if len(r.Body) > 0 {
		if err := json.Unmarshal(r.Body, &t); err != nil && r.Status < 300 {
			return fault.Newf(fault.Unavailable, "%s: the answer is not JSON of the form {output, log}. What it did stays.", x.ID)
		}
	}
	for _, line := range t.Log[:min(len(t.Log), maxLines)] {
		c.log("info", x.clean(c, line))
	}
	if r.Status >= 300 || t.Error != "" {
		said := t.Error
		if said == "" {
			said = cutText(string(r.Body), 300)
		}
		return fault.Newf(fault.Unavailable, "%s: the other side answers %d: %s", x.ID, r.Status, x.clean(c, cutText(said, 300)))
	}
	if t.Output == nil {
		t.Output = map[string]any{}
	}
	if err := action.ValidateValue(x.Output, "", t.Output); err != nil {
		return fault.Newf(fault.Unavailable, "%s: the answer's output is not what its schema says: %s", x.ID, strings.TrimPrefix(inputError("", err).Error(), " cannot use its input: "))
	}
	maps.Copy(c.output, t.Output)
	return nil
}

// clean takes the run's secrets and the action's own out of a text.
func (x *customCall) clean(c *call, s string) string {
	s, _ = c.hide(s).(string)
	return strings.ReplaceAll(s, x.Secret, "***")
}

// send posts the message, again after faults that may pass.
func (x *customCall) send(ctx context.Context, c *call, body []byte) (fetch.Reply, error) {
	for n := 0; ; n++ {
		h := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {c.onceKey()}}
		webhook.Sign(h, x.key, c.onceKey(), time.Now(), body)
		r, err := x.Client.Send(ctx, fetch.Message{Method: http.MethodPost, URL: x.URL, Header: h, Body: body, Max: maxAnswer, Within: x.Timeout})
		passing := err == nil && (r.Status >= 500 || r.Status == http.StatusTooManyRequests) || fault.Is(err, fault.Unavailable)
		if ctx.Err() != nil {
			return r, context.Cause(ctx)
		}
		if !passing || n >= len(x.Pauses) {
			if err != nil {
				err = fault.Newf(fault.Unavailable, "%s: %s. Whether it was done is not known; the same attempt has the key %s.", x.ID, strings.TrimSuffix(publicText(err), "."), c.onceKey())
			}
			return r, err
		}
		pause := x.Pauses[n]
		if s, e := strconv.Atoi(r.Header.Get("Retry-After")); e == nil && s >= 0 && s <= 30 {
			pause = max(pause, time.Duration(s)*time.Second)
		}
		c.log("warn", fmt.Sprintf("%s did not answer well (%s); trying again in %s", x.ID, reasonOf(r, err), pause))
		select {
		case <-ctx.Done():
			return r, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

func reasonOf(r fetch.Reply, err error) string {
	if err != nil {
		return publicText(err)
	}
	return strconv.Itoa(r.Status)
}

// Limits say who may use which actions.
type Limits struct {
	Off   []string            // ids that nobody may use
	Roles map[string][]string // by id: one of these roles is needed, anywhere
}

// action finds an action of Waymark or of the configuration; nil when there is
// none, or it is switched off.
func (e *Engine) action(id string) *Action {
	switch {
	case slices.Contains(e.o.Limits.Off, id):
		return nil
	case e.custom[id] != nil:
		return e.custom[id]
	}
	return actions[id]
}

// StepActions lists what steps can do here, by id: the actions of Waymark and
// those of the configuration, without those that are switched off.
func (e *Engine) StepActions() []Action {
	all := maps.Clone(actions)
	maps.Copy(all, e.custom)
	var out []Action
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if slices.Contains(e.o.Limits.Off, id) {
			continue
		}
		a := *all[id]
		a.Roles = e.o.Limits.Roles[id]
		out = append(out, a)
	}
	return out
}

// lacking are the actions of a template that are not to be had here.
func (e *Engine) lacking(steps []Step) []string {
	var out []string
	for _, s := range steps {
		if e.action(s.Action) == nil && !slices.Contains(out, s.Action) {
			out = append(out, s.Action)
		}
	}
	return out
}

// mayUse refuses steps whose actions the person's roles do not allow.
func (e *Engine) mayUse(a action.Actor, steps []Step) error {
	for _, s := range steps {
		roles := e.o.Limits.Roles[s.Action]
		if len(roles) > 0 && !slices.ContainsFunc(a.Grants, func(g action.Grant) bool { return slices.Contains(roles, g.Role) }) {
			return fault.Newf(fault.Forbidden, "The step %q uses %s, which is only for the role %s. Nothing was made.", s.Name, s.Action, strings.Join(roles, " or "))
		}
	}
	return nil
}
