package register

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// refreshKind is the kind of run that reads a source.
const refreshKind = "refresh-source"

const refreshSchema = `{
	"type": "object",
	"additionalProperties": false,
	"required": ["source"],
	"properties": {
		"source": {"type": "string", "minLength": 1, "maxLength": 2000, "title": "Source", "description": "Id of a catalog source, as the page Catalog health shows it."}
	}
}`

type refreshInput struct {
	Source string `json:"source"`
}

func refreshSource(e *catalog.Engine, s Sources, r Runs) action.Def {
	return action.Def{
		Name: "refresh-source", Title: "Read now", Permission: "refresh-source",
		Summary:     "Read a catalog source at once.",
		Schema:      json.RawMessage(refreshSchema),
		Traits:      action.Traits{Idempotent: true, StartsRun: true},
		SampleInput: json.RawMessage(`{"source": "url:https://waymark/payments/ledger/blob/main/catalog-info.yaml"}`),
		Prepare: func(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
			var input refreshInput
			if err := json.Unmarshal(in, &input); err != nil {
				return action.Prepared{}, err
			}
			if err := readable(ctx, e, s, a, input.Source); err != nil {
				return action.Prepared{}, err
			}
			// Whoever may register for a team may have anything read again.
			return action.Prepared{Subject: input.Source, Owner: onBehalf(a, nil), Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
				id, err := r.Start(ctx, t, run.Spec{Kind: refreshKind, Title: "Read " + input.Source, Subject: input.Source,
					By: a.ID, Lane: "source:" + input.Source, Input: in})
				if err != nil {
					return action.Output{}, err
				}
				at := "/runs/" + string(id)
				return action.Output{Started: true, Location: at, Body: map[string]any{"run": map[string]any{"id": id, "url": at}}}, nil
			}}, nil
		},
	}
}

// readable refuses a source that is not there for a, and what engines bring.
func readable(ctx context.Context, e *catalog.Engine, s Sources, a action.Actor, source string) error {
	none := fault.Newf(fault.NotFound, "There is no source %q that can be read.", source)
	v := access.Viewer{Actor: a}
	switch unseen, err := hidden(ctx, s, v, source); {
	case err != nil:
		return err
	case unseen:
		return none
	case e.Configured(source):
		return nil
	}
	all, err := s.SeenSources(ctx, v)
	if err != nil {
		return err
	}
	for _, src := range all {
		if src.ID == source && src.By != "" {
			return nil
		}
	}
	return none
}

// RefreshKind is the run behind refresh-source.
func RefreshKind(e *catalog.Engine) run.Kind {
	return run.Kind{Name: refreshKind, Steps: []run.Step{{ID: "read", Title: "Read the source", Do: func(ctx context.Context, w *run.Work) error {
		var input refreshInput
		if err := w.Input(&input); err != nil {
			return err
		}
		w.Logf("Reading %s", input.Source)
		r, err := e.ReadNow(ctx, input.Source)
		if err != nil {
			return err
		}
		w.Logf("%d files: %d entities added, %d changed, %d removed, %d problems", r.Files, r.Added, r.Changed, r.Removed, len(r.Problems))
		if len(r.Problems) > 0 { // who reads this log may not see every file
			w.Line("warning", "The problems are told on Catalog health.")
		}
		return nil
	}}}}
}
