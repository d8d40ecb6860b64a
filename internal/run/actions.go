package run

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/tx"
)

const runSchema = `{
  "type": "object",
  "additionalProperties": false,
  "required": ["run"],
  "properties": {"run": {"type": "string", "title": "Run", "description": "The run's id.", "minLength": 1, "maxLength": 64}}
}`

const retrySchema = `{
  "type": "object",
  "additionalProperties": false,
  "required": ["run"],
  "properties": {
    "run": {"type": "string", "title": "Run", "description": "The run's id.", "minLength": 1, "maxLength": 64},
    "secrets": {"type": "object", "title": "Secrets", "description": "Secrets that the remaining steps need again, by name; they are kept sealed and never logged.",
      "maxProperties": 100, "additionalProperties": {"type": "string", "maxLength": 10000}}
  }
}`

// Actions are what can be done with runs.
func (e *Engine) Actions() []action.Def {
	sample := json.RawMessage(`{"run": "run_01jd4m2v8n7x3w5q9z0c6b1a2e"}`)
	return []action.Def{
		{Name: "cancel-run", Title: "Cancel a run", Permission: "cancel-run", Schema: json.RawMessage(runSchema), SampleInput: sample,
			Summary: "Stops a run: at once when nobody works on it, else within a second, after what is in flight.",
			Traits:  action.Traits{Destructive: true, Idempotent: true},
			Prepare: e.prepare("Cancelling “%s”.", func(ctx context.Context, t tx.Tx, id ID, by string, _ map[string]string) error {
				return e.Cancel(ctx, t, id, by)
			})},
		{Name: "retry-run", Title: "Retry a run", Permission: "retry-run", Schema: json.RawMessage(retrySchema), SampleInput: sample,
			Summary: "Runs a failed run again from the step that failed; finished steps are kept.",
			Traits:  action.Traits{StartsRun: true},
			Redact:  withoutSecrets,
			Prepare: e.prepare("Trying “%s” again.", e.Retry)},
	}
}

// prepare reads the run and hands it to do.
func (e *Engine) prepare(message string, do func(context.Context, tx.Tx, ID, string, map[string]string) error) func(context.Context, action.Actor, json.RawMessage) (action.Prepared, error) {
	return func(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
		var input struct {
			Run     ID
			Secrets map[string]string
		}
		if err := json.Unmarshal(in, &input); err != nil {
			return action.Prepared{}, fmt.Errorf("run: %w", err)
		}
		r, err := e.store.PeekRun(ctx, input.Run)
		if err != nil {
			return action.Prepared{}, err
		}
		answer := map[string]any{"run": map[string]any{"id": r.ID, "url": "/runs/" + string(r.ID)}}
		return action.Prepared{Subject: string(r.ID), Owner: r.Owner, Preview: answer,
			Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
				return action.Output{Body: answer, Started: true, Location: "/runs/" + string(r.ID), Message: fmt.Sprintf(message, r.Title)}, do(ctx, t, r.ID, a.ID, input.Secrets)
			},
			Committed: func() { e.hub.changed(r.ID) }}, nil
	}
}

// withoutSecrets is the input of a retry as events keep it.
func withoutSecrets(in json.RawMessage) json.RawMessage {
	var input struct {
		Run ID `json:"run"`
	}
	if json.Unmarshal(in, &input) != nil {
		return json.RawMessage(`{}`)
	}
	b, _ := json.Marshal(input) // a text
	return b
}
