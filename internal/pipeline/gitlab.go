package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// gitlab writes GitLab CI.
type gitlab struct{ d Definition }

func (g gitlab) files() []File {
	list := g.d.plan()
	doc := &object{}
	var stages flow
	for _, w := range list {
		for _, s := range g.stagesOf(w) {
			if !slices.Contains(stages, s) {
				stages = append(stages, s)
			}
		}
	}
	doc.set("workflow", g.workflow())
	doc.spaced("stages", stages)
	vars := obj("WAYMARK_COMMIT", "$CI_COMMIT_SHA", "WAYMARK_REF", "$CI_COMMIT_REF_NAME", "WAYMARK_EVENT", "$CI_PIPELINE_SOURCE")
	if g.d.Image != nil {
		name := g.d.Image.Name
		if name == "" {
			name = "$CI_REGISTRY_IMAGE"
		}
		vars.set("IMAGE", name+":$CI_COMMIT_SHA")
	}
	doc.spaced("variables", g.vars(vars, g.d.Env))
	doc.spaced("default", obj("interruptible", g.d.Concurrency.CancelRunning))
	for _, w := range list {
		for _, p := range g.jobs(w) {
			doc.spaced(p.key, p.value)
			doc.pairs[len(doc.pairs)-1].above = p.above
		}
	}
	return []File{{Path: ".gitlab-ci.yml", Data: encode(g.d.head(GitLab, "GitLab CI pipeline."), doc)}}
}

// vars adds variables; a dollar sign of theirs is no variable.
func (g gitlab) vars(o *object, list []Var) *object {
	for _, v := range list {
		o.set(v.Name, stringValue(strings.ReplaceAll(v.Value, "$", "$$")))
	}
	return o
}

// workflow says which events make a pipeline; a push to a branch with an open
// merge request makes one, not two.
func (g gitlab) workflow() *object {
	t := g.d.Triggers
	var rules []any
	rule := func(cond string) { rules = append(rules, obj("if", cond)) }
	if t.PullRequests {
		rule("$CI_PIPELINE_SOURCE == 'merge_request_event'")
	}
	for _, b := range t.Branches {
		rule("$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH " + matches(b))
	}
	for _, tag := range t.Tags {
		rule("$CI_COMMIT_TAG " + matches(tag))
	}
	if len(t.Schedule) > 0 {
		rule("$CI_PIPELINE_SOURCE == 'schedule'")
	}
	if t.Manual {
		rule("$CI_PIPELINE_SOURCE == 'web'")
	}
	o := &object{}
	if g.d.Concurrency.CancelRunning {
		o.set("auto_cancel", obj("on_new_commit", "interruptible"))
	}
	return o.set("rules", rules)
}

// matches is a comparison with a name or a glob.
func matches(glob string) string {
	if !strings.Contains(glob, "*") {
		return "== '" + glob + "'"
	}
	s := strings.NewReplacer(".", `\.`, "/", `\/`, "**", ".*", "*", `[^\/]*`).Replace(glob)
	return "=~ /^" + s + "$/"
}

func (g gitlab) rules(w work) []any {
	if w.Only == nil {
		return nil
	}
	manual := w.env != nil && w.env.Gate
	var out []any
	add := func(cond string) {
		if w.kind != workRun && len(g.d.Triggers.Schedule) > 0 {
			cond = "$CI_PIPELINE_SOURCE != 'schedule' && " + cond
		}
		o := obj("if", cond)
		if manual {
			o.set("when", "manual")
			o.set("allow_failure", false)
		}
		out = append(out, o)
	}
	for _, b := range w.Only.Branches {
		add("$CI_PIPELINE_SOURCE != 'merge_request_event' && $CI_COMMIT_BRANCH == '" + b + "'")
	}
	if w.Only.Tags {
		add("$CI_COMMIT_TAG")
	}
	return out
}

func (g gitlab) stagesOf(w work) []string { return []string{w.stage} }

// jobs are those of a piece of work: the image takes three, since a job has
// one image to run in.
func (g gitlab) jobs(w work) []pair {
	switch w.kind {
	case workScan:
		return []pair{{key: w.Name, above: w.comment, value: g.scan(w)}}
	case workImage:
		return g.image(w)
	}
	return []pair{{key: w.Name, above: w.comment, value: g.job(w)}}
}

// base are the keys that every job begins with.
func (g gitlab) base(w work, image any) *object {
	j := obj("stage", w.stage)
	needs := slices.Clone(w.Needs)
	var from flow
	for _, f := range w.Fetch {
		from = append(from, g.maker(f))
		if !slices.Contains(needs, g.maker(f)) {
			needs = append(needs, g.maker(f))
		}
	}
	if len(needs) > 0 {
		j.set("needs", g.needs(needs, w.Only))
	} else {
		j.pairs = append(j.pairs, pair{key: "needs", value: rawText("[]")})
	}
	if len(from) > 0 {
		j.set("dependencies", from)
	} else {
		j.pairs = append(j.pairs, pair{key: "dependencies", value: rawText("[]")})
	}
	j.set("rules", g.rules(w))
	j.set("image", image)
	return j.set("timeout", fmt.Sprintf("%d minutes", int((w.Timeout+time.Minute-1)/time.Minute)))
}

