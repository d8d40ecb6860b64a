package scaffold

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

// ActionName is the action that makes something from a template.
const ActionName = "create-from-template"

const createSchema = `{"type":"object","additionalProperties":false,"required":["template","values"],"properties":{
"template":{"type":"string","title":"Template","minLength":1,"maxLength":300,"ui:help":"Reference of the template, such as template:default/go-rest-api."},
"version":{"type":"string","title":"Version","maxLength":60,"ui:help":"Refuse when the template has another version by now."},
"values":{"type":"object","title":"Values","ui:help":"What the template's form asks for."},
"secrets":{"type":"object","title":"Secrets","additionalProperties":{"type":"string","maxLength":10000},"ui:help":"Values that are kept sealed and never logged."}}}`

type createInput struct {
	Template string            `json:"template"`
	Version  string            `json:"version"`
	Values   map[string]any    `json:"values"`
	Secrets  map[string]string `json:"secrets"`
}

func (e *Engine) createFromTemplate() action.Def {
	return action.Def{Name: ActionName, Title: "Create from a template", Permission: ActionName,
		Summary:     "Makes a service from a golden path: repository, pipeline, docs, alerts, dashboard and catalog entry.",
		Schema:      json.RawMessage(createSchema),
		Traits:      action.Traits{StartsRun: true},
		Redact:      withoutSecrets,
		SampleInput: json.RawMessage(`{"template":"template:default/go-rest-api","values":{"name":"refund-api","description":"Pays money back to cards","owner":"group:default/payments-team"}}`),
		Prepare:     e.prepare}
}

// withoutSecrets is the input as events keep it.
func withoutSecrets(in json.RawMessage) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(in, &m) != nil {
		return json.RawMessage(`{}`)
	}
	delete(m, "secrets")
	b, err := json.Marshal(m)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return b
}

// prepare checks everything before anything is made.
func (e *Engine) prepare(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in createInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "json", "The body cannot be read.").Because(err)
	}
	t, err := e.find(ctx, a, in)
	if err != nil {
		return action.Prepared{}, err
	}
	p := action.Prepared{Subject: t.Ref.String(), Owner: e.teamOf(t, a, in.Values)}
	wrong, err := e.Check(ctx, access.Viewer{Actor: a}, t, in.Values)
	if err != nil {
		return p, err
	}
	if len(wrong) > 0 {
		return p, fault.InvalidFields(wrong...)
	}
	o, err := e.order(ctx, a, t, in, p.Owner)
	if err != nil {
		return p, err
	}
	secrets := map[string]any{}
	for k, v := range in.Secrets {
		secrets[k] = v
	}
	notes, err := e.notes(in.Secrets)
	if err != nil {
		return p, err
	}
	var trial Trial
	err = bounded(ctx, trialFor, "Trying the template", func(ctx context.Context) (err error) { trial, err = e.Try(ctx, t, o, secrets); return err })
	if err != nil {
		return p, asInvalid(err)
	}
	if err := e.checkTrial(ctx, t, p.Owner, trial); err != nil {
		return p, err
	}
	p.Preview = trial
	p.PolicyInput = map[string]any{"template": t.Ref.String(), "version": t.Version, "owner": p.Owner, "values": in.Values,
		"repositories": trial.Repos, "entities": trial.Entities}
	used, err := t.AsVersion(ctx)
	if err != nil {
		return p, err
	}
	p.Execute = func(ctx context.Context, db tx.Tx) (action.Output, error) {
		if err := e.o.Library.use(ctx, db, used); err != nil {
			return action.Output{}, err
		}
		return e.start(ctx, db, t, o, trial, notes)
	}
	return p, nil
}

// asInvalid makes a fault of the template one of the request: it is known
// before anything is made.
func asInvalid(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind != fault.Internal {
		return fault.New(f.Kind, strings.TrimSuffix(f.Public, ".")+". Nothing was made.").Because(err)
	}
	return err
}

