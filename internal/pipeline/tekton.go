package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// tekton writes PipelineRuns for Tekton, started by Pipelines as Code.
type tekton struct{ d Definition }

const pac = "pipelinesascode.tekton.dev/"

// files is one run, and one more for each gated environment.
func (t tekton) files() []File {
	var out []File
	for i, part := range splitAtGates(t.d.plan()) {
		name := t.d.Name
		if i > 0 {
			name += "-" + part[0].Name
		}
		out = append(out, File{Path: ".tekton/" + name + ".yaml", Data: encode(t.d.head(Tekton, "Tekton PipelineRun for Pipelines as Code."), t.run(name, i > 0, part))})
	}
	return out
}

func (t tekton) run(name string, gated bool, list []work) *object {
	notes := t.triggers()
	if gated {
		notes = obj(pac+"on-comment", "^/"+list[0].Name+"$")
	}
	if t.d.Concurrency.CancelRunning && !gated && len(t.d.Environments) == 0 {
		notes.set(pac+"cancel-in-progress", quotedText("true"))
	}
	notes.set(pac+"max-keep-runs", quotedText("10"))
	spec := &object{}
	spec.noted("Pipelines as Code fills these in; scripts see them as variables only.", "params", []any{
		obj("name", "repo-url", "value", "{{ repo_url }}"), obj("name", "source-url", "value", "{{ source_url }}"),
		obj("name", "revision", "value", "{{ revision }}"), obj("name", "ref", "value", "{{ source_branch }}"), obj("name", "event", "value", "{{ event_type }}")})
	spec.set("timeouts", obj("pipeline", "6h0m0s"))
	claim := obj("accessModes", flow{"ReadWriteOnce"}, "resources", obj("requests", obj("storage", "2Gi")))
	spec.set("workspaces", []any{obj("name", "source", "volumeClaimTemplate", obj("spec", claim)),
		obj("name", "basic-auth", "secret", obj("secretName", "{{ git_auth_secret }}"))})
	tasks := []any{t.source(list)}
	for _, w := range list {
		tasks = append(tasks, t.task(w, list))
	}
	var params []any
	for _, p := range []string{"repo-url", "source-url", "revision", "ref", "event"} {
		params = append(params, obj("name", p))
	}
	spec.spaced("pipelineSpec", obj("params", params, "workspaces", []any{obj("name", "source"), obj("name", "basic-auth")}, "tasks", tasks))
	return obj("apiVersion", "tekton.dev/v1", "kind", "PipelineRun", "metadata", obj("name", name, "annotations", notes)).spaced("spec", spec)
}

func (t tekton) triggers() *object {
	tr := t.d.Triggers
	var events, branches []string
	if len(tr.Branches)+len(tr.Tags) > 0 {
		events = append(events, "push")
	}
	if tr.PullRequests {
		events = append(events, "pull_request")
	}
	branches = append(branches, tr.Branches...)
	for _, tag := range tr.Tags {
		branches = append(branches, "refs/tags/"+tag)
	}
	if len(branches) == 0 {
		branches = []string{"*"}
	}
	if len(events) == 0 { // by comment or webhook only
		return obj(pac+"on-event", "[incoming]", pac+"on-target-branch", "["+strings.Join(branches, ", ")+"]")
	}
	return obj(pac+"on-event", "["+strings.Join(events, ", ")+"]", pac+"on-target-branch", "["+strings.Join(branches, ", ")+"]")
}

// onlys are the different conditions of jobs; the source task judges them.
func onlys(list []work) []*Only {
	var out []*Only
	for _, w := range list {
		if w.Only != nil && indexOf(out, w.Only) < 0 {
			out = append(out, w.Only)
		}
	}
	return out
}

func indexOf(list []*Only, o *Only) int {
	return slices.IndexFunc(list, o.same)
}