// needs names the last job of the image's three. A job that is not in every
// pipeline is waited for only where it is.
func (g gitlab) needs(list []string, own *Only) any {
	var all flow
	var mixed []any
	optional := false
	for _, n := range list {
		only := g.onlyOf(n)
		if n == "image" {
			n = "image-publish"
		}
		all = append(all, n)
		if only != nil && !only.same(own) {
			mixed, optional = append(mixed, obj("job", n, "optional", true)), true
			continue
		}
		mixed = append(mixed, n)
	}
	if optional {
		return mixed
	}
	return all
}

func (g gitlab) onlyOf(name string) *Only {
	for _, s := range g.d.Stages {
		for _, j := range s.Jobs {
			if j.Name == name {
				return j.Only
			}
		}
	}
	return nil
}

// maker is the job that makes an artifact.
func (g gitlab) maker(artifact string) string {
	for _, s := range g.d.Stages {
		for _, j := range s.Jobs {
			if j.Artifact != nil && j.Artifact.Name == artifact {
				return j.Name
			}
		}
	}
	return ""
}

func (g gitlab) job(w work) *object {
	l := data().languages[g.d.Language]
	j := g.base(w, g.d.imageFor(w, func(axis string) string { return "$" + matrixVar(axis) }))
	g.services(j, w)
	if axes := w.Matrix; len(axes) > 0 {
		m := &object{}
		for _, a := range axes {
			m.set(matrixVar(a.Name), quotedFlow(a.Values))
		}
		j.set("parallel", obj("matrix", []any{m}))
	} else if w.Parallel > 1 {
		j.set("parallel", w.Parallel)
	}
	if w.env != nil {
		j.set("environment", obj("name", w.env.Name, "url", w.env.URL))
		j.set("resource_group", w.env.Name)
		j.set("interruptible", false)
	}
	j.set("variables", g.jobVars(w, l))
	g.keep(j, w, l)
	j.set("script", g.script(w))
	if w.undo != "" {
		undo := "test \"$CI_JOB_STATUS\" != failed || (" + w.undo + ")"
		if strings.Contains(w.undo, "\n") {
			undo = "if [ \"$CI_JOB_STATUS\" = failed ]; then\n" + w.undo + "\nfi"
		}
		j.noted("Goes back to what ran before.", "after_script", []any{undo})
	}
	return j
}

// imageFor is the container that a job runs in.
func (d Definition) imageFor(w work, axis func(string) string) string {
	img := w.Image
	if img == "" {
		if w.kind == workDeploy && d.Language == "" {
			return image("plain")
		}
		l := data().languages[d.Language]
		version := d.Version
		if version == "" {
			version = l.Version
		}
		if hasAxis(w.Matrix, d.Language) {
			version = axis(d.Language)
		}
		return strings.ReplaceAll(l.Image, "{version}", version)
	}
	for _, a := range w.Matrix {
		img = strings.ReplaceAll(img, "{"+a.Name+"}", axis(a.Name))
	}
	return img
}

func (g gitlab) services(j *object, w work) {
	var list []any
	for _, s := range w.Services {
		o := obj("name", s.Image, "alias", s.Name)
		o.set("variables", g.vars(&object{}, s.Env))
		list = append(list, o)
	}
	j.set("services", list)
}

func (g gitlab) jobVars(w work, l language) *object {
	o := &object{}
	if w.lang {
		for _, k := range sortedKeys(l.Env) {
			o.set(k, "$CI_PROJECT_DIR/"+l.Env[k])
		}
	}
	if w.Parallel > 1 {
		o.set("SHARD_INDEX", "$CI_NODE_INDEX")
		o.set("SHARD_TOTAL", quotedText(fmt.Sprint(w.Parallel)))
	}
	for _, s := range w.Services {
		o.set(hostVar(s.Name), s.Name)
	}
	if w.env != nil {
		o.set("ENVIRONMENT", w.env.Name)
	}
	return g.vars(o, w.Env)
}

// keep are cache and artifacts.
func (g gitlab) keep(j *object, w work, l language) {
	var list []any
	if w.lang && len(l.Cache.Paths) > 0 {
		list = append(list, obj("key", obj("files", flow(l.Cache.Key)), "paths", flow(l.Cache.Paths)))
	}
	if w.Cache != nil { // two files make a key at most
		list = append(list, obj("key", obj("files", flow(w.Cache.Key[:min(2, len(w.Cache.Key))]), "prefix", w.Name), "paths", flow(w.Cache.Paths)))
	}
	j.set("cache", list)
	if a := w.Artifact; a != nil {
		j.set("artifacts", obj("name", a.Name, "paths", flow(a.Paths), "expire_in", fmt.Sprintf("%d days", a.Days)))
	}
}
