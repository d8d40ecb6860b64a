package hooks

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/delivery"
)

// gitHubMessage is what is read of GitHub's and Gitea's messages.
type gitHubMessage struct {
	Action     string `json:"action"`
	Repository struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
	Status struct {
		State       string `json:"state"`
		Environment string `json:"environment"`
		CreatedAt   string `json:"created_at"`
		UpdatedAt   string `json:"updated_at"`
		TargetURL   string `json:"target_url"`
		LogURL      string `json:"log_url"`
	} `json:"deployment_status"`
	Deployment struct {
		ID          json.Number     `json:"id"`
		SHA         string          `json:"sha"`
		Environment string          `json:"environment"`
		Production  bool            `json:"production_environment"`
		CreatedAt   string          `json:"created_at"`
		Description string          `json:"description"`
		Payload     json.RawMessage `json:"payload"`
		Creator     struct {
			Login string `json:"login"`
		} `json:"creator"`
	} `json:"deployment"`
	Issue struct {
		Number    json.Number `json:"number"`
		Title     string      `json:"title"`
		HTMLURL   string      `json:"html_url"`
		State     string      `json:"state"`
		CreatedAt string      `json:"created_at"`
		ClosedAt  string      `json:"closed_at"`
		UpdatedAt string      `json:"updated_at"`
		Labels    []struct {
			Name string `json:"name"`
		} `json:"labels"`
	} `json:"issue"`
	Commits []struct {
		ID        string `json:"id"`
		Timestamp string `json:"timestamp"`
		Message   string `json:"message"`
	} `json:"commits"`
}

// extras is what a pipeline may add to a deployment: GitHub's payload,
// GitLab's and CDEvents' custom data.
type extras struct {
	Service   string                 `json:"service"`
	Version   string                 `json:"version"`
	Kind      string                 `json:"kind"`
	RollsBack string                 `json:"rollsBack"`
	Fixes     string                 `json:"fixes"`
	Commits   []delivery.CommitInput `json:"commits"`
}

// readExtras reads a payload: an object, or a text that holds one. Whatever
// else a pipeline keeps there is none of ours.
func readExtras(raw json.RawMessage) extras {
	var x extras
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text)
	}
	if err := json.Unmarshal(raw, &x); err != nil {
		return extras{}
	}
	return x
}

func readGitHub(m message) (delivery.Batch, error) {
	kind := first(m.header, "X-GitHub-Event", "X-Gitea-Event")
	b := delivery.Batch{Type: kind, Delivery: first(m.header, "X-GitHub-Delivery", "X-Gitea-Delivery")}
	var g gitHubMessage
	if err := json.Unmarshal(m.body, &g); err != nil {
		return b, errMessage.Because(err)
	}
	switch kind {
	case "deployment_status":
		return g.deployment(m, b)
	case "issues":
		return g.incident(m, b)
	case "push":
		return g.push(m, b)
	}
	return b, nil
}

func (g gitHubMessage) deployment(m message, b delivery.Batch) (delivery.Batch, error) {
	result := map[string]string{"success": "success", "failure": "failure", "error": "failure"}[g.Status.State]
	if result == "" {
		return b, nil
	}
	x := readExtras(g.Deployment.Payload)
	service, err := serviceOr(m, x.Service, g.Repository.FullName)
	if err != nil {
		return b, err
	}
	prefix := "github:" + g.Repository.FullName + "/"
	in := delivery.DeploymentInput{ID: prefix + g.Deployment.ID.String(), Service: service,
		Environment: or(g.Deployment.Environment, g.Status.Environment), Production: g.Deployment.Production,
		StartedAt: g.Deployment.CreatedAt, FinishedAt: or(g.Status.CreatedAt, g.Status.UpdatedAt), Result: result,
		Kind: x.Kind, RollsBack: x.RollsBack, Fixes: x.Fixes, Revision: g.Deployment.SHA, Version: x.Version,
		Title: g.Deployment.Description, URL: or(g.Status.LogURL, g.Status.TargetURL), Actor: g.Deployment.Creator.Login,
		Commits: x.Commits}
	if in.RollsBack != "" && !strings.Contains(in.RollsBack, ":") {
		in.RollsBack = prefix + in.RollsBack
	}
	b.Deployments = []delivery.DeploymentInput{withHead(in)}
	return b, nil
}

// withHead takes the deployed commit as the change of a deployment that
// names none; its time comes with a push.
func withHead(in delivery.DeploymentInput) delivery.DeploymentInput {
	if len(in.Commits) == 0 && in.Revision != "" {
		in.Commits = []delivery.CommitInput{{ID: in.Revision}}
	}
	return in
}

func (g gitHubMessage) incident(m message, b delivery.Batch) (delivery.Batch, error) {
	labels := map[string]bool{}
	severity := ""
	for _, l := range g.Issue.Labels {
		name := strings.ToLower(l.Name)
		labels[name] = true
		if s, ok := strings.CutPrefix(name, "severity:"); ok {
			severity = strings.TrimSpace(s)
		}
	}
	if !labels["incident"] {
		return b, nil
	}
	service, err := m.service(g.Repository.FullName)
	if err != nil {
		return b, err
	}
	in := delivery.IncidentInput{ID: fmt.Sprintf("github:%s#%s", g.Repository.FullName, g.Issue.Number), Service: service,
		StartedAt: g.Issue.CreatedAt, ReportedAt: g.Issue.UpdatedAt, Severity: severity, Title: g.Issue.Title, URL: g.Issue.HTMLURL}
	if g.Issue.State == "closed" {
		in.ResolvedAt = g.Issue.ClosedAt
	}
	b.Incidents = []delivery.IncidentInput{in}
	return b, nil
}

func (g gitHubMessage) push(m message, b delivery.Batch) (delivery.Batch, error) {
	if len(g.Commits) == 0 {
		return b, nil
	}
	service, err := m.service(g.Repository.FullName)
	if err != nil {
		return b, err
	}
	p := delivery.PushInput{Service: service}
	for _, c := range g.Commits {
		p.Commits = append(p.Commits, delivery.CommitInput{ID: c.ID, CommittedAt: c.Timestamp, Message: c.Message})
	}
	b.Pushes = []delivery.PushInput{p}
	return b, nil
}

// serviceOr is the named service, else that of the repository.
func serviceOr(m message, named, repository string) (string, error) {
	if named != "" || repository == "" {
		return named, nil
	}
	return m.service(repository)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func first(h map[string][]string, names ...string) string {
	for _, n := range names {
		for k, v := range h {
			if strings.EqualFold(k, n) && len(v) > 0 && v[0] != "" {
				return v[0]
			}
		}
	}
	return ""
}