// source is the task that brings the files and judges conditions.
func (t tekton) source(list []work) *object {
	depth := " --depth 1"
	if slices.ContainsFunc(list, func(w work) bool { return w.whole }) {
		depth = ""
	}
	script := "#!/bin/sh\nset -eu\n" +
		"for file in .gitconfig .git-credentials; do\n" +
		"  if [ -f \"$AUTH/$file\" ]; then cp \"$AUTH/$file\" \"$HOME/$file\" && chmod 400 \"$HOME/$file\"; fi\ndone\n" +
		"mkdir -p \"$SOURCE/repo\" \"$SOURCE/artifacts\"\ncd \"$SOURCE/repo\"\ngit init -q\ngit config --global --add safe.directory \"$SOURCE/repo\"\n" +
		"git remote add origin \"$REPO_URL\"\ngit fetch -q" + depth + " origin \"$REVISION\"\ngit checkout -q FETCH_HEAD\n"
	results := []any{}
	for i, o := range onlys(list) {
		name := fmt.Sprintf("only-%d", i+1)
		results = append(results, obj("name", name, "description", describe(o)))
		script += "answer=no\nif [ \"$SOURCE_URL\" = \"$REPO_URL\" ] && [ \"$EVENT\" != pull_request ]; then\n  case \"$REF\" in\n  " +
			strings.Join(patterns(o), " | ") + ") answer=yes ;;\n  esac\nfi\nprintf %s \"$answer\" > \"$(results." + name + ".path)\"\n"
	}
	env := []any{obj("name", "SOURCE", "value", "$(workspaces.source.path)"), obj("name", "AUTH", "value", "$(workspaces.basic-auth.path)"),
		obj("name", "HOME", "value", "/tmp"),
		obj("name", "REPO_URL", "value", "$(params.repo-url)"), obj("name", "SOURCE_URL", "value", "$(params.source-url)"),
		obj("name", "REVISION", "value", "$(params.revision)"), obj("name", "REF", "value", "$(params.ref)"), obj("name", "EVENT", "value", "$(params.event)")}
	spec := obj("workspaces", []any{obj("name", "source"), obj("name", "basic-auth")}, "results", results,
		"steps", []any{obj("name", "clone", "image", image("git"), "env", env, "script", script)})
	return obj("name", "source", "workspaces", bindings("source", "basic-auth"), "taskSpec", spec)
}

func describe(o *Only) string {
	parts := slices.Clone(o.Branches)
	if o.Tags {
		parts = append(parts, "tags")
	}
	return "Whether this is a push to " + strings.Join(parts, " or ") + "."
}

func patterns(o *Only) []string {
	var out []string
	for _, b := range o.Branches {
		out = append(out, "'"+b+"'", "'refs/heads/"+b+"'")
	}
	if o.Tags {
		out = append(out, "refs/tags/*")
	}
	return out
}

func bindings(names ...string) []any {
	var out []any
	for _, n := range names {
		out = append(out, obj("name", n, "workspace", n))
	}
	return out
}

func (t tekton) task(w work, list []work) *object {
	o := obj("name", w.Name)
	after := flow(w.Needs)
	for _, f := range w.Fetch {
		if m := gitlab(t).maker(f); !slices.Contains(after, m) {
			after = append(after, m)
		}
	}
	if len(after) == 0 {
		after = flow{"source"}
	}
	o.set("runAfter", after)
	o.pairs[0].above = w.comment
	if w.Only != nil {
		i := indexOf(onlys(list), w.Only)
		o.set("when", []any{obj("input", fmt.Sprintf("$(tasks.source.results.only-%d)", i+1), "operator", "in", "values", flow{"yes"})})
	}
	var given, wanted []any
	for _, a := range w.copies() {
		given = append(given, obj("name", strings.ToLower(a.Name), "value", quotedFlow(a.Values)))
		wanted = append(wanted, obj("name", strings.ToLower(a.Name)))
	}
	if len(given) > 0 {
		o.set("matrix", obj("params", given))
	}
	o.set("params", []any{obj("name", "revision", "value", "$(params.revision)"), obj("name", "ref", "value", "$(params.ref)"), obj("name", "event", "value", "$(params.event)")})
	o.set("workspaces", bindings("source"))
	o.set("timeout", tektonTime(w.Timeout))
	wanted = append([]any{obj("name", "revision"), obj("name", "ref"), obj("name", "event")}, wanted...)
	spec := obj("params", wanted, "workspaces", []any{obj("name", "source")},
		"volumes", []any{obj("name", "work", "emptyDir", rawText("{}"))},
		"stepTemplate", obj("workingDir", "/work", "env", t.env(w), "volumeMounts", []any{obj("name", "work", "mountPath", "/work")}))
	spec.set("sidecars", t.sidecars(w))
	return o.set("taskSpec", spec.set("steps", t.steps(w)))
}

// tektonTime is a duration as the API server writes it.
func tektonTime(d time.Duration) string { return d.String() }

func (t tekton) sidecars(w work) []any {
	var out []any
	for _, s := range w.Services {
		o := obj("name", s.Name, "image", s.Image)
		out = append(out, o.set("env", envList(s.Env)))
	}
	return out
}

// envList are variables; a dollar sign before a bracket is no reference.
func envList(list []Var) []any {
	var out []any
	for _, v := range list {
		out = append(out, obj("name", v.Name).set("value", stringValue(strings.ReplaceAll(v.Value, "$(", "$$("))))
	}
	return out
}
