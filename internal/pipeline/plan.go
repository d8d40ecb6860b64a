package pipeline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a piece of work is.
const (
	workRun    = "run"
	workScan   = "scan"
	workImage  = "image"
	workDeploy = "deploy"
)

// work is one job of the flat plan that all targets are written from.
type work struct {
	Job
	kind    string
	stage   string
	comment string
	lang    bool // runs with the toolchain of the definition's language
	whole   bool // needs the whole history
	soft    bool // something before it may have been left out
	env     *Environment
	undo    string
}

// plan makes the jobs of a definition, in an order in which needs come first.
func (d Definition) plan() []work {
	var out []work
	out = append(out, d.checkWork()...)
	out = append(out, d.scanWork()...)
	out = append(out, d.stageWork()...)
	main := &Only{Branches: []string{d.Triggers.Main()}, Tags: len(d.Triggers.Tags) > 0}
	if d.Image != nil {
		out = append(out, work{Job: Job{Name: "image", Needs: ends(out), Timeout: d.Timeout, Only: main}, kind: workImage, stage: "image",
			comment: "The container image, published under the commit that it was built from."})
	}
	for i := range d.Environments {
		needs := ends(out)
		if i > 0 {
			needs = []string{"deploy-" + d.Environments[i-1].Name}
		}
		out = append(out, d.deployWork(&d.Environments[i], needs, main))
	}
	for i := range out {
		if out[i].Timeout == 0 {
			out[i].Timeout = d.Timeout
		}
		out[i].soft = slices.ContainsFunc(out[:i], func(w work) bool {
			return slices.Contains(out[i].Needs, w.Name) && (w.soft || w.Only != nil && !w.Only.same(out[i].Only))
		})
	}
	return out
}

// same reports whether two conditions hold at the same times.
func (o *Only) same(other *Only) bool {
	return o == nil && other == nil || o != nil && other != nil && o.Tags == other.Tags && slices.Equal(o.Branches, other.Branches)
}

// ends are the jobs that no other job waits for.
func ends(list []work) []string {
	needed := map[string]bool{}
	for _, w := range list {
		for _, n := range w.Needs {
			needed[n] = true
		}
	}
	var out []string
	for _, w := range list {
		if !needed[w.Name] {
			out = append(out, w.Name)
		}
	}
	return out
}

func (d Definition) does(check string) bool {
	for _, s := range d.Stages {
		for _, j := range s.Jobs {
			if j.Check == check {
				return true
			}
		}
	}
	return false
}

// prepared are the steps that come before a check's own.
func (d Definition) prepared() []Step {
	if p := data().languages[d.Language].Prepare; p != "" {
		return []Step{{Name: "Install what it needs", Run: strings.TrimRight(p, "\n")}}
	}
	return nil
}

func (d Definition) checkWork() []work {
	l := data().languages[d.Language]
	var out []work
	if d.Checks.UnitTests && !d.does("unit-tests") {
		steps := append(d.prepared(), Step{Name: "Unit tests", Run: l.UnitTests})
		out = append(out, work{Job: Job{Name: "unit-tests", Check: "unit-tests", Steps: append(steps, d.coverage()...)}, kind: workRun, stage: "checks", lang: true})
	}
	if d.Checks.Lint && !d.does("lint") {
		steps := append(d.prepared(), Step{Name: "Lint", Run: strings.TrimRight(l.Lint, "\n")})
		out = append(out, work{Job: Job{Name: "lint", Check: "lint", Steps: steps}, kind: workRun, stage: "checks", lang: true})
	}
	return out
}

// coverage is the step that measures, none when it is not asked for.
func (d Definition) coverage() []Step {
	if !d.Checks.Coverage {
		return nil
	}
	above := strconv.FormatFloat(d.Checks.Above, 'f', -1, 64)
	return []Step{{Name: "Coverage above " + above + " %", Run: "covered=$(" + data().languages[d.Language].Coverage + ")\n" +
		"echo \"coverage: $covered %\"\n" +
		"awk -v covered=\"$covered\" 'BEGIN { exit !(covered + 0 > " + above + ") }' || { echo \"it must be above " + above + " %\"; exit 1; }"}}
}

