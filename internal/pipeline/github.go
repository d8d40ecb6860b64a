package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// actions writes GitHub Actions and, in the words that differ, Gitea Actions.
type actions struct {
	d      Definition
	target Target
}

func (a actions) gitea() bool { return a.target == Gitea }

// files is one workflow; on Gitea each gated environment and what follows it
// is a workflow of its own, started by hand.
func (a actions) files() []File {
	dir := ".github/workflows/"
	if a.gitea() {
		dir = ".gitea/workflows/"
	}
	parts := [][]work{a.d.plan()}
	if a.gitea() {
		parts = splitAtGates(parts[0])
	}
	var out []File
	for i, part := range parts {
		name, on := a.d.Name, a.triggers()
		if i > 0 {
			name += "-" + part[0].Name
			on = (&object{}).empty("workflow_dispatch")
		}
		out = append(out, File{Path: dir + name + ".yaml", Data: encode(a.d.head(a.target, a.target.Title()+" workflow."), a.workflow(name, on, part))})
	}
	return out
}

// splitAtGates cuts a plan before every gated environment; needs that lead
// over a cut are dropped, since a person decides there.
func splitAtGates(list []work) [][]work {
	parts := [][]work{nil}
	for _, w := range list {
		if w.env != nil && w.env.Gate && len(parts[len(parts)-1]) > 0 {
			parts = append(parts, nil)
		}
		last := len(parts) - 1
		if last > 0 {
			w.Needs = slices.DeleteFunc(slices.Clone(w.Needs), func(n string) bool {
				return !slices.ContainsFunc(parts[last], func(x work) bool { return x.Name == n })
			})
		}
		parts[last] = append(parts[last], w)
	}
	return parts
}

func (a actions) workflow(name string, on *object, list []work) *object {
	w := obj("name", name)
	w.set("on", on)
	w.spaced("permissions", obj("contents", "read"))
	if c := a.d.Concurrency; c.Limit {
		cancel := any(c.CancelRunning)
		if c.CancelRunning && len(a.d.Environments) > 0 {
			cancel = "${{ github.event_name == 'pull_request' }}" // a deployment is never cut off
		}
		w.spaced("concurrency", obj("group", name+"-${{ github.ref }}", "cancel-in-progress", cancel))
	}
	env := obj("WAYMARK_COMMIT", "${{ github.sha }}", "WAYMARK_REF", "${{ github.ref_name }}", "WAYMARK_EVENT", "${{ github.event_name }}")
	for _, v := range a.d.Env {
		env.set(v.Name, stringValue(v.Value))
	}
	w.spaced("env", env)
	w.pairs[len(w.pairs)-1].above = "Names that strangers choose reach commands as variables only, never as text."
	w.spaced("defaults", obj("run", obj("shell", "bash")))
	jobs := &object{}
	for _, x := range list {
		jobs.spaced(x.Name, a.job(x))
		jobs.pairs[len(jobs.pairs)-1].above = x.comment
	}
	if join := a.join(list); join != nil {
		jobs.spaced("required-checks", join)
		jobs.pairs[len(jobs.pairs)-1].above = "The one check to require in the rules of the branch."
	}
	if len(jobs.pairs) > 0 {
		jobs.pairs[0].gap = false
	}
	return w.spaced("jobs", jobs)
}

// stringValue keeps an empty text: it is a value too.
func stringValue(s string) any {
	if s == "" {
		return rawText(`""`)
	}
	return s
}

func (a actions) triggers() *object {
	t, on := a.d.Triggers, &object{}
	on.set("push", obj("branches", flow(t.Branches), "tags", flow(t.Tags)))
	if t.PullRequests {
		if len(t.Branches) > 0 {
			on.set("pull_request", obj("branches", flow(t.Branches)))
		} else {
			on.empty("pull_request")
		}
	}
	if len(t.Schedule) > 0 {
		var list []any
		for _, c := range t.Schedule {
			list = append(list, obj("cron", c))
		}
		on.set("schedule", list)
	}
	if t.Manual {
		on.empty("workflow_dispatch")
	}
	return on
}

// join is the job that says whether all required checks passed. It runs
// always: a job that is skipped would count as passed.
func (a actions) join(list []work) *object {
	var needs flow
	for _, w := range list {
		if w.kind == workRun && w.Only == nil || w.kind == workScan {
			needs = append(needs, w.Name)
		}
	}
	if a.gitea() || len(needs) == 0 {
		return nil
	}
	run := "for result in $RESULTS; do\n  test \"$result\" = success || { echo \"not all checks passed: $RESULTS\"; exit 1; }\ndone"
	return obj("needs", needs, "if", "always()", "runs-on", a.runner(), "timeout-minutes", 5, "steps", []any{
		obj("name", "Every check passed", "env", obj("RESULTS", "${{ join(needs.*.result, ' ') }}"), "run", run)})
}

func (a actions) runner() string { return data().pins.Runners[string(a.target)].Use }

