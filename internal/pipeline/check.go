package pipeline

import (
	"strings"

	"github.com/waymark-portal/waymark/internal/strictyaml"
)

// check finds what is wrong between the parts of a definition.
func (d *Definition) check(spec strictyaml.Node) {
	seen, total := map[string]bool{}, 0
	artifacts := map[string]bool{}
	var before []string
	for i, n := range spec.Get("stages").List() {
		if i >= len(d.Stages) {
			break
		}
		if name := "stage " + d.Stages[i].Name; seen[name] {
			n.Get("name").Fail("twice", "There are two stages %q.", d.Stages[i].Name)
		} else {
			seen[name] = true
		}
		for k, x := range n.Get("jobs").List() {
			d.checkJob(x, d.Stages[i].Jobs[k], seen, artifacts)
			total++
		}
		for _, j := range d.Stages[i].Jobs {
			before = append(before, j.Name)
			if j.Artifact != nil {
				artifacts[j.Artifact.Name] = true
			}
		}
	}
	if total > maxJobs {
		spec.Get("stages").Fail("range", "There are %d jobs; %d is the most.", total, maxJobs)
	}
	if total == 0 && d.Checks == (Checks{}) && d.Image == nil && len(d.Environments) == 0 && !d.Security.any() {
		spec.Fail("required", "This pipeline does nothing: it needs stages or checks.")
	}
	d.checkRequired(spec)
	d.checkEnvironments(spec, before)
}

// madeJobs are the names of jobs that definitions bring about themselves.
var madeJobs = []string{"unit-tests", "lint", "gosec", "gitleaks", "trivy", "image", "required-checks"}

func (d *Definition) checkJob(n strictyaml.Node, j Job, seen, artifacts map[string]bool) {
	if seen["job "+j.Name] {
		n.Get("name").Fail("twice", "There are two jobs %q.", j.Name)
	}
	for _, m := range madeJobs {
		if j.Name == m && j.Check != m {
			n.Get("name").Fail("reserved", "A job of the name %q is made for you; choose another one.", m)
		}
	}
	for _, need := range j.Needs {
		if !seen["job "+need] {
			n.Get("needs").Fail("missing", "There is no job %q before this one.", need)
		}
	}
	for _, a := range j.Fetch {
		if !artifacts[a] {
			n.Get("fetch").Fail("missing", "No job of an earlier stage makes an artifact %q.", a)
		}
	}
	if j.Artifact != nil && artifacts[j.Artifact.Name] {
		n.Get("artifact").Get("name").Fail("twice", "There are two artifacts %q.", j.Artifact.Name)
	}
	if j.Artifact != nil && (len(j.Matrix) > 0 || j.Parallel > 1) {
		n.Get("artifact").Fail("matrix", "Copies of a job cannot keep one artifact.")
	}
	if j.Image == "" && d.Language == "" {
		n.Get("image").Fail("required", "A pipeline without a language needs an image for each job.")
	}
	d.checkPlaceholders(n.Get("image"), j)
	seen["job "+j.Name] = true
}

// checkPlaceholders looks that {axis} in an image is an axis of the matrix.
func (d *Definition) checkPlaceholders(n strictyaml.Node, j Job) {
	rest := j.Image
	for _, a := range j.Matrix {
		rest = strings.ReplaceAll(rest, "{"+a.Name+"}", "")
	}
	if strings.ContainsAny(rest, "{}") {
		n.Fail("missing", "%q names a dimension that the matrix does not have.", j.Image)
	}
}

// checkRequired looks that somebody does every required check.
func (d *Definition) checkRequired(spec strictyaml.Node) {
	done := map[string]bool{}
	for _, s := range d.Stages {
		for _, j := range s.Jobs {
			done[j.Check] = true
		}
	}
	checks := spec.Get("checks")
	if d.Language == "" {
		if d.Checks.UnitTests && !done["unit-tests"] {
			checks.Fail("missing", "No job has check: unit-tests, and without a language none can be made.")
		}
		if d.Checks.Lint && !done["lint"] {
			checks.Fail("missing", "No job has check: lint, and without a language none can be made.")
		}
		if d.Checks.Coverage {
			checks.Fail("missing", "Coverage can be measured for these languages only: %s.", strings.Join(Languages(), ", "))
		}
	}
	if d.Checks.SecurityScan && !done["security-scan"] && !d.Security.any() {
		checks.Fail("missing", "No scanner is on, and no job has check: security-scan.")
	}
}

func (d *Definition) checkEnvironments(spec strictyaml.Node, jobs []string) {
	seen := map[string]bool{}
	list := spec.Get("environments").List()
	for i, e := range d.Environments {
		if seen[e.Name] {
			list[i].Get("name").Fail("twice", "There are two environments %q.", e.Name)
		}
		seen[e.Name] = true
		for _, j := range jobs {
			if j == "deploy-"+e.Name {
				list[i].Get("name").Fail("reserved", "The job deploy-%s is made for this environment, and a stage has a job of that name.", e.Name)
			}
		}
	}
	if len(d.Environments) > 0 && len(d.Triggers.Branches) == 0 && len(d.Triggers.Tags) == 0 {
		spec.Get("environments").Fail("trigger", "Environments are deployed from a branch or a tag, and triggers name none.")
	}
}
