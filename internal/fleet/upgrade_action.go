package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// The actions of the fleet.
const (
	UpgradeAction     = "upgrade-service"
	BulkUpgradeAction = "upgrade-services"
	MergeAction       = "merge-upgrade"
	CloseAction       = "close-upgrade"
)

const upgradeSchema = `{"type":"object","additionalProperties":false,"required":["service"],"properties":{
"service":{"type":"string","title":"Service","minLength":1,"maxLength":80,"ui:help":"Id of the service, from the fleet."},
"version":{"type":"string","title":"Version","maxLength":60,"ui:help":"Of the template; empty is the newest."},
"values":{"type":"object","title":"Answers","ui:help":"What the newer version asks for beside the kept answers."}}}`

type upgradeInput struct {
	Service string         `json:"service"`
	Version string         `json:"version"`
	Values  map[string]any `json:"values"`
}

func (e *Engine) upgradeService() action.Def {
	return action.Def{Name: UpgradeAction, Title: "Upgrade a service", Permission: UpgradeAction,
		Summary:        "Merges a newer version of the template into a service, as a branch and, on other hosts, a pull request.",
		Schema:         json.RawMessage(upgradeSchema),
		Traits:         action.Traits{StartsRun: true},
		SampleInput:    json.RawMessage(`{"service":"svc_01j9zq3x5k8w2v7t4n6m1c0d9e"}`),
		FirstSomewhere: true,
		Prepare:        e.prepareUpgrade}
}

// Plan is an upgrade as it would be: what a dry run answers.
type Plan struct {
	Service   string           `json:"service"`
	Template  string           `json:"template"`
	From      string           `json:"from"`
	To        string           `json:"to"`
	Changes   []PlanChange     `json:"changes"`
	Conflicts []forge.Conflict `json:"conflicts"`
	Log       []string         `json:"log,omitempty"`

	Diffs []forge.FileDiff `json:"-"`
}

// PlanChange is one file of a plan.
type PlanChange struct {
	Touched
	Add    int `json:"add"`
	Delete int `json:"delete"`
}

func (e *Engine) prepareUpgrade(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in upgradeInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "json", "The body cannot be read.").Because(err)
	}
	s, err := e.o.Store.Service(ctx, access.Viewer{Actor: a}, in.Service)
	if err != nil {
		return action.Prepared{}, err
	}
	p := action.Prepared{Subject: subject(s), Owner: s.Team}
	if err := e.o.Access.Authorize(ctx, a, UpgradeAction, s.Team); err != nil {
		return p, err // before its files are read
	}
	if s, err = e.o.Store.Service(ctx, system, in.Service); err != nil { // with its answers
		return p, err
	}
	t, err := e.target(ctx, s, in.Version)
	if err != nil {
		return p, err
	}
	if s.Upgrade.ID != "" {
		return p, fmt.Errorf("upgrade of %s: %w", s.ID, ErrUpgrading)
	}
	w, err := e.work(ctx, s, t, in.Values)
	if err != nil {
		return p, err
	}
	p.Preview = w.plan(s, t)
	p.PolicyInput = map[string]any{"service": subject(s), "owner": s.Team, "template": s.Template, "from": s.Version, "to": t.Version, "repository": s.Address()}
	u, err := newUpgrade(s, t, w.rendering.Values, a)
	if err != nil {
		return p, err
	}
	p.Execute = func(ctx context.Context, db tx.Tx) (action.Output, error) {
		if err := e.start(ctx, db, s, t, &u, a); err != nil {
			return action.Output{}, err
		}
		url := "/runs/" + u.Run
		return action.Output{Started: true, Location: url, Body: map[string]any{"run": map[string]any{"id": u.Run, "url": url},
			"upgrade": map[string]any{"id": u.ID, "url": UpgradeURL(u.ID)}}}, nil
	}
	return p, nil
}

