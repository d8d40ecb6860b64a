package keep

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Parameters are those of the list's address that a view keeps; where one
// stands in the list is no part of it.
var Parameters = []string{"q", "kind", "type", "owner", "lifecycle", "tag", "system", "mine", "starred", "unowned", "state", "sort", "group"}

const viewSchema = `{"type":"object","additionalProperties":false,"required":["name"],"properties":{
	"name":{"type":"string","minLength":1,"maxLength":80,"title":"Name","description":"What the view is called. A view of yours (or of the group) with this name is replaced."},
	"query":{"type":"string","maxLength":2000,"title":"Choice","description":"The query of the list's address, such as kind=api&lifecycle=production. Empty: the list as it is without a choice."},
	"group":{"type":"string","maxLength":300,"title":"Share with","description":"A group of yours that sees the view too, such as group:default/payments-team. Empty: only you."}}}`

type viewInput struct {
	Name  string `json:"name"`
	Query string `json:"query"`
	Group string `json:"group"`
}

func saveView(s Store) action.Def {
	return action.Def{Name: "save-view", Title: "Save a view of the catalog", Permission: "save-view",
		Summary: "Gives a choice in the catalog list a name, for yourself or for a group; sharing needs the permission share-view there.",
		Schema:  json.RawMessage(viewSchema), Traits: action.Traits{Idempotent: true},
		SampleInput: json.RawMessage(`{"name":"APIs in production","query":"kind=api&lifecycle=production"}`),
		Prepare: func(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
			var in viewInput
			if err := json.Unmarshal(raw, &in); err != nil {
				return action.Prepared{}, err
			}
			view, err := in.view(a)
			if err != nil {
				return action.Prepared{}, err
			}
			p := action.Prepared{Subject: view.Name, Preview: view, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
				return save(ctx, t, s, view)
			}}
			if view.Owner != a.ID {
				p.Owner, p.Permission = view.Owner, "share-view"
			}
			return p, nil
		}}
}

// view is what in asks for, or every fault of it.
func (in viewInput) view(a action.Actor) (View, error) {
	v := View{ID: id.New("view"), Name: strings.Join(strings.Fields(in.Name), " "), Owner: a.ID, By: a.ID}
	var bad []fault.Field
	if v.Name == "" {
		bad = append(bad, fault.Field{Field: "name", Code: "required", Message: "Give the view a name."})
	}
	var wrong string
	if v.Query, wrong = Query(in.Query); wrong != "" {
		bad = append(bad, fault.Field{Field: "query", Code: "parameter", Message: wrong})
	}
	if in.Group != "" {
		ref, err := catalog.ParseRef(in.Group, "group", "")
		v.Owner = ref.String()
		if err != nil || ref.Canonical().Kind != "group" {
			bad = append(bad, fault.Field{Field: "group", Code: "format", Message: "Write a group such as group:default/payments-team."})
		}
	}
	if len(bad) > 0 {
		return v, fault.InvalidFields(bad...)
	}
	return v, nil
}

// Query brings the query of a list's address into one form, without the place
// in the list. What the list does not know is said in wrong.
func Query(raw string) (query, wrong string) {
	values, err := url.ParseQuery(strings.TrimPrefix(raw, "?"))
	if err != nil {
		return "", "This is not the query of an address."
	}
	for name := range values {
		switch {
		case name == "after" || name == "open":
			values.Del(name)
		case !slices.Contains(Parameters, name):
			return "", fmt.Sprintf("The list knows no parameter %q; it knows %s.", name, strings.Join(Parameters, ", "))
		}
	}
	return values.Encode(), ""
}

func save(ctx context.Context, t tx.Tx, s Store, view View) (action.Output, error) {
	n, err := s.CountViews(ctx, t, view.Owner, view.Name)
	if err != nil {
		return action.Output{}, err
	}
	if n >= MaxViews {
		return action.Output{}, fault.Newf(fault.Conflict, "%d views are kept already, which is as many as can be. Delete one first.", n)
	}
	view.ChangedAt = t.Now()
	kept, err := s.SaveView(ctx, t, view)
	return action.Output{Body: kept, Location: kept.URL(), Message: "The view “" + kept.Name + "” is saved."}, err
}

func deleteView(s Store) action.Def {
	return action.Def{Name: "delete-view", Title: "Delete a view of the catalog", Permission: "delete-view",
		Summary: "Deletes a named view of the list; one that a group shares needs the permission share-view there.",
		Schema:  json.RawMessage(`{"type":"object","additionalProperties":false,"required":["id"],"properties":{"id":{"type":"string","minLength":1,"maxLength":40,"title":"View"}}}`),
		Traits:  action.Traits{Destructive: true}, SampleInput: json.RawMessage(`{"id":"view_01j9z3k4m5n6p7q8r9s0t1v2w3"}`),
		Prepare: func(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
			var in struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(raw, &in); err != nil {
				return action.Prepared{}, err
			}
			view, err := s.SavedView(ctx, access.Viewer{Actor: a}, in.ID)
			if err != nil {
				return action.Prepared{}, err
			}
			p := action.Prepared{Subject: view.Name, Preview: view, Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
				return action.Output{Body: map[string]any{"id": view.ID}, Location: "/catalog/views", Message: "The view “" + view.Name + "” is deleted."}, s.DeleteView(ctx, t, view.ID)
			}}
			if view.Owner != a.ID {
				p.Owner, p.Permission = view.Owner, "share-view"
			}
			return p, nil
		}}
}