func (d Definition) scanWork() []work {
	scan := func(name, comment string) work {
		return work{Job: Job{Name: name, Check: "security-scan"}, kind: workScan, stage: "security", comment: comment, whole: name == "gitleaks"}
	}
	var out []work
	if d.Security.Gosec {
		out = append(out, scan("gosec", "Unsafe code."))
	}
	if d.Security.Gitleaks {
		out = append(out, scan("gitleaks", "Secrets in any commit, ever."))
	}
	if d.Security.Trivy {
		out = append(out, scan("trivy", "Known vulnerabilities, and faults of Dockerfiles, manifests and Terraform."))
	}
	return out
}

// scanArgs are the arguments of a scanner.
func (d Definition) scanArgs(name string) []string {
	switch name {
	case "gosec":
		return []string{"-quiet", "-exclude-dir=.cache", "./..."}
	case "gitleaks":
		return []string{"git", "--redact", "--no-banner", "--verbose", "."}
	}
	return append(append([]string{"fs", "--scanners", "vuln,misconfig"}, d.trivyArgs()...), ".")
}

func (d Definition) trivyArgs() []string {
	return []string{"--severity", strings.Join(d.Security.Severity, ","), "--ignore-unfixed", "--exit-code", "1"}
}

// imageScan are Trivy's arguments for an image that was saved as image.tar.
func (d Definition) imageScan() []string {
	return append([]string{"image", "--scanners", "vuln", "--input", "image.tar"}, d.trivyArgs()...)
}

func (d Definition) stageWork() []work {
	var out []work
	var before []string
	for _, s := range d.Stages {
		var names []string
		for _, j := range s.Jobs {
			w := work{Job: j, kind: workRun, stage: s.Name, lang: j.Image == ""}
			if j.Needs == nil {
				w.Needs = before
			}
			if w.lang {
				w.Steps = append(d.prepared(), w.Steps...)
			}
			if j.Check == "unit-tests" {
				w.Steps = append(slices.Clone(w.Steps), d.coverage()...)
			}
			names = append(names, j.Name)
			out = append(out, w)
		}
		before = names
	}
	return out
}

// deployWork is one environment: all at once, or by the weights of a canary.
func (d Definition) deployWork(e *Environment, needs []string, only *Only) work {
	w := work{Job: Job{Name: "deploy-" + e.Name, Needs: needs, Timeout: e.Timeout, Only: only, Secrets: e.Secrets, Env: e.Env}, kind: workDeploy,
		stage: "deploy-" + e.Name, env: e, undo: e.Undo}
	weights := e.Canary
	if len(weights) == 0 {
		weights = []Weight{{Percent: 100}}
	}
	for _, c := range weights {
		weight := []Var{{"CANARY_WEIGHT", strconv.Itoa(c.Percent)}}
		at := fmt.Sprintf(" at %d %%", c.Percent)
		if len(e.Canary) == 0 {
			at = ""
		}
		w.Steps = append(w.Steps, Step{Name: "Deploy" + at, Run: e.Deploy, Env: weight})
		if c.Wait > 0 {
			w.Steps = append(w.Steps, Step{Name: "Watch it for " + words(c.Wait), Run: fmt.Sprintf("sleep %d", int(c.Wait/time.Second))})
		}
		if e.Verify != "" {
			w.Steps = append(w.Steps, Step{Name: "Verify" + at, Run: e.Verify, Env: weight})
		}
	}
	w.Timeout = max(w.Timeout, d.Timeout+waits(weights))
	return w
}

func waits(list []Weight) time.Duration {
	var sum time.Duration
	for _, c := range list {
		sum += c.Wait
	}
	return sum
}

// words is a time for people.
func words(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// copies are the matrix of a job, its parallel copies as one axis.
func (w work) copies() []Axis {
	if w.Parallel < 2 {
		return w.Matrix
	}
	a := Axis{Name: "shard"}
	for i := range w.Parallel {
		a.Values = append(a.Values, strconv.Itoa(i+1))
	}
	return []Axis{a}
}

// matrixVar is the variable in which a step finds its value of an axis.
func matrixVar(axis string) string {
	if axis == "shard" {
		return "SHARD_INDEX"
	}
	return "MATRIX_" + strings.ToUpper(axis)
}

// hostVar is the variable in which a step finds a service.
func hostVar(service string) string {
	return strings.ToUpper(strings.ReplaceAll(service, "-", "_")) + "_HOST"
}
