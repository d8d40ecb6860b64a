package hooks

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/delivery"
	"github.com/waymark-portal/waymark/internal/fault"
)

// maxEvents bounds the events in one message of our own form.
const maxEvents = 1000

// readWaymark reads our own form: one event, or {"events": […]}.
func readWaymark(m message) (delivery.Batch, error) {
	b := delivery.Batch{Delivery: first(m.header, "X-Waymark-Delivery", "Idempotency-Key"), Type: "event"}
	var many struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(m.body, &many); err != nil {
		return b, errMessage.Because(err)
	}
	if many.Events == nil {
		many.Events = []json.RawMessage{m.body}
	}
	if len(many.Events) > maxEvents {
		return b, fault.InvalidField("events", "maxItems", fmt.Sprintf("A message may hold at most %d events.", maxEvents))
	}
	for i, raw := range many.Events {
		if err := addEvent(&b, raw); err != nil {
			return b, fault.InvalidField(fmt.Sprintf("events.%d", i), "json", "This event is neither a deployment nor an incident.").Because(err)
		}
	}
	return b, nil
}

func addEvent(b *delivery.Batch, raw json.RawMessage) error {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return err
	}
	switch kind.Type {
	case "deployment":
		var in delivery.DeploymentInput
		if err := json.Unmarshal(raw, &in); err != nil {
			return err
		}
		b.Deployments = append(b.Deployments, in)
	case "incident":
		var in delivery.IncidentInput
		if err := json.Unmarshal(raw, &in); err != nil {
			return err
		}
		b.Incidents = append(b.Incidents, in)
	default:
		return fmt.Errorf("type %q", kind.Type)
	}
	return nil
}

// readAlertmanager reads Alertmanager's webhook, version 4. An alert without
// a label service says nothing of a service and is left out.
func readAlertmanager(m message) (delivery.Batch, error) {
	b := delivery.Batch{Type: "alerts"}
	var g struct {
		Alerts []struct {
			Status      string            `json:"status"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
			StartsAt    time.Time         `json:"startsAt"`
			EndsAt      time.Time         `json:"endsAt"`
			Fingerprint string            `json:"fingerprint"`
			URL         string            `json:"generatorURL"`
		} `json:"alerts"`
	}
	if err := json.Unmarshal(m.body, &g); err != nil {
		return b, errMessage.Because(err)
	}
	for _, a := range g.Alerts {
		service := or(a.Labels["service"], a.Labels["app"])
		if service == "" {
			continue
		}
		in := delivery.IncidentInput{ID: fmt.Sprintf("alertmanager:%s/%d", a.Fingerprint, a.StartsAt.Unix()), Service: service,
			Environment: or(a.Labels["environment"], a.Labels["env"]), StartedAt: a.StartsAt.Format(time.RFC3339Nano),
			Severity: a.Labels["severity"], Title: or(a.Annotations["summary"], a.Labels["alertname"]), URL: a.URL}
		if a.Status == "resolved" {
			in.ResolvedAt = a.EndsAt.Format(time.RFC3339Nano)
		}
		b.Incidents = append(b.Incidents, in)
	}
	return b, nil
}

// cdEvent is what is read of a CDEvent.
type cdEvent struct {
	Context struct {
		ID        string `json:"id"`
		Source    string `json:"source"`
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
	} `json:"context"`
	Subject struct {
		ID      string `json:"id"`
		Content struct {
			Environment struct {
				ID string `json:"id"`
			} `json:"environment"`
			Service struct {
				ID string `json:"id"`
			} `json:"service"`
			ArtifactID  string `json:"artifactId"`
			Description string `json:"description"`
		} `json:"content"`
	} `json:"subject"`
	Custom json.RawMessage `json:"customData"`
}

// readCDEvents reads a CDEvent: bare, as the data of a structured CloudEvent,
// or as the body of a binary one (ce- headers).
func readCDEvents(m message) (delivery.Batch, error) {
	b := delivery.Batch{Delivery: first(m.header, "ce-id"), Type: first(m.header, "ce-type")}
	var cloud struct {
		ID     string          `json:"id"`
		Source string          `json:"source"`
		Type   string          `json:"type"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(m.body, &cloud); err != nil {
		return b, errMessage.Because(err)
	}
	body := m.body
	if len(cloud.Data) > 0 {
		body, b.Delivery, b.Type = cloud.Data, cloud.Source+" "+cloud.ID, cloud.Type
	}
	var e cdEvent
	if err := json.Unmarshal(body, &e); err != nil {
		return b, errMessage.Because(err)
	}
	if b.Delivery == "" && e.Context.ID != "" {
		b.Delivery = e.Context.Source + " " + e.Context.ID
	}
	b.Type = or(e.Context.Type, b.Type)
	return e.batch(b), nil
}

// batch reads what a CDEvent says; the version at the end of its type does
// not matter.
func (e cdEvent) batch(b delivery.Batch) delivery.Batch {
	parts := strings.Split(strings.TrimPrefix(b.Type, "dev.cdevents."), ".")
	if len(parts) < 2 {
		return b
	}
	switch parts[0] + "." + parts[1] {
	case "service.deployed", "service.upgraded":
		b.Deployments = []delivery.DeploymentInput{e.deployment("")}
	case "service.rolledback":
		b.Deployments = []delivery.DeploymentInput{e.deployment("rollback")}
	case "incident.detected", "incident.reported", "incident.resolved":
		b.Incidents = []delivery.IncidentInput{e.incident(parts[1] == "resolved")}
	}
	return b
}

func (e cdEvent) deployment(kind string) delivery.DeploymentInput {
	x := readExtras(e.Custom)
	return delivery.DeploymentInput{ID: "cdevents:" + e.Context.Source + "/" + e.Context.ID, Service: or(x.Service, e.Subject.ID),
		Environment: e.Subject.Content.Environment.ID, FinishedAt: e.Context.Timestamp, Kind: or(x.Kind, kind), RollsBack: x.RollsBack,
		Fixes: x.Fixes, Version: or(x.Version, e.Subject.Content.ArtifactID), Commits: x.Commits}
}

func (e cdEvent) incident(resolved bool) delivery.IncidentInput {
	x := readExtras(e.Custom)
	in := delivery.IncidentInput{ID: "cdevents:" + e.Subject.ID, Service: or(x.Service, e.Subject.Content.Service.ID),
		Environment: e.Subject.Content.Environment.ID, StartedAt: e.Context.Timestamp, ReportedAt: e.Context.Timestamp,
		Title: e.Subject.Content.Description}
	if resolved {
		in.ResolvedAt = e.Context.Timestamp
	}
	return in
}