// find looks up the template and its version.
func (e *Engine) find(ctx context.Context, a action.Actor, in createInput) (*Template, error) {
	ref, err := catalog.ParseRef(in.Template, "template", "")
	if err != nil {
		return nil, fault.InvalidField("template", "reference", publicText(err))
	}
	if !IsMaker(ref.Kind) {
		return nil, fault.InvalidField("template", "kind", "This is not the reference of a template.")
	}
	t, err := e.o.Library.Offered(ctx, access.Viewer{Actor: a}, ref)
	if err != nil {
		return nil, err
	}
	if d := t.Deprecated(); d.Withdrawn {
		return nil, fault.New(fault.Conflict, ErrWithdrawn.Public+" "+d.Message)
	}
	if in.Version != "" && in.Version != t.Version {
		return nil, fault.InvalidField("version", "version", fmt.Sprintf("%s is at version %s, not %s.", t.Title, t.Version, in.Version))
	}
	if list := e.lacking(t.Steps); len(list) > 0 {
		return nil, fault.InvalidField("template", "unsupported",
			fmt.Sprintf("%s uses actions that Waymark does not have, or that are switched off: %s.", t.Title, strings.Join(list, ", ")))
	}
	return t, e.mayUse(a, t.Steps)
}

// teamOf is the group that will own what is made; a template that does not
// ask makes for the first group of the person.
func (e *Engine) teamOf(t *Template, a action.Actor, values map[string]any) string {
	if name := t.OwnerParam(); name != "" {
		v, _ := t.filled(values)[name].(string)
		p, _ := t.param("OwnerPicker", "MyGroupsPicker")
		ref, ok := Picker{Field: p.Field, Options: p.Options}.Ref(v)
		if v == "" || !ok || ref.Kind != "group" {
			return ""
		}
		return ref.String()
	}
	if len(a.Groups) > 0 {
		return a.Groups[0]
	}
	return ""
}

func (e *Engine) order(ctx context.Context, a action.Actor, t *Template, in createInput, team string) (Order, error) {
	o := Order{Template: t.Ref.String(), Version: t.Version, Digest: t.Digest, Output: t.Output, Values: t.filled(in.Values),
		Strict: t.Strict, File: t.file, Places: t.stepPlaces(), Secrets: slices.Sorted(maps.Keys(in.Secrets)),
		Team: team, By: a.ID, Name: a.Name, Actor: a}
	o.Steps, o.Withheld = e.permitted(ctx, a, t.Steps)
	ref, err := catalog.ParseRef(a.ID, "", "")
	if err != nil || ref.Kind != "user" {
		return o, nil // a machine or an account without a User
	}
	user, err := e.o.Store.Entity(ctx, access.System("create"), ref)
	if err == nil {
		o.User, o.Email = user.Body(), user.Profile("email")
	}
	return o, nil
}

// permitted are the steps that the person may have done: those with tags of
// backstage:permissions only with all of these. The names of the others come
// with them.
func (e *Engine) permitted(ctx context.Context, a action.Actor, steps []Step) (list []Step, withheld []string) {
	list = []Step{}
	for _, s := range steps {
		if e.o.Permitted != nil && slices.ContainsFunc(s.Tags, func(tag string) bool { return !e.o.Permitted(ctx, access.Viewer{Actor: a}, tag) }) {
			withheld = append(withheld, s.Name)
			continue
		}
		list = append(list, s)
	}
	return list, withheld
}

// stepPlaces are the places of what a run renders.
func (t *Template) stepPlaces() map[string]expr.Place {
	out := map[string]expr.Place{}
	for path, p := range t.places {
		if strings.HasPrefix(path, "spec.steps") || strings.HasPrefix(path, "spec.output") {
			out[path] = p
		}
	}
	return out
}

// notes are what a run keeps beside its order: the secrets, sealed.
func (e *Engine) notes(secrets map[string]string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	b, err := e.seal(secrets)
	if b != nil {
		out[SecretsKey] = b
	}
	return out, err
}

