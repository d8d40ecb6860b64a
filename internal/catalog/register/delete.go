package register

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Entities finds the entity that is to be deleted.
type Entities interface {
	Entity(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Entity, error)
}

const deleteSchema = `{
	"type": "object",
	"additionalProperties": false,
	"required": ["entity"],
	"properties": {
		"entity": {"type": "string", "minLength": 1, "maxLength": 400, "title": "Entity", "description": "Reference of the entity, such as component:default/ledger."}
	}
}`

// DeleteEntity is the action that takes an entity out of the catalog until
// its file is read again.
func DeleteEntity(e *catalog.Engine, list Entities) action.Def {
	return action.Def{
		Name: "delete-entity", Title: "Delete entity", Permission: "delete-entity",
		Summary:     "Take an entity out of the catalog until its file is read again; for one whose file is gone, for good.",
		Schema:      json.RawMessage(deleteSchema),
		Traits:      action.Traits{Idempotent: true, Destructive: true},
		SampleInput: json.RawMessage(`{"entity": "component:default/old-settler"}`),
		Prepare: func(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
			var input struct {
				Entity string `json:"entity"`
			}
			if err := json.Unmarshal(in, &input); err != nil {
				return action.Prepared{}, err
			}
			ref, err := catalog.ParseRef(input.Entity, "", "")
			if err != nil {
				return action.Prepared{}, err
			}
			found, err := list.Entity(ctx, access.Viewer{Actor: a}, ref)
			if err != nil {
				return action.Prepared{}, err
			}
			name := found.Ref.String()
			return action.Prepared{Subject: name, Owner: found.Owner().String(), Preview: map[string]string{"entity": name, "source": found.Source.ID},
				Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
					err := e.Remove(ctx, t, ref, "It was deleted by "+a.ID+".")
					return action.Output{Body: map[string]string{"entity": name}, Location: "/catalog",
						Message: "The entity is gone. It comes back when its file is read again."}, err
				}}, nil
		},
	}
}
