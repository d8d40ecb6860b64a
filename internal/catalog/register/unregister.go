package register

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

const unregisterSchema = `{
	"type": "object",
	"additionalProperties": false,
	"required": ["source"],
	"properties": {
		"source": {"type": "string", "minLength": 1, "maxLength": 2000, "title": "Source", "description": "Id of a registered source, as the page Catalog sources shows it."}
	}
}`

// unregisterLocation takes a registered location out, with all that it
// brought: each entity leaves a tombstone.
func unregisterLocation(e *catalog.Engine, s Sources) action.Def {
	return action.Def{
		Name: "unregister-location", Title: "Unregister", Permission: "unregister-location",
		Summary:     "Read a registered location no more, and take what it brought out of the catalog.",
		Schema:      json.RawMessage(unregisterSchema),
		Traits:      action.Traits{Idempotent: true, Destructive: true},
		SampleInput: json.RawMessage(`{"source": "url:https://waymark/payments/ledger/blob/main/catalog-info.yaml"}`),
		Prepare: func(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
			var input refreshInput
			if err := json.Unmarshal(in, &input); err != nil {
				return action.Prepared{}, err
			}
			owner, err := registeredFor(ctx, e, s, a, input.Source)
			if err != nil {
				return action.Prepared{}, err
			}
			return action.Prepared{Subject: input.Source, Owner: owner, Preview: map[string]string{"source": input.Source},
				Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
					if err := e.Writable(); err != nil {
						return action.Output{}, err
					}
					err := e.DropSource(ctx, t, input.Source, "Its location was taken out of the catalog by "+a.ID+".")
					return action.Output{Body: map[string]string{"source": input.Source}, Location: "/catalog/sources",
						Message: "The location is read no more; what it brought left the catalog."}, err
				}}, nil
		},
	}
}