// checkTrial refuses what would be made where it may not.
func (e *Engine) checkTrial(ctx context.Context, t *Template, team string, trial Trial) error {
	var wrong []fault.Field
	add := func(format string, args ...any) {
		wrong = append(wrong, fault.Field{Field: t.nameField(), Code: "taken", Message: fmt.Sprintf(format, args...)})
	}
	if len(trial.repos) > maxRepos {
		return fault.Newf(fault.TooLarge, "This would make %d repositories; a run makes at most %d. Nothing was made.", len(trial.repos), maxRepos)
	}
	for _, r := range trial.repos {
		if ref, err := catalog.ParseRef(team, "group", ""); err != nil || ref.Name != r.Owner {
			add("The repository %s would not belong to %s: on the forge a team's repositories are under its own name.", r.Slug(), team)
		}
		message, err := e.repoTaken(ctx, r)
		if err != nil {
			return err
		}
		if message != "" {
			add("%s", message)
		}
	}
	for _, p := range trial.places {
		message, err := e.placeTaken(ctx, p)
		if err != nil {
			return err
		}
		if message != "" {
			add("%s", message)
		}
	}
	for _, n := range trial.entities {
		message, err := e.taken(ctx, n.Ref)
		if err != nil {
			return err
		}
		if message != "" {
			add("%s", message)
		}
		if owner := n.Owner(); !owner.IsZero() && owner.Kind == "group" && owner.String() != team {
			add("%s would be owned by %s, but it is made for %s.", n.Ref, owner, team)
		}
	}
	if wrong = dedupe(wrong); len(wrong) > 0 {
		return fault.InvalidFields(wrong...)
	}
	return nil
}

// start writes the run, takes the names and records what is being made, all
// in one transaction: of two who want the same name only one gets it.
func (e *Engine) start(ctx context.Context, t tx.Tx, tmpl *Template, o Order, trial Trial, notes map[string]json.RawMessage) (action.Output, error) {
	input, err := json.Marshal(o)
	if err != nil {
		return action.Output{}, err
	}
	answers, err := json.Marshal(o.Values)
	if err != nil {
		return action.Output{}, err
	}
	notes = maps.Clone(notes) // this may be called again
	if notes[sourcesKey], err = json.Marshal(trial.sources.kept); err != nil {
		return action.Output{}, err
	}
	s := Scaffold{Template: o.Template, Version: o.Version, Team: o.Team, Answers: answers, State: Making, CreatedBy: o.By}
	title, subject := tmpl.Title, tmpl.Ref.String()
	if len(trial.entities) > 0 {
		s.Entity = trial.entities[0].Ref.String()
		title, subject = "Create "+trial.entities[0].Ref.Name, s.Entity
	}
	if len(trial.repos) > 0 {
		s.Repository = trial.repos[0].Slug()
	}
	id, err := e.o.Runs.Start(ctx, t, run.Spec{Kind: KindName, Title: title, Subject: subject, Owner: o.Team, By: o.By, Input: input, Steps: o.steps(), Notes: notes})
	if err != nil {
		return action.Output{}, err
	}
	s.Run = string(id)
	if err := e.o.Store.CreateScaffold(ctx, t, s); err != nil {
		return action.Output{}, e.lost(tmpl, err)
	}
	for _, r := range trial.repos {
		record := forge.Repository{Owner: r.Owner, Name: r.Name, Team: o.Team, Run: s.Run, CreatedBy: o.By}
		if err := e.o.Store.ReserveRepository(ctx, t, record); err != nil {
			return action.Output{}, e.lost(tmpl, err)
		}
	}
	url := "/runs/" + s.Run
	return action.Output{Started: true, Location: url, Body: map[string]any{"run": map[string]any{"id": s.Run, "url": url}}}, nil
}

// lost says at which field a name was lost to somebody else.
func (e *Engine) lost(t *Template, err error) error {
	if !errors.Is(err, ErrNameTaken) && !errors.Is(err, forge.ErrTaken) {
		return err
	}
	f := fault.New(fault.Conflict, ErrNameTaken.Public)
	f.Fields = []fault.Field{{Field: t.nameField(), Code: "taken", Message: ErrNameTaken.Public}}
	return f.Because(err)
}
