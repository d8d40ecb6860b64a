package register

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// addKind is the kind of run that commits a catalog file.
const addKind = "add-catalog-file"

// Repositories are those of the embedded forge.
type Repositories interface {
	// TeamOf is the group that owns the repository of an address; fault
	// NotFound when there is none, Invalid for an address of another host.
	TeamOf(ctx context.Context, address string) (string, error)
	// Add commits text as the file that the address names; once for each mark.
	Add(ctx context.Context, address, text, by, mark string) error
	// Register makes the address a source and reads it; it returns the
	// references that it brought.
	Register(ctx context.Context, address, by string) ([]string, error)
}

const addSchema = `{
	"type": "object",
	"additionalProperties": false,
	"required": ["target", "text"],
	"properties": {
		"target": {"type": "string", "minLength": 1, "maxLength": 2000, "title": "Address", "description": "Address of the new file in a repository of this portal, such as https://waymark/payments/ledger/blob/main/catalog-info.yaml."},
		"text": {"type": "string", "minLength": 1, "maxLength": 200000, "title": "File", "description": "What the file holds: catalog documents in YAML."}
	}
}`

type addInput struct {
	Target string `json:"target"`
	Text   string `json:"text"`
}

// AddFile is the action that commits a catalog file to a repository of the
// embedded forge and registers it.
func AddFile(repos Repositories, r Runs) action.Def {
	return action.Def{
		Name: "add-catalog-file", Title: "Commit and register", Permission: "add-catalog-file",
		Summary:     "Commit a catalog file to a repository of this portal and register it.",
		Schema:      json.RawMessage(addSchema),
		Traits:      action.Traits{StartsRun: true},
		SampleInput: json.RawMessage(`{"target": "https://waymark/payments/ledger/blob/main/catalog-info.yaml", "text": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: ledger}\nspec: {type: service, lifecycle: production, owner: payments}\n"}`),
		Prepare: func(ctx context.Context, a action.Actor, in json.RawMessage) (action.Prepared, error) {
			var input addInput
			if err := json.Unmarshal(in, &input); err != nil {
				return action.Prepared{}, err
			}
			team, err := repos.TeamOf(ctx, input.Target)
			if err != nil {
				return action.Prepared{}, err
			}
			if err := usable(input); err != nil {
				return action.Prepared{}, err
			}
			return action.Prepared{Subject: input.Target, Owner: team, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
				id, err := r.Start(ctx, t, run.Spec{Kind: addKind, Title: "Commit " + strings.TrimPrefix(input.Target, "https://"), Subject: input.Target,
					By: a.ID, Owner: team, Lane: "file:" + input.Target, Input: in})
				if err != nil {
					return action.Output{}, err
				}
				at := "/runs/" + string(id)
				return action.Output{Started: true, Location: at, Body: map[string]any{"run": map[string]any{"id": id, "url": at}}}, nil
			}}, nil
		},
	}
}

// usable refuses a file that would bring problems.
func usable(in addInput) error {
	for _, d := range ParseProposal(in.Target, in.Text) {
		for _, p := range d.Problems {
			if p.Severity == catalog.Error {
				return fault.InvalidField("text", p.Code, p.Message+" "+p.Fix)
			}
		}
		if d.Entity != nil && d.Entity.Text("owner") == UnknownOwner {
			return fault.InvalidField("text", "owner", "Name an owner: the group that answers for "+d.Entity.Metadata.Name+".")
		}
	}
	return nil
}

// ParseProposal reads the text of a file that is not there yet. What its
// placeholders name is taken to be readable.
func ParseProposal(target, text string) []catalog.Document {
	return catalog.Parse(catalog.File{Source: "proposal", Path: "catalog-info.yaml", Location: "url:" + target, Data: []byte(text),
		Read: func(string) ([]byte, error) { return []byte("{}"), nil }})
}

// AddKind is the run behind add-catalog-file.
func AddKind(repos Repositories) run.Kind {
	input := func(w *run.Work) (in addInput, err error) { return in, w.Input(&in) }
	return run.Kind{Name: addKind, Steps: []run.Step{
		{ID: "commit", Title: "Commit the file", Do: func(ctx context.Context, w *run.Work) error {
			in, err := input(w)
			if err != nil {
				return err
			}
			return repos.Add(ctx, in.Target, in.Text, w.Run().By, string(w.Run().ID))
		}},
		{ID: "register", Title: "Register it", Do: func(ctx context.Context, w *run.Work) error {
			in, err := input(w)
			if err != nil {
				return err
			}
			refs, err := repos.Register(ctx, in.Target, w.Run().By)
			if err != nil {
				return err
			}
			w.Logf("The catalog has %s.", strings.Join(refs, ", "))
			return nil
		}},
	}}
}
