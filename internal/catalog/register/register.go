// Package register holds the actions of the catalog: to register a location
// and to read a source again.
package register

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"slices"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Sources is what the actions need from storage.
type Sources interface {
	CatalogSources(ctx context.Context) ([]catalog.SourceState, error)
	// SeenSources leaves out those of which v may see nothing.
	SeenSources(ctx context.Context, v access.Viewer) ([]catalog.SourceState, error)
	PutCatalogSource(ctx context.Context, t tx.Tx, s catalog.SourceState) error
}

// Runs starts runs.
type Runs interface {
	Start(ctx context.Context, t tx.Tx, s run.Spec) (run.ID, error)
}

// Actions returns register-location, unregister-location and refresh-source.
func Actions(e *catalog.Engine, s Sources, r Runs) []action.Def {
	return []action.Def{registerLocation(e, s), unregisterLocation(e, s), refreshSource(e, s, r)}
}

const registerSchema = `{
	"type": "object",
	"additionalProperties": false,
	"required": ["target"],
	"properties": {
		"target": {"type": "string", "minLength": 1, "maxLength": 2000, "title": "Address",
			"description": "Address of a catalog-info.yaml, a folder or a glob in a repository, such as https://waymark/payments/ledger/blob/main/catalog-info.yaml."},
		"type": {"type": "string", "enum": ["url"], "default": "url", "title": "Type"}
	}
}`

// registerInput is what register-location takes.
type registerInput struct {
	Target string `json:"target"`
	Type   string `json:"type"`
}

// Registered is what register-location answers.
type Registered struct {
	Location string            `json:"location"`
	Entities []string          `json:"entities"`
	Problems []catalog.Problem `json:"problems"`
	// Documents are what was read, for callers in this process.
	Documents []catalog.Document `json:"-"`
}

func registerLocation(e *catalog.Engine, s Sources) action.Def {
	return action.Def{
		Name: "register-location", Title: "Register existing", Permission: "register-location",
		Summary:        "Read a catalog file from a repository and keep reading it.",
		Schema:         json.RawMessage(registerSchema),
		Traits:         action.Traits{Idempotent: true},
		FirstSomewhere: true, // it is read with the portal's credentials
		SampleInput:    json.RawMessage(`{"target": "https://waymark/payments/ledger/blob/main/catalog-info.yaml"}`),
		Prepare: func(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
			var input registerInput
			if err := json.Unmarshal(in, &input); err != nil {
				return action.Prepared{}, err
			}
			found, owners, err := preview(ctx, e, s, input.Target)
			if err != nil {
				return action.Prepared{}, err
			}
			return action.Prepared{Subject: found.Location, Owner: onBehalf(a, owners), Preview: found, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
				if err := e.Writable(); err != nil {
					return action.Output{}, err
				}
				err := s.PutCatalogSource(ctx, t, catalog.SourceState{Location: catalog.Location{ID: found.Location, By: a.ID}})
				e.Soon(found.Location)
				return action.Output{Body: found, Location: SourceURL(found.Location),
					Message: "The location is registered and is being read."}, err
			}}, nil
		},
	}
}

// SourceURL is the page of a source.
func SourceURL(id string) string { return "/catalog/source?id=" + url.QueryEscape(id) }

// preview reads what a target would bring. It refuses what cannot be read at
// all, what is registered already, and what another source holds. It also
// returns the owners that the files name.
func preview(ctx context.Context, e *catalog.Engine, s Sources, target string) (Registered, []string, error) {
	id, err := catalog.LocationID("url:" + target)
	if err != nil {
		return Registered{}, nil, fault.InvalidField("target", "format", "Write the whole address, beginning with https://.")
	}
	all, err := s.CatalogSources(ctx)
	if err != nil {
		return Registered{}, nil, err
	}
	for _, src := range all {
		if src.ID == id {
			return Registered{}, nil, fault.Newf(fault.Conflict, "%s is registered already. Nothing was changed.", target)
		}
	}
	docs, err := e.Preview(ctx, catalog.Location{ID: id})
	if err != nil {
		if unreadable(err) {
			return Registered{}, nil, fault.InvalidField("target", "unreadable", "Nothing could be read there: "+catalog.Reason(err)+".")
		}
		return Registered{}, nil, err
	}
	var owners []string
	out := Registered{Location: id, Entities: []string{}, Problems: []catalog.Problem{}}
	out.Documents = docs
	for _, d := range docs {
		out.Problems = append(out.Problems, d.Problems...)
		if d.Entity != nil {
			out.Entities = append(out.Entities, d.Ref.String())
			owners = append(owners, d.Entity.Owner().String())
		}
	}
	if len(out.Entities) == 0 && len(out.Problems) == 0 {
		return Registered{}, nil, fault.InvalidField("target", "empty", "There is no catalog file at this address.")
	}
	for _, p := range out.Problems {
		if p.Code == "conflict" {
			return Registered{}, nil, fault.New(fault.Conflict, p.Message)
		}
	}
	return out, owners, nil
}

// unreadable reports whether the target is at fault, and not we.
func unreadable(err error) bool {
	k := fault.KindOf(err)
	return k == fault.NotFound || k == fault.Unavailable || k == fault.Invalid || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid)
}

// onBehalf is the group for which somebody registers: the one of theirs that
// owns something in the files, else their first. Files of other teams may be
// registered too; it gives no right over what they describe.
func onBehalf(a action.Actor, owners []string) string {
	for _, g := range a.Groups {
		if slices.Contains(owners, g) {
			return g
		}
	}
	if len(a.Groups) > 0 {
		return a.Groups[0]
	}
	return ""
}
