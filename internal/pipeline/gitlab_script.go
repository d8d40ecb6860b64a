package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// script are the commands of a job; a step with variables or a folder of its
// own runs in a subshell.
func (g gitlab) script(w work) []any {
	var out []any
	for _, s := range w.Steps {
		run := s.Run
		var before []string
		for _, v := range s.Env {
			before = append(before, "export "+v.Name+"="+shellText(v.Value))
		}
		if s.Dir != "" {
			before = append(before, "cd "+shellText(s.Dir))
		}
		if len(before) > 0 {
			run = "(\nset -e\n" + strings.Join(before, "\n") + "\n" + run + "\n)"
		}
		if s.Name != "" && s.Name != title(s.Run) {
			run = "# " + strings.Join(strings.Fields(s.Name), " ") + "\n" + run
		}
		out = append(out, run)
	}
	return out
}

// shellText is a text as a shell's word.
func shellText(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// bare is an image whose entrypoint is left out, so that it runs scripts.
func bare(name string) *object { return obj("name", name, "entrypoint", rawText(`[""]`)) }

func (g gitlab) scan(w work) *object {
	j := g.base(w, bare(image(w.Name)))
	if w.whole {
		j.set("variables", obj("GIT_DEPTH", quotedText("0")))
	}
	run := w.Name + " " + strings.Join(g.d.scanArgs(w.Name), " ")
	if w.whole {
		return j.set("script", []any{"git config --global --add safe.directory \"$CI_PROJECT_DIR\"", run})
	}
	return j.set("script", []any{run})
}

// image builds, scans and publishes without a Docker daemon.
func (g gitlab) image(w work) []pair {
	i := g.d.Image
	quiet := obj("STORAGE_DRIVER", "vfs", "BUILDAH_ISOLATION", "chroot")
	build := g.base(w, image("buildah")).set("variables", quiet).
		set("script", []any{
			fmt.Sprintf("buildah build --file '%s' --build-arg VERSION=\"$WAYMARK_COMMIT\" --tag \"$IMAGE\" '%s'", i.Dockerfile, i.Context),
			"buildah push \"$IMAGE\" \"docker-archive:image.tar:$IMAGE\""}).
		set("artifacts", obj("paths", flow{"image.tar"}, "expire_in", "1 day"))
	out := []pair{{key: "image-build", above: w.comment, value: build}}
	last := []string{"image-build"}
	after := func(name string, img any, script ...any) *object {
		w.Needs = last
		j := g.base(w, img)
		for k, p := range j.pairs {
			if p.key == "dependencies" {
				j.pairs[k].value = flow{"image-build"}
			}
			if p.key == "needs" {
				j.pairs[k].value = needsBuild(last)
			}
		}
		out = append(out, pair{key: name, value: j})
		return j.set("script", script)
	}
	if g.d.Security.Trivy {
		after("image-scan", bare(image("trivy")), "trivy "+strings.Join(g.d.imageScan(), " "))
		last = append(last, "image-scan")
	}
	user, token := "$CI_REGISTRY_USER", "$CI_REGISTRY_PASSWORD"
	if i.Name != "" {
		user, token = "$REGISTRY_USER", "$REGISTRY_TOKEN"
	}
	publish := after("image-publish", image("buildah"),
		"echo \""+token+"\" | buildah login --username \""+user+"\" --password-stdin \"${IMAGE%%/*}\"",
		"buildah push docker-archive:image.tar \"docker://$IMAGE\"")
	publish.set("variables", quiet)
	return out
}

func needsBuild(list []string) flow { return flow(slices.Clone(list)) }
