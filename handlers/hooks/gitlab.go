package hooks

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/delivery"
)

// gitLabMessage is what is read of GitLab's messages.
type gitLabMessage struct {
	Kind            string      `json:"object_kind"`
	Status          string      `json:"status"`
	StatusChangedAt string      `json:"status_changed_at"`
	DeploymentID    json.Number `json:"deployment_id"`
	DeployableURL   string      `json:"deployable_url"`
	Environment     string      `json:"environment"`
	Tier            string      `json:"environment_tier"`
	SHA             string      `json:"commit_sha"`
	CommitURL       string      `json:"commit_url"`
	CommitTitle     string      `json:"commit_title"`
	User            struct {
		Username string `json:"username"`
	} `json:"user"`
	Project struct {
		Path string `json:"path_with_namespace"`
	} `json:"project"`
	Issue struct {
		IID       json.Number `json:"iid"`
		Title     string      `json:"title"`
		URL       string      `json:"url"`
		State     string      `json:"state"`
		Type      string      `json:"type"`
		Severity  string      `json:"severity"`
		CreatedAt string      `json:"created_at"`
		UpdatedAt string      `json:"updated_at"`
		ClosedAt  string      `json:"closed_at"`
	} `json:"object_attributes"`
	Commits []struct {
		ID        string `json:"id"`
		Timestamp string `json:"timestamp"`
		Title     string `json:"title"`
	} `json:"commits"`
}

func readGitLab(m message) (delivery.Batch, error) {
	b := delivery.Batch{Delivery: first(m.header, "Idempotency-Key", "X-Gitlab-Event-UUID", "webhook-id")}
	var g gitLabMessage
	if err := json.Unmarshal(m.body, &g); err != nil {
		return b, errMessage.Because(err)
	}
	b.Type = g.Kind
	incident := g.Kind == "issue" && strings.EqualFold(g.Issue.Type, "incident")
	if g.Kind != "deployment" && g.Kind != "push" && !incident {
		return b, nil
	}
	service, err := m.service(g.Project.Path)
	if err != nil {
		return b, err
	}
	switch {
	case incident:
		b.Incidents = []delivery.IncidentInput{g.incident(service)}
	case g.Kind == "push" && len(g.Commits) > 0:
		p := delivery.PushInput{Service: service}
		for _, c := range g.Commits {
			p.Commits = append(p.Commits, delivery.CommitInput{ID: c.ID, CommittedAt: gitLabTime(c.Timestamp), Message: c.Title})
		}
		b.Pushes = []delivery.PushInput{p}
	case g.Status == "success" || g.Status == "failed":
		b.Deployments = []delivery.DeploymentInput{withHead(g.deployment(service))}
	}
	return b, nil
}

func (g gitLabMessage) deployment(service string) delivery.DeploymentInput {
	result := map[string]string{"success": "success", "failed": "failure"}[g.Status]
	sha := g.SHA
	if sha == "" {
		sha = g.CommitURL[strings.LastIndexByte(g.CommitURL, '/')+1:]
	}
	return delivery.DeploymentInput{ID: fmt.Sprintf("gitlab:%s/%s", g.Project.Path, g.DeploymentID), Service: service,
		Environment: g.Environment, Production: g.Tier == "production", FinishedAt: gitLabTime(g.StatusChangedAt), Result: result,
		Revision: sha, Title: g.CommitTitle, URL: g.DeployableURL, Actor: g.User.Username}
}

func (g gitLabMessage) incident(service string) delivery.IncidentInput {
	in := delivery.IncidentInput{ID: fmt.Sprintf("gitlab:%s#%s", g.Project.Path, g.Issue.IID), Service: service,
		StartedAt: gitLabTime(g.Issue.CreatedAt), ReportedAt: gitLabTime(g.Issue.UpdatedAt), Severity: g.Issue.Severity,
		Title: g.Issue.Title, URL: g.Issue.URL}
	if g.Issue.State == "closed" {
		in.ResolvedAt = gitLabTime(or(g.Issue.ClosedAt, g.Issue.UpdatedAt))
	}
	return in
}

// gitLabTime turns the spellings that GitLab uses into the one that is read.
func gitLabTime(s string) string {
	for _, l := range []string{"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return s
}