func (a actions) job(w work) *object {
	j := obj("needs", flow(w.Needs), "if", a.jobCondition(w), "runs-on", a.runner())
	j.set("timeout-minutes", int((w.Timeout+time.Minute-1)/time.Minute))
	if w.kind == workImage && a.d.Image.Name == "" && !a.gitea() {
		j.noted("Only this job may publish.", "permissions", obj("contents", "read", "packages", "write"))
	}
	if w.env != nil && !a.gitea() {
		j.set("environment", obj("name", w.env.Name, "url", w.env.URL))
	}
	if w.kind == workDeploy {
		j.noted("One deployment at a time, and none is cut off.", "concurrency", obj("group", a.d.Name+"-"+w.Name, "cancel-in-progress", false))
	}
	if axes := w.copies(); len(axes) > 0 {
		m := &object{}
		for _, x := range axes {
			m.set(x.Name, quotedFlow(x.Values))
		}
		j.set("strategy", obj("fail-fast", false, "matrix", m))
	}
	a.container(j, w)
	j.set("env", a.jobEnv(w))
	return j.set("steps", a.steps(w))
}

// container runs a job in its image, with its services beside it.
func (a actions) container(j *object, w work) {
	if w.kind == workRun && w.Image != "" {
		j.set("container", obj("image", a.expand(w.Image, w.Matrix)))
		j.set("defaults", obj("run", obj("shell", "sh -e {0}")))
	}
	services := &object{}
	for _, s := range w.Services {
		o := obj("image", s.Image, "env", varsOf(s.Env))
		if w.Image == "" && !a.gitea() { // the runner itself reaches them by port
			var ports flow
			for _, p := range s.Ports {
				ports = append(ports, fmt.Sprintf("%d:%d", p, p))
			}
			o.set("ports", ports)
		}
		services.set(s.Name, o)
	}
	j.set("services", services)
}

func varsOf(list []Var) *object {
	o := &object{}
	for _, v := range list {
		o.set(v.Name, stringValue(v.Value))
	}
	return o
}

// quotedFlow is a list whose values stay texts: 1.20 is not 1.2.
func quotedFlow(values []string) rawText {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = quoted(v)
	}
	return rawText("[" + strings.Join(parts, ", ") + "]")
}

func (a actions) expand(image string, axes []Axis) string {
	for _, x := range axes {
		image = strings.ReplaceAll(image, "{"+x.Name+"}", "${{ matrix."+x.Name+" }}")
	}
	return image
}

// jobCondition is the condition of a whole job. GitHub leaves out what comes
// after a job that was left out, unless its condition asks for a status;
// Gitea does so always, there the steps have the condition instead.
func (a actions) jobCondition(w work) string {
	cond := a.condition(w)
	switch {
	case a.gitea() && w.kind == workRun:
		return ""
	case w.soft && !a.gitea() && cond == "":
		return "!failure() && !cancelled()"
	case w.soft && !a.gitea():
		return "!failure() && !cancelled() && " + cond
	}
	return cond
}

// condition says when work is done; nothing means always.
func (a actions) condition(w work) string {
	o := w.Only
	if o == nil {
		return ""
	}
	var any []string
	for _, b := range o.Branches {
		any = append(any, "github.ref == 'refs/heads/"+b+"'")
	}
	if o.Tags {
		any = append(any, "startsWith(github.ref, 'refs/tags/')")
	}
	cond := strings.Join(any, " || ")
	if len(any) > 1 {
		cond = "(" + cond + ")"
	}
	if w.kind != workRun && len(a.d.Triggers.Schedule) > 0 { // what was deployed is not deployed again every night
		cond = "github.event_name != 'schedule' && " + cond
	}
	if a.d.Triggers.PullRequests {
		cond = "github.event_name != 'pull_request' && " + cond
	}
	return cond
}

func (a actions) jobEnv(w work) *object {
	env := &object{}
	for _, x := range w.copies() {
		env.set(matrixVar(x.Name), "${{ matrix."+x.Name+" }}")
	}
	if w.Parallel > 1 {
		env.set("SHARD_TOTAL", quotedText(fmt.Sprint(w.Parallel)))
	}
	for _, s := range w.Services {
		host := s.Name
		if w.Image == "" && !a.gitea() {
			host = "localhost"
		}
		env.set(hostVar(s.Name), host)
	}
	if w.env != nil {
		env.set("ENVIRONMENT", w.env.Name)
	}
	if a.d.Image != nil && a.d.Image.Name != "" && (w.kind == workImage || w.kind == workDeploy) {
		env.set("IMAGE", a.d.Image.Name+":${{ github.sha }}")
	}
	for _, v := range w.Env {
		env.set(v.Name, stringValue(v.Value))
	}
	for _, s := range w.Secrets {
		env.set(s, "${{ secrets."+s+" }}")
	}
	return env
}

func quotedText(s string) rawText { return rawText(quoted(s)) }
