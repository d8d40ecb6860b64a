package pipeline

import (
	"fmt"
	"strings"
)

// env are the variables of a task's steps.
func (t tekton) env(w work) []any {
	out := []any{obj("name", "WAYMARK_COMMIT", "value", "$(params.revision)"), obj("name", "WAYMARK_REF", "value", "$(params.ref)"),
		obj("name", "WAYMARK_EVENT", "value", "$(params.event)")}
	set := func(name string, value any) { out = append(out, obj("name", name, "value", value)) }
	for _, a := range w.copies() {
		set(matrixVar(a.Name), "$(params."+strings.ToLower(a.Name)+")")
	}
	if w.Parallel > 1 {
		set("SHARD_TOTAL", quotedText(fmt.Sprint(w.Parallel)))
	}
	for _, s := range w.Services {
		set(hostVar(s.Name), "localhost")
	}
	if w.env != nil {
		set("ENVIRONMENT", w.env.Name)
	}
	if t.d.Image != nil && (w.kind == workImage || w.kind == workDeploy) {
		set("IMAGE", t.d.Image.Name+":$(params.revision)")
	}
	out = append(out, envList(t.d.Env)...)
	out = append(out, envList(w.Env)...)
	secrets := w.Secrets
	if w.kind == workImage {
		secrets = []string{"REGISTRY_TOKEN", "REGISTRY_USER"}
	}
	for _, s := range secrets {
		out = append(out, obj("name", s, "valueFrom", obj("secretKeyRef", obj("name", t.d.Name+"-secrets", "key", s))))
	}
	return out
}

// steps begin with a copy of the files, so that tasks that run at once do
// not write over each other's.
func (t tekton) steps(w work) []any {
	begin := "#!/bin/sh\nset -eu\ncp -a \"$(workspaces.source.path)/repo/.\" /work\n"
	for _, f := range w.Fetch {
		begin += "cp -a \"$(workspaces.source.path)/artifacts/" + f + "/.\" /work\n"
	}
	out := []any{obj("name", "begin", "image", image("git"), "workingDir", "/work", "script", begin)}
	switch w.kind {
	case workScan:
		out = append(out, t.scanStep(w))
	case workImage:
		out = append(out, t.imageSteps()...)
	case workDeploy:
		out = append(out, obj("name", "deploy", "image", t.d.imageFor(w, nil), "script", t.deployScript(w)))
	default:
		for i, s := range w.Steps {
			o := obj("name", fmt.Sprintf("step-%d", i+1), "image", t.d.imageFor(w, func(axis string) string { return "$(params." + strings.ToLower(axis) + ")" }))
			o.pairs[0].above = s.Name
			if s.Dir != "" {
				o.set("workingDir", "/work/"+s.Dir)
			}
			out = append(out, o.set("env", envList(s.Env)).set("script", "#!/bin/sh\nset -e\n"+s.Run))
		}
	}
	if a := w.Artifact; a != nil {
		keep := "#!/bin/sh\nset -eu\nmkdir -p \"$(workspaces.source.path)/artifacts/" + a.Name + "\"\n"
		for _, p := range a.Paths {
			keep += "cp -a --parents " + globText(p) + " \"$(workspaces.source.path)/artifacts/" + a.Name + "\"\n"
		}
		out = append(out, obj("name", "keep", "image", image("plain"), "script", strings.TrimSuffix(keep, "\n")))
	}
	return out
}

// globText is a path for a shell in which only stars mean something.
func globText(p string) string {
	parts := strings.Split(p, "*")
	for i, s := range parts {
		if s != "" {
			parts[i] = shellText(s)
		}
	}
	return strings.Join(parts, "*")
}

func (t tekton) scanStep(w work) *object {
	o := obj("name", "scan", "image", image(w.Name))
	script := "#!/bin/sh\nset -e\n"
	if w.whole {
		script += "git config --global --add safe.directory /work\n"
	}
	return o.set("script", script+w.Name+" "+strings.Join(t.d.scanArgs(w.Name), " "))
}

func (t tekton) imageSteps() []any {
	i := t.d.Image
	quiet := []any{obj("name", "STORAGE_DRIVER", "value", "vfs"), obj("name", "BUILDAH_ISOLATION", "value", "chroot")}
	may := obj("capabilities", obj("add", flow{"SETFCAP"}))
	out := []any{obj("name", "build", "image", image("buildah"), "securityContext", may, "env", quiet,
		"script", "#!/bin/sh\nset -e\n"+fmt.Sprintf("buildah build --file '%s' --build-arg VERSION=\"$WAYMARK_COMMIT\" --tag \"$IMAGE\" '%s'\n", i.Dockerfile, i.Context)+
			"buildah push \"$IMAGE\" \"docker-archive:image.tar:$IMAGE\"")}
	if t.d.Security.Trivy {
		out = append(out, obj("name", "scan", "image", image("trivy"), "script", "#!/bin/sh\nset -e\ntrivy "+strings.Join(t.d.imageScan(), " ")))
	}
	return append(out, obj("name", "publish", "image", image("buildah"), "securityContext", may, "env", quiet,
		"script", "#!/bin/sh\nset -e\necho \"$REGISTRY_TOKEN\" | buildah login --username \"$REGISTRY_USER\" --password-stdin \"${IMAGE%%/*}\"\n"+
			"buildah push docker-archive:image.tar \"docker://$IMAGE\""))
}

// deployScript is all of a deployment in one step: what undoes it must run
// when any part of it fails.
func (t tekton) deployScript(w work) string {
	parts := []string{"#!/bin/sh", "set -e"}
	if w.undo != "" {
		parts = append(parts, "undo() {", w.undo, "}", "trap 'test $? = 0 || undo' EXIT")
	}
	for _, x := range gitlab(t).script(w) {
		parts = append(parts, x.(string))
	}
	return strings.Join(parts, "\n")
}
