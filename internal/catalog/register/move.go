package register

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

const moveSchema = `{
	"type": "object",
	"additionalProperties": false,
	"required": ["location", "target"],
	"properties": {
		"location": {"type": "string", "minLength": 1, "maxLength": 2000, "title": "Location", "description": "Id of a registered source, such as url:https://waymark/payments/ledger/blob/main/catalog-info.yaml."},
		"target": {"type": "string", "minLength": 1, "maxLength": 2000, "title": "New address", "description": "Where the same is found now."}
	}
}`

// moveInput is what move-location takes.
type moveInput struct {
	Location string `json:"location"`
	Target   string `json:"target"`
}

// MoveLocation is the action that gives a registered location another
// address. What the files there hold never leaves the catalog.
func MoveLocation(e *catalog.Engine, s Sources) action.Def {
	return action.Def{
		Name: "move-location", Title: "Change the address of a location", Permission: "move-location",
		Summary:        "Read a registered location from another address from now on.",
		Schema:         json.RawMessage(moveSchema),
		FirstSomewhere: true, // it is read with the portal's credentials
		SampleInput:    json.RawMessage(`{"location": "url:https://waymark/payments/ledger/blob/main/catalog-info.yaml", "target": "https://waymark/payments/ledger/blob/main/catalog/all.yaml"}`),
		Prepare: func(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
			var input moveInput
			if err := json.Unmarshal(in, &input); err != nil {
				return action.Prepared{}, err
			}
			owner, err := registeredFor(ctx, e, s, a, input.Location)
			if err != nil {
				return action.Prepared{}, err
			}
			next, err := instead(ctx, e, s, input)
			if err != nil {
				return action.Prepared{}, err
			}
			next.By = a.ID
			return action.Prepared{Subject: input.Location, Owner: owner, Preview: map[string]string{"location": next.ID},
				Committed: func() { e.Soon(next.ID) },
				Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
					if err := e.Writable(); err != nil {
						return action.Output{}, err
					}
					err := e.MoveSource(ctx, t, input.Location, next)
					return action.Output{Body: map[string]string{"location": next.ID}, Location: SourceURL(next.ID),
						Message: "The location is read from its new address."}, err
				}}, nil
		},
	}
}

// registeredFor is the group on whose behalf a may change a registered
// location: one's own if one registered it, else nobody's. It refuses what is
// not registered, and what the configuration names.
func registeredFor(ctx context.Context, e *catalog.Engine, s Sources, a action.Actor, id string) (string, error) {
	none := fault.Newf(fault.NotFound, "There is no registered location %q.", id)
	unseen, err := hidden(ctx, s, access.Viewer{Actor: a}, id)
	if err != nil {
		return "", err
	}
	if unseen {
		return "", none
	}
	if e.Configured(id) {
		return "", fault.New(fault.Forbidden, "The configuration names this location, so it can be changed there only. Nothing was changed.")
	}
	all, err := s.CatalogSources(ctx)
	if err != nil {
		return "", err
	}
	for _, src := range all {
		if src.ID == id && src.By == a.ID {
			return onBehalf(a, nil), nil
		}
		if src.ID == id && src.By != "" {
			return "", nil
		}
	}
	return "", none
}

// instead is the location at the new address. It refuses one that is taken,
// that cannot be read, or whose files hold what another source holds.
func instead(ctx context.Context, e *catalog.Engine, s Sources, in moveInput) (catalog.Location, error) {
	id, err := catalog.LocationID("url:" + in.Target)
	if err != nil {
		return catalog.Location{}, fault.InvalidField("target", "format", "Write the whole address, beginning with https://.")
	}
	all, err := s.CatalogSources(ctx)
	if err != nil {
		return catalog.Location{}, err
	}
	for _, src := range all {
		if src.ID == id {
			return catalog.Location{}, fault.Newf(fault.Conflict, "Location %s already exists", id)
		}
	}
	docs, err := e.PreviewInstead(ctx, catalog.Location{ID: id}, in.Location)
	if unreadable(err) && err != nil {
		return catalog.Location{}, fault.InvalidField("target", "unreadable", "Nothing could be read there: "+catalog.Reason(err)+".")
	}
	if err != nil {
		return catalog.Location{}, err
	}
	if len(docs) == 0 {
		return catalog.Location{}, fault.InvalidField("target", "empty", "There is no catalog file at this address.")
	}
	for _, d := range docs {
		for _, p := range d.Problems {
			if p.Code == "conflict" {
				return catalog.Location{}, fault.New(fault.Conflict, p.Message)
			}
		}
	}
	return catalog.Location{ID: id}, nil
}
