package sample

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

// Post is one webhook call.
type Post struct {
	Source string // of /hooks/{source}
	Header map[string]string
	Body   []byte
}

// organization is the sample's name on its forge.
const organization = "harbour-pay"

// byGitHub is the service whose deployments GitHub reports, one by one in the
// last days; all others come from pipelines that post plain JSON, many at once.
const (
	byGitHub   = "payment-api"
	githubDays = 14
)

// batch is how many plain events are posted at once.
const batch = 200

// Posts turns a history into webhook calls, signed with the secrets of the
// sources, oldest first.
func Posts(h History, secret func(source string) string) ([]Post, error) {
	var out []Post
	var plain []any
	var recent time.Time
	if n := len(h.Deployments); n > 0 {
		recent = h.Deployments[n-1].Finished.AddDate(0, 0, -githubDays)
	}
	for _, d := range h.Deployments {
		if d.Service != byGitHub || d.Finished.Before(recent) {
			plain = append(plain, plainDeployment(d))
			continue
		}
		p, err := githubPost(d, secret("github"))
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	for _, i := range h.Incidents {
		plain = append(plain, plainIncident(i))
	}
	for n := 0; len(plain) > 0; n++ {
		some := plain[:min(batch, len(plain))]
		plain = plain[len(some):]
		body, err := json.Marshal(map[string]any{"events": some})
		if err != nil {
			return nil, err
		}
		out = append(out, Post{"waymark", map[string]string{"Authorization": "Bearer " + secret("waymark"),
			"X-Waymark-Delivery": "sample-" + sum(body)}, body})
	}
	return out, nil
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:12])
}

func text(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// reportedID is the id under which a deployment is known to the portal.
func reportedID(service, id string, number int) string {
	if service == byGitHub {
		return "github:" + organization + "/" + service + "/" + strconv.Itoa(number)
	}
	return id
}

func plainDeployment(d Deployment) map[string]any {
	m := map[string]any{"type": "deployment", "id": reportedID(d.Service, d.ID, d.Number), "service": "component:default/" + d.Service, "environment": "production",
		"startedAt": text(d.Started), "finishedAt": text(d.Finished), "result": d.Result, "version": d.Version, "kind": d.Kind, "actor": d.Actor}
	if len(d.Commits) > 0 {
		m["commits"] = d.Commits
	}
	if d.RollsBack != "" {
		m["rollsBack"] = reportedID(d.Service, d.RollsBack, d.RollsBackN)
	}
	if d.Fixes != "" {
		m["fixes"] = d.Fixes
	}
	return m
}

func plainIncident(i Incident) map[string]any {
	m := map[string]any{"type": "incident", "id": i.ID, "service": "component:default/" + i.Service, "environment": "production",
		"severity": i.Severity, "title": i.Title, "startedAt": text(i.Started)}
	if !i.Resolved.IsZero() {
		m["resolvedAt"] = text(i.Resolved)
	}
	if i.CausedBy != "" {
		m["causedBy"] = i.CausedBy
	}
	return m
}

// githubPost is the deployment_status event that GitHub would send.
func githubPost(d Deployment, secret string) (Post, error) {
	payload := map[string]any{"service": "component:default/" + d.Service, "version": d.Version, "kind": d.Kind, "commits": d.Commits}
	if d.RollsBack != "" {
		payload["rollsBack"] = strconv.Itoa(d.RollsBackN)
	}
	if d.Fixes != "" {
		payload["fixes"] = d.Fixes
	}
	sha := ""
	if len(d.Commits) > 0 {
		sha = d.Commits[0].ID
	}
	body, err := json.Marshal(map[string]any{
		"action":            "created",
		"deployment_status": map[string]any{"id": 900000 + d.Number, "state": d.Result, "environment": "production", "created_at": text(d.Finished)},
		"deployment": map[string]any{"id": d.Number, "sha": sha, "ref": "main", "environment": "production", "production_environment": true,
			"created_at": text(d.Started), "description": "v" + d.Version, "creator": map[string]any{"login": d.Actor}, "payload": payload},
		"repository": map[string]any{"full_name": organization + "/" + d.Service},
	})
	if err != nil {
		return Post{}, err
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return Post{"github", map[string]string{"X-GitHub-Event": "deployment_status", "X-GitHub-Delivery": "sample-" + sum(body),
		"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(m.Sum(nil))}, body}, nil
}
