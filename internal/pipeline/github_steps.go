package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// steps are those of one job, each under the job's condition where the host
// wants it there.
func (a actions) steps(w work) []any {
	out := a.plainSteps(w)
	if cond := a.condition(w); cond != "" && a.gitea() && w.kind == workRun {
		for _, x := range out {
			o := x.(*object)
			o.pairs = append([]pair{o.pairs[0], {key: "if", value: cond}}, o.pairs[1:]...)
		}
	}
	return out
}

func (a actions) plainSteps(w work) []any {
	checkout := (&object{}).pinned("uses", action("checkout"))
	with := obj("persist-credentials", false)
	if w.whole {
		with.set("fetch-depth", 0)
	}
	out := []any{checkout.set("with", with)}
	if w.lang && a.d.Language != "" {
		out = append(out, a.setup(w))
	}
	if w.Cache != nil {
		out = append(out, a.cacheStep(w))
	}
	for _, name := range w.Fetch {
		out = append(out, (&object{}).pinned("uses", a.artifactAction("download")).set("with", obj("name", name)))
	}
	switch w.kind {
	case workScan:
		return append(out, a.scanStep(w))
	case workImage:
		return append(out, a.imageSteps()...)
	case workDeploy:
		if i := a.d.Image; i != nil && i.Name == "" {
			out = append(out, obj("name", "Name the image", "run", a.nameImage()))
		}
	}
	for _, s := range w.Steps {
		out = append(out, obj("name", s.Name, "env", varsOf(s.Env), "working-directory", s.Dir, "run", s.Run))
	}
	if w.undo != "" {
		out = append(out, obj("name", "Go back to what ran before", "if", "failure()", "run", w.undo))
	}
	if w.Artifact != nil {
		out = append(out, a.upload(w.Artifact))
	}
	return out
}

// setup brings the language's toolchain, with its cache.
func (a actions) setup(w work) *object {
	l := data().languages[a.d.Language]
	with, version := &object{}, a.d.Version
	values := l.With
	if version == "" {
		version = l.Version
		if len(l.FromFile) > 0 && !hasAxis(w.Matrix, a.d.Language) {
			values = l.FromFile
		}
	}
	if hasAxis(w.Matrix, a.d.Language) {
		version = "${{ matrix." + a.d.Language + " }}"
	}
	for _, k := range slices.Sorted(maps.Keys(values)) {
		v := strings.ReplaceAll(values[k], "{version}", version)
		with.set(k, v)
	}
	return (&object{}).pinned("uses", action(l.Setup)).set("with", with)
}

// hasAxis says whether a matrix has an axis with a language's name: it gives
// the version of the toolchain.
func hasAxis(axes []Axis, name string) bool {
	return slices.ContainsFunc(axes, func(a Axis) bool { return a.Name == name })
}

func (a actions) cacheStep(w work) *object {
	var files []string
	for _, f := range w.Cache.Key {
		files = append(files, "'"+f+"'")
	}
	key := "${{ runner.os }}-" + w.Name + "-"
	return (&object{}).pinned("uses", action("cache")).set("with", obj("path", strings.Join(w.Cache.Paths, "\n"),
		"key", key+"${{ hashFiles("+strings.Join(files, ", ")+") }}", "restore-keys", key))
}

func (a actions) artifactAction(way string) Pin {
	if a.gitea() {
		return action("gitea-" + way + "-artifact")
	}
	return action(way + "-artifact")
}

func (a actions) upload(f *Artifact) *object {
	return (&object{}).pinned("uses", a.artifactAction("upload")).set("with", obj("name", f.Name, "path", strings.Join(f.Paths, "\n"),
		"if-no-files-found", "error", "retention-days", f.Days))
}

// scanStep runs a scanner's own image on the files of the repository.
func (a actions) scanStep(w work) *object {
	o := obj("uses", "docker://"+image(w.Name))
	if w.whole { // the files belong to another user than the scanner's
		o.set("env", obj("GIT_CONFIG_COUNT", quotedText("1"), "GIT_CONFIG_KEY_0", "safe.directory", "GIT_CONFIG_VALUE_0", "*"))
	}
	return o.set("with", obj("args", strings.Join(a.d.scanArgs(w.Name), " ")))
}

// nameImage puts the image's name into IMAGE: registries want small letters.
func (a actions) nameImage() string {
	host := "ghcr.io"
	if a.gitea() {
		host = "${GITHUB_SERVER_URL#*://}"
	}
	return "echo \"IMAGE=" + host + "/$(echo \"$GITHUB_REPOSITORY\" | tr '[:upper:]' '[:lower:]'):$WAYMARK_COMMIT\" >> \"$GITHUB_ENV\""
}

func (a actions) imageSteps() []any {
	i := a.d.Image
	var out []any
	if i.Name == "" {
		out = append(out, obj("name", "Name the image", "run", a.nameImage()))
	}
	out = append(out, obj("name", "Build", "run", fmt.Sprintf("docker build --file '%s' --build-arg VERSION=\"$WAYMARK_COMMIT\" --tag \"$IMAGE\" '%s'", i.Dockerfile, i.Context)))
	if a.d.Security.Trivy {
		out = append(out, obj("name", "Save it for the scan", "run", "docker save --output image.tar \"$IMAGE\""),
			obj("name", "Nothing known to be dangerous in it", "uses", "docker://"+image("trivy"),
				"with", obj("args", strings.Join(a.d.imageScan(), " "))))
	}
	user, token := "${{ github.actor }}", "${{ secrets.GITHUB_TOKEN }}"
	if a.gitea() || i.Name != "" {
		user, token = "${{ secrets.REGISTRY_USER }}", "${{ secrets.REGISTRY_TOKEN }}"
	}
	return append(out, obj("name", "Publish", "env", obj("REGISTRY_USER", user, "REGISTRY_TOKEN", token),
		"run", "echo \"$REGISTRY_TOKEN\" | docker login --username \"$REGISTRY_USER\" --password-stdin \"${IMAGE%%/*}\"\ndocker push \"$IMAGE\""))
}
