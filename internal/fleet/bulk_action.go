package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// MaxBulk is how many services are upgraded together at most.
const MaxBulk = 200

const bulkSchema = `{"type":"object","additionalProperties":false,"properties":{
"services":{"type":"array","title":"Services","maxItems":200,"uniqueItems":true,"items":{"type":"string","minLength":1,"maxLength":80},"ui:help":"Ids from the fleet."},
"template":{"type":"string","title":"Template","maxLength":300,"ui:help":"Instead of services: all that are behind this template and that you may upgrade, at most 200 at a time."}},
"oneOf":[{"required":["services"]},{"required":["template"]}]}`

func (e *Engine) upgradeServices() action.Def {
	return action.Def{Name: BulkUpgradeAction, Title: "Upgrade several services", Permission: UpgradeAction,
		Summary:        "Starts one upgrade for each of the services, to the newest version of its template.",
		Schema:         json.RawMessage(bulkSchema),
		Traits:         action.Traits{StartsRun: true},
		SampleInput:    json.RawMessage(`{"template":"template:default/go-rest-api"}`),
		FirstSomewhere: true,
		Prepare:        e.prepareBulk}
}

// Left is a service that a bulk upgrade leaves out.
type Left struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Why     string `json:"why"`
}

// one is one upgrade of a bulk.
type one struct {
	service Service
	tmpl    *scaffold.Template
	upgrade Upgrade
}

func (e *Engine) prepareBulk(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in struct {
		Services []string `json:"services"`
		Template string   `json:"template"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "json", "The body cannot be read.").Because(err)
	}
	var list []Service
	var left []Left
	var err error
	subject := "fleet"
	if in.Template != "" {
		ref, parseErr := catalog.ParseRef(in.Template, "template", "")
		if parseErr != nil {
			return action.Prepared{}, fault.InvalidField("template", "reference", "This is not the reference of a template.").Because(parseErr)
		}
		subject = ref.Canonical().String()
		list, err = e.behind(ctx, a, subject)
	} else {
		list, err = e.named(ctx, a, in.Services)
	}
	if err != nil {
		return action.Prepared{Subject: subject}, err
	}
	todo, left := e.sort(ctx, a, list)
	p := action.Prepared{Subject: subject, Preview: map[string]any{"upgrade": names(todo), "left": left}}
	if len(todo) == 0 {
		return p, nothingToDo(left)
	}
	p.Owner = todo[0].service.Team // it may be upgraded, as each of the others
	p.Execute = func(ctx context.Context, db tx.Tx) (action.Output, error) {
		bulk := id.New("bulk")
		for i := range todo {
			todo[i].upgrade.Bulk = bulk
			if err := e.start(ctx, db, todo[i].service, todo[i].tmpl, &todo[i].upgrade, a); err != nil {
				return action.Output{}, fmt.Errorf("%s: %w", todo[i].service.Name, err)
			}
		}
		return action.Output{Started: true, Location: BulkURL(bulk), Body: map[string]any{"bulk": map[string]any{"id": bulk, "url": BulkURL(bulk)}, "upgrades": names(todo), "left": left}}, nil
	}
	return p, nil
}

// BulkURL is the page of upgrades that were started together.
func BulkURL(id string) string { return "/create/upgrades/bulk/" + id }

func nothingToDo(left []Left) error {
	if len(left) == 0 {
		return fault.New(fault.Conflict, "None of them is behind its template. Nothing was started.")
	}
	text := "None of them can be upgraded now. Nothing was started."
	for _, l := range left[:min(len(left), 5)] {
		text += " " + l.Name + ": " + l.Why
	}
	return fault.New(fault.Conflict, text)
}

func names(list []one) []string {
	out := []string{}
	for _, o := range list {
		out = append(out, o.service.Name)
	}
	return out
}

// behind are the services of a template that are behind it and that the actor
// may upgrade.
func (e *Engine) behind(ctx context.Context, a action.Actor, template string) ([]Service, error) {
	var out []Service
	for q := (Query{Template: template, State: Behind, Limit: 1000}); ; {
		page, err := e.o.Store.Fleet(ctx, access.Viewer{Actor: a}, q)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Items {
			if e.o.Access.Authorize(ctx, a, UpgradeAction, s.Team) != nil {
				continue
			}
			if out = append(out, s); len(out) == MaxBulk {
				return out, nil
			}
		}
		if q.After = page.Next; q.After == "" {
			return out, nil
		}
	}
}

// named are services by id. One that the actor may not upgrade refuses all.
func (e *Engine) named(ctx context.Context, a action.Actor, ids []string) ([]Service, error) {
	var out []Service
	for _, id := range ids {
		s, err := e.o.Store.Service(ctx, access.Viewer{Actor: a}, id)
		if err != nil {
			return nil, err
		}
		if err := e.o.Access.Authorize(ctx, a, UpgradeAction, s.Team); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// sort tells what can be upgraded from what cannot, with the reason.
func (e *Engine) sort(ctx context.Context, a action.Actor, list []Service) ([]one, []Left) {
	var todo []one
	left := []Left{}
	targets := map[string]*scaffold.Template{}
	for _, s := range list {
		o, err := e.oneOf(ctx, a, s, targets)
		if err != nil {
			left = append(left, Left{s.ID, s.Name, said(err)})
			continue
		}
		todo = append(todo, o)
	}
	return todo, left
}

func (e *Engine) oneOf(ctx context.Context, a action.Actor, s Service, targets map[string]*scaffold.Template) (one, error) {
	if s.Upgrade.ID != "" {
		return one{}, ErrUpgrading
	}
	s, err := e.o.Store.Service(ctx, system, s.ID) // with its answers
	if err != nil {
		return one{}, err
	}
	t := targets[s.Template]
	if t == nil || s.Behind == 0 {
		if t, err = e.target(ctx, s, ""); err != nil {
			return one{}, err
		}
		targets[s.Template] = t
	}
	values, err := scaffold.AnswersOf(s.Answers)
	if err != nil {
		return one{}, err
	}
	if missing := t.Missing(values); len(missing) > 0 {
		return one{}, fault.Newf(fault.Invalid, "Version %s asks for more: %s. Upgrade it from its own page.", t.Version, missing[0])
	}
	u, err := newUpgrade(s, t, values, a)
	return one{s, t, u}, err
}

// said is what people are told of an error.
func said(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Public
	}
	return "Something went wrong on our side."
}
