package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Target is a system that runs pipelines.
type Target string

// The targets.
const (
	GitHub Target = "github"
	GitLab Target = "gitlab"
	Gitea  Target = "gitea"
	Tekton Target = "tekton"
)

// Targets lists them all.
var Targets = []Target{GitHub, GitLab, Gitea, Tekton}

// Title is the target's name for people.
func (t Target) Title() string {
	switch t {
	case GitHub:
		return "GitHub Actions"
	case GitLab:
		return "GitLab CI"
	case Gitea:
		return "Gitea Actions"
	case Tekton:
		return "Tekton"
	}
	return string(t)
}

// File is one file of a rendered pipeline.
type File struct {
	Path string // in the repository
	Data []byte
}

// Render writes a definition for a target: the same bytes every time. What
// the target cannot do stands in the head of the file, see Gaps. The error,
// fault Invalid, names what it cannot run at all.
func Render(d Definition, t Target) ([]File, error) {
	switch t {
	case GitHub, Gitea:
		return actions{d: d, target: t}.files(), nil
	case GitLab:
		return gitlab{d}.files(), nil
	case Tekton:
		if d.Image != nil && d.Image.Name == "" {
			return nil, fault.InvalidField("spec.image.name", "required", "Tekton has no registry of its own: name the image, such as registry.example.com/team/service.")
		}
		return tekton{d}.files(), nil
	}
	return nil, fault.InvalidField("target", "value", fmt.Sprintf("%.40q is not one of github, gitlab, gitea, tekton.", t))
}

// Gaps says what of a definition a target cannot do by itself, and what to
// do instead; a sentence each.
func Gaps(d Definition, t Target) []string {
	var out []string
	add := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	var gates []string
	for _, e := range d.Environments {
		if e.Gate {
			gates = append(gates, e.Name)
		}
	}
	names := strings.Join(gates, ", ")
	switch t {
	case GitHub:
		add(len(gates) > 0, "The gate of %s is a setting of GitHub: add required reviewers at Settings, Environments.", names)
	case Gitea:
		add(len(gates) > 0, "Gitea has no gates inside a run: %s is a workflow of its own that a person starts.", names)
	case GitLab:
		add(len(d.Triggers.Schedule) > 0, "GitLab keeps schedules in its settings: add %s (UTC) at Build, Pipeline schedules.", strings.Join(d.Triggers.Schedule, "; "))
	case Tekton:
		add(len(gates) > 0, "Tekton has no gates inside a run: %s waits for a comment such as /deploy-%s on the commit.", names, first(gates))
		add(len(d.Triggers.Schedule) > 0, "Pipelines as Code has no schedules: let a CronJob call its incoming webhook at %s.", strings.Join(d.Triggers.Schedule, "; "))
		add(d.Triggers.Manual, "A manual start is a comment: /test %s.", d.Name)
		add(d.caches(), "Caches are not kept between runs: every run has a volume of its own.")
		add(d.artifacts(), "Artifacts live on the volume of the run and go with it.")
	}
	return out
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func (d Definition) anyJob(f func(Job) bool) bool {
	return slices.ContainsFunc(d.Stages, func(s Stage) bool { return slices.ContainsFunc(s.Jobs, f) })
}

func (d Definition) caches() bool {
	return len(data().languages[d.Language].Cache.Paths) > 0 || d.anyJob(func(j Job) bool { return j.Cache != nil })
}

func (d Definition) artifacts() bool { return d.anyJob(func(j Job) bool { return j.Artifact != nil }) }

// head is the comment at the beginning of a rendered file.
func (d Definition) head(t Target, what string) string {
	lines := []string{what, "Rendered from pipeline.yaml by `waymark pipeline render`: change that file,", "then render again. What is changed here is lost then."}
	if d.Description != "" {
		lines = append([]string{strings.Join(strings.Fields(d.Description), " "), ""}, lines...)
	}
	if gaps := Gaps(d, t); len(gaps) > 0 {
		lines = append(lines, "")
		for _, g := range gaps {
			lines = append(lines, "Note: "+g)
		}
	}
	return strings.Join(lines, "\n")
}
