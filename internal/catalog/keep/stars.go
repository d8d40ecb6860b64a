package keep

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

const starSchema = `{"type":"object","additionalProperties":false,"required":["ref"],"properties":{
	"ref":{"type":"string","minLength":1,"maxLength":300,"title":"Entity","description":"Reference such as component:default/ledger."}}}`

func starEntity(s Store) action.Def {
	return action.Def{Name: "star-entity", Title: "Star an entity", Permission: "star-entity",
		Summary: "Marks an entity as one of yours to come back to.",
		Schema:  json.RawMessage(starSchema), Traits: action.Traits{Idempotent: true},
		SampleInput: json.RawMessage(`{"ref":"component:default/ledger"}`),
		Prepare: func(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
			ref, err := starred(raw)
			if err != nil {
				return action.Prepared{}, err
			}
			v := access.Viewer{Actor: a}
			if _, err := s.Entity(ctx, v, ref); err != nil {
				return action.Prepared{}, err
			}
			stars, err := s.Stars(ctx, v)
			if err != nil {
				return action.Prepared{}, err
			}
			if len(stars) >= MaxStars && !slices.Contains(stars, ref.String()) {
				return action.Prepared{}, fault.Newf(fault.Conflict, "You have starred %d entities, which is as many as can be kept. Take a star away first.", len(stars))
			}
			return star(ref, "Starred.", func(ctx context.Context, t tx.Tx) error { return s.Star(ctx, t, a.ID, ref.String()) }), nil
		}}
}

// unstarEntity asks for nothing to exist: what is gone can lose its star.
func unstarEntity(s Store) action.Def {
	return action.Def{Name: "unstar-entity", Title: "Take the star away", Permission: "unstar-entity",
		Summary: "Takes your star from an entity; without one nothing changes.",
		Schema:  json.RawMessage(starSchema), Traits: action.Traits{Idempotent: true},
		SampleInput: json.RawMessage(`{"ref":"component:default/ledger"}`),
		Prepare: func(_ context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
			ref, err := starred(raw)
			if err != nil {
				return action.Prepared{}, err
			}
			return star(ref, "The star is taken away.", func(ctx context.Context, t tx.Tx) error { return s.Unstar(ctx, t, a.ID, ref.String()) }), nil
		}}
}

func starred(raw json.RawMessage) (catalog.Ref, error) {
	var in struct {
		Ref string `json:"ref"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return catalog.Ref{}, err
	}
	ref, err := catalog.ParseRef(in.Ref, "component", "")
	if err != nil {
		return ref, fault.InvalidField("ref", "format", "Write a reference such as component:default/ledger.")
	}
	return ref.Canonical(), nil
}

func star(ref catalog.Ref, message string, write func(context.Context, tx.Tx) error) action.Prepared {
	body := map[string]any{"ref": ref.String()}
	return action.Prepared{Subject: ref.String(), Preview: body, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
		return action.Output{Body: body, Location: ref.Path(), Message: message}, write(ctx, t)
	}}
}
