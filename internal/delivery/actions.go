package delivery

import (
	"context"
	"encoding/json"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/id"
	"github.com/waymark-portal/waymark/internal/tx"
)

const deploymentSchema = `{"type":"object","additionalProperties":false,"required":["service","environment","finishedAt"],"properties":{
	"service":{"type":"string","minLength":1,"maxLength":255,"title":"Service","description":"Name or entity reference"},
	"environment":{"type":"string","minLength":1,"maxLength":255,"title":"Environment"},
	"finishedAt":{"type":"string","maxLength":40,"title":"Finished","description":"Time as 2026-10-01T09:12:00Z"},
	"id":{"type":"string","maxLength":255,"description":"Given again, the reports are one deployment"},
	"result":{"type":"string","enum":["success","failure"]},
	"startedAt":{"type":"string","maxLength":40},
	"kind":{"type":"string","enum":["planned","rework","rollback","hotfix"]},
	"rollsBack":{"type":"string","maxLength":255,"description":"Id of the deployment that it takes back"},
	"fixes":{"type":"string","maxLength":255,"description":"Id of the incident that it mends"},
	"revision":{"type":"string","maxLength":255},
	"version":{"type":"string","maxLength":500},
	"title":{"type":"string","maxLength":500},
	"url":{"type":"string","maxLength":500},
	"actor":{"type":"string","maxLength":500},
	"commits":{"type":"array","maxItems":2000,"items":{"type":"object","additionalProperties":false,"required":["id"],"properties":{
		"id":{"type":"string","minLength":1,"maxLength":255},"committedAt":{"type":"string"},"authoredAt":{"type":"string"},
		"mergedAt":{"type":"string"},"message":{"type":"string"}}}}}}`

const incidentSchema = `{"type":"object","additionalProperties":false,"required":["service","startedAt"],"properties":{
	"service":{"type":"string","minLength":1,"maxLength":255,"title":"Service","description":"Name or entity reference"},
	"startedAt":{"type":"string","maxLength":40,"title":"Started","description":"Time as 2026-10-01T09:12:00Z"},
	"id":{"type":"string","maxLength":255,"description":"Given again, the reports are one incident"},
	"environment":{"type":"string","maxLength":255},
	"resolvedAt":{"type":"string","maxLength":40},
	"reportedAt":{"type":"string","maxLength":40},
	"causedBy":{"type":"string","maxLength":255,"description":"Id of the deployment behind it"},
	"severity":{"type":"string","maxLength":100},
	"title":{"type":"string","maxLength":500},
	"url":{"type":"string","maxLength":500}}}`

// Actions returns record-deployment and record-incident.
func (e *Engine) Actions() []action.Def {
	return []action.Def{{
		Name: "record-deployment", Title: "Record a deployment", Permission: "record-deployment",
		Summary: "Says that a service was deployed. The same id again adds to the same deployment.",
		Schema:  json.RawMessage(deploymentSchema), Traits: action.Traits{Idempotent: true}, Prepare: e.prepareDeployment,
		SampleInput: json.RawMessage(`{"service":"payment-api","environment":"production","finishedAt":"2026-10-01T09:12:00Z","commits":[{"id":"3f5c2d1","committedAt":"2026-09-30T15:20:00Z"}]}`),
	}, {
		Name: "record-incident", Title: "Record an incident", Permission: "record-incident",
		Summary: "Says that a service broke, or works again. The same id again adds to the same incident.",
		Schema:  json.RawMessage(incidentSchema), Traits: action.Traits{Idempotent: true}, Prepare: e.prepareIncident,
		SampleInput: json.RawMessage(`{"service":"payment-api","startedAt":"2026-10-01T09:30:00Z","severity":"high","title":"Card payments answer 502"}`),
	}}
}

func (e *Engine) prepareDeployment(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in DeploymentInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "type", "The input cannot be read.").Because(err)
	}
	if in.ID == "" {
		in.ID = id.New("dep")
	}
	if in.Actor == "" {
		in.Actor = a.ID
	}
	d, changes, err := in.Deployment("api", e.o.Now())
	if err != nil {
		return action.Prepared{}, err
	}
	owner, err := e.o.Catalog.ServiceOwner(ctx, access.Viewer{Actor: a}, d.Service)
	if err != nil {
		return action.Prepared{}, err
	}
	return action.Prepared{Subject: d.Service, Owner: owner, Preview: map[string]any{"deployment": d.Body()},
		Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
			kept, err := e.recorder.Deployment(ctx, t, a.ID, d, changes)
			return action.Output{Body: map[string]any{"deployment": kept.Body()}, Location: "/deployments", Message: "The deployment was recorded."}, err
		}}, nil
}

func (e *Engine) prepareIncident(ctx context.Context, a action.Actor, raw json.RawMessage) (action.Prepared, error) {
	var in IncidentInput
	if err := json.Unmarshal(raw, &in); err != nil {
		return action.Prepared{}, fault.InvalidField("", "type", "The input cannot be read.").Because(err)
	}
	if in.ID == "" {
		in.ID = id.New("inc")
	}
	i, err := in.Incident("api", e.o.Now())
	if err != nil {
		return action.Prepared{}, err
	}
	owner, err := e.o.Catalog.ServiceOwner(ctx, access.Viewer{Actor: a}, i.Service)
	if err != nil {
		return action.Prepared{}, err
	}
	return action.Prepared{Subject: i.Service, Owner: owner, Preview: map[string]any{"incident": i.Body()},
		Execute: func(ctx context.Context, t tx.Tx) (action.Output, error) {
			if err := e.ownCause(ctx, t, i, owner); err != nil {
				return action.Output{}, err
			}
			kept, err := e.recorder.Incident(ctx, t, a.ID, i)
			return action.Output{Body: map[string]any{"incident": kept.Body()}, Location: "/dora", Message: "The incident was recorded."}, err
		}}, nil
}

// ownCause refuses a cause among the deployments of another team's services:
// nobody makes another team's deployment a failed one. Webhooks may say so.
func (e *Engine) ownCause(ctx context.Context, t tx.Tx, i Incident, owner string) error {
	if i.CausedBy == "" {
		return nil
	}
	d, err := e.recorder.Book.HeldDeployment(ctx, t, i.CausedBy)
	if err != nil || d == nil || d.Service == i.Service {
		return err
	}
	theirs, err := e.o.Catalog.ServiceOwner(ctx, access.System("delivery"), d.Service)
	if err != nil || theirs == owner {
		return err
	}
	return fault.InvalidField("causedBy", "otherTeam", "This is a deployment of another team's service. Ask that team to record the incident, or leave the cause out.")
}