// UpgradeURL is the page of an upgrade.
func UpgradeURL(id string) string { return "/create/upgrades/" + id }

// subject is how runs and events name a service.
func subject(s Service) string {
	if s.Entity != "" {
		return s.Entity
	}
	return s.ID
}

// target finds the version that a service is brought to: the one that is
// offered now, or an older one that is kept.
func (e *Engine) target(ctx context.Context, s Service, version string) (*scaffold.Template, error) {
	if !s.Known() {
		return nil, fault.New(fault.Conflict, "What the template made for this service is not known, so nothing can be merged. It was made elsewhere; compare it with a new service by hand.")
	}
	ref, err := catalog.ParseRef(s.Template, "template", "")
	if err != nil {
		return nil, err
	}
	t, err := e.o.Templates.Offered(ctx, system, ref)
	if err != nil {
		return nil, err
	}
	if version != "" && version != t.Version {
		if t, err = e.kept(ctx, ref, version); err != nil {
			return nil, err
		}
	}
	if len(t.Unsupported) > 0 {
		return nil, fault.InvalidField("service", "unsupported", fmt.Sprintf("%s %s uses actions that Waymark does not have: %s.", t.Title, t.Version, strings.Join(t.Unsupported, ", ")))
	}
	known, err := e.o.Store.TemplateVersions(ctx, system, s.Template)
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		if k.Version == t.Version && k.Seq <= s.Seq && k.Digest == t.Digest {
			return nil, fault.InvalidField("version", "current", fmt.Sprintf("%s is at version %s of its template already; %s is not newer. Nothing was changed.", s.Name, s.Version, t.Version))
		}
	}
	return t, nil
}

// kept makes a template of a version that is kept.
func (e *Engine) kept(ctx context.Context, ref catalog.Ref, version string) (*scaffold.Template, error) {
	v, err := e.o.Store.TemplateVersion(ctx, system, ref.Canonical().String(), version)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.InvalidField("version", "unknown", fmt.Sprintf("There is no version %s of this template.", version)).Because(err)
	}
	if err != nil {
		return nil, err
	}
	t, err := scaffold.Thaw(ref.Canonical(), v.Snapshot)
	if err != nil {
		return nil, err
	}
	t.Version, t.Digest = v.Version, v.Digest
	return t, nil
}

func newUpgrade(s Service, t *scaffold.Template, values map[string]any, a action.Actor) (Upgrade, error) {
	answers, err := json.Marshal(values)
	return Upgrade{ID: id.New("upg"), Base: s.ID, Template: s.Template, Team: s.Team, From: s.Version, To: t.Version, ToDigest: t.Digest, Answers: answers, By: a.ID}, err
}

// start keeps the version, records the upgrade and starts its run.
func (e *Engine) start(ctx context.Context, db tx.Tx, s Service, t *scaffold.Template, u *Upgrade, a action.Actor) error {
	v, err := t.AsVersion(ctx)
	if err != nil {
		return err
	}
	v.Digest = t.Digest
	if err := e.o.Store.UseVersion(ctx, db, v); err != nil {
		return err
	}
	input := object(map[string]any{"upgrade": u.ID, "name": a.Name, "by": a.ID})
	runID, err := e.o.Runs.Start(ctx, db, run.Spec{Kind: KindName, Title: fmt.Sprintf("Upgrade %s to %s %s", s.Name, refName(s.Template), t.Version), Subject: subject(s), Owner: s.Team, By: a.ID, Input: input})
	if err != nil {
		return err
	}
	u.Run = string(runID)
	return e.o.Store.CreateUpgrade(ctx, db, *u)
}

func refName(ref string) string {
	r, err := catalog.ParseRef(ref, "template", "")
	if err != nil {
		return ref
	}
	return r.Name
}

// merged is the kept answers with those given now.
func merged(s Service, values map[string]any) (map[string]any, error) {
	all, err := scaffold.AnswersOf(s.Answers)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, values)
	return all, nil
}
