package scaffold

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/pipeline"
	"github.com/waymark-portal/waymark/internal/strictyaml"
)

// compiled makes the Template: a form, and steps that lay out the structure,
// write the pipeline, publish and register.
func (g *goldenPath) compiled(root, spec strictyaml.Node) compiled {
	c := compiled{}
	definition := g.pipeline(spec, &c)
	for _, f := range g.laidOut() {
		content := f.content
		if !f.given {
			content = g.starter(f.path)
		}
		c.files = append(c.files, makeFile("skeleton/"+f.path+".njk", content))
	}
	values := map[string]any{"name": "${{ parameters.name }}", "description": "${{ parameters.description }}", "owner": "${{ parameters.owner }}",
		"team": team("owner"), "path": root.Get("metadata").Get("name").Text(), "tags": g.tags(), "main": g.mainFolder(),
		"image": "${{ parameters.image or parameters.name }}", "cpu": g.defaults.cpu, "memory": g.defaults.memory, "replicas": g.defaults.replicas,
		"scaled": g.defaults.scaled, "minReplicas": g.defaults.least, "maxReplicas": g.defaults.most, "targetCPU": g.defaults.target}
	steps := []any{map[string]any{"id": "files", "name": "Make the files", "action": "fetch:template",
		"input": map[string]any{"url": generatedFolder("skeleton"), "templateFileExtension": true, "values": values}}}
	if definition != nil {
		steps = append(steps, map[string]any{"id": "pipeline", "name": "Write the pipeline", "action": "pipeline:render",
			"input": map[string]any{"targets": []any{"gitea", "github"}, "definition": definition}})
	}
	more, output := publishing("name", "owner", "description")
	c.spec = map[string]any{"type": either(spec.Get("type").Text(), "service"), "strict": true, "steps": append(steps, more...), "output": output,
		"owner": spec.Get("owner").Text(), "lifecycle": spec.Get("lifecycle").Text(), "version": spec.Get("version").Word(), "gets": g.gets(definition != nil),
		"presentation": map[string]any{"buttonLabels": map[string]any{"createButtonText": "Create the service"}},
		"parameters": []any{map[string]any{"title": "Describe it", "required": []any{"name", "description", "owner"}, "properties": map[string]any{
			"name": nameField("Name"), "description": descriptionField(), "owner": ownerField("Owner"),
			"image": map[string]any{"title": "Container image", "type": "string", "maxLength": 200, "pattern": "^[a-z0-9][a-z0-9._:/-]*$",
				"ui:help": "Where the image is published, such as registry.example.com/payments/refund-api; the name alone when left empty."}},
			"ui:order": []any{"name", "description", "owner", "image"}}}}
	clean(c.spec)
	c.notes = append(c.notes, g.notes...)
	return c
}

func either(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// clean leaves out what the file did not say.
func clean(m map[string]any) {
	for k, v := range m {
		if v == "" {
			delete(m, k)
		}
	}
}

func (g *goldenPath) tags() []any {
	var out []any
	for _, t := range []string{g.language, g.framework} {
		if t = strings.Trim(strings.Map(tagRune, strings.ToLower(t)), "-"); t != "" && len(t) <= 63 {
			out = append(out, t)
		}
	}
	return out
}

func tagRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '#' {
		return r
	}
	return '-'
}

func (g *goldenPath) gets(pipeline bool) []any {
	out := []any{fmt.Sprintf("Repository: %d files in %s, to clone at once", len(g.laidOut()), g.language),
		fmt.Sprintf("Kubernetes: %d copies, %s CPU, %s memory each", g.defaults.replicas, g.defaults.cpu, g.defaults.memory)}
	if g.defaults.scaled {
		out = append(out, fmt.Sprintf("Scaling: %d to %d copies at %d %% CPU", g.defaults.least, g.defaults.most, g.defaults.target))
	}
	if pipeline {
		out = append(out, "Pipeline: "+strings.Join(append(slices.Clone(g.checks), stageNames(g.cicd)...), ", "))
	}
	return out
}

func stageNames(list []cicdStage) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.name)
	}
	return out
}

// base are the files that every golden path of a language has, whatever its
// structure says: without them it would not build, be found, or run.
func (g *goldenPath) base() []string {
	out := []string{"README.md", "catalog-info.yaml", ".gitignore", "Dockerfile", "deploy/kubernetes/deployment.yaml", "deploy/kubernetes/service.yaml", "deploy/kubernetes/kustomization.yaml"}
	if g.defaults.scaled {
		out = append(out, "deploy/kubernetes/autoscaler.yaml")
	}
	switch pipeline.Language(g.language) {
	case "go":
		main := g.mainFolder()
		return append(out, "go.mod", path.Join(main, "main.go"), path.Join(main, "main_test.go"))
	case "node":
		return append(out, "package.json", "package-lock.json", "server.js", "server.test.js")
	case "python":
		return append(out, "requirements.txt", "app.py", "test_app.py")
	}
	return slices.DeleteFunc(out, func(p string) bool { return p == "Dockerfile" })
}

// mainFolder is where the command of a Go service stands.
func (g *goldenPath) mainFolder() string {
	for _, f := range g.files {
		if path.Base(f.path) == "main.go" {
			return path.Dir(f.path)
		}
	}
	for _, f := range g.files {
		if strings.HasPrefix(f.path, "cmd/") && strings.HasSuffix(f.path, "/") && f.path != "cmd/" {
			return strings.TrimSuffix(f.path, "/")
		}
	}
	return "cmd/server"
}

// laidOut are the files that are made: the structure, then what is missing of
// the base. An empty folder gets a .gitkeep, since Git keeps files only.
func (g *goldenPath) laidOut() []pathFile {
	var out []pathFile
	has := map[string]bool{}
	for _, f := range g.files {
		if !strings.HasSuffix(f.path, "/") {
			has[f.path] = true
			out = append(out, f)
		}
	}
	for _, p := range g.base() {
		if !has[p] {
			has[p] = true
			out = append(out, pathFile{path: p})
		}
	}
	for _, f := range g.files {
		if strings.HasSuffix(f.path, "/") && !slices.ContainsFunc(out, func(x pathFile) bool { return strings.HasPrefix(x.path, f.path) }) {
			out = append(out, pathFile{path: f.path + ".gitkeep", given: true})
		}
	}
	return out
}

// starter is what a file begins with when the structure gives no content.
func (g *goldenPath) starter(file string) string {
	language := pipeline.Language(g.language)
	name := file
	if strings.HasPrefix(file, "deploy/kubernetes/") {
		name = strings.TrimPrefix(file, "deploy/")
	}
	if base := path.Base(file); language == "go" && strings.HasPrefix(base, "main") && path.Dir(file) != g.mainFolder() {
		return opening(file)
	}
	if s, ok := starter(language, name); ok {
		return s
	}
	return opening(file)
}

// pipeline is the definition of the build, nil when the file asks for none.
func (g *goldenPath) pipeline(spec strictyaml.Node, c *compiled) map[string]any {
	if len(g.cicd) == 0 && len(g.checks) == 0 {
		return nil
	}
	language := pipeline.Language(g.language)
	def := map[string]any{"triggers": map[string]any{"branches": []any{"main"}, "pullRequests": true}, "timeout": "20m"}
	checks := slices.Clone(g.checks)
	var stages, environments []any
	if language != "" {
		def["language"] = language
	}
	for _, s := range g.cicd {
		g.stage(s, language, &checks, &stages, &environments, def, c)
	}
	if len(stages) > 0 {
		def["stages"] = stages
	}
	if len(environments) > 0 {
		def["environments"] = environments
		def["image"] = map[string]any{"dockerfile": "Dockerfile"}
	}
	if language == "" { // nothing knows how to test it
		checks = slices.DeleteFunc(checks, func(k string) bool {
			if k != "security-scan" {
				c.notes = append(c.notes, fmt.Sprintf("The check %s is left out of the pipeline: Waymark does not know how %s does it.", k, g.language))
			}
			return k != "security-scan"
		})
	}
	if len(checks)+len(stages)+len(environments) == 0 && def["image"] == nil {
		return nil
	}
	if len(checks) > 0 {
		var list []any
		for _, k := range checks {
			list = append(list, k)
		}
		def["checks"] = list
	}
	out := map[string]any{"apiVersion": pipeline.APIVersion, "kind": pipeline.Kind, "metadata": map[string]any{"name": "ci"}, "spec": def}
	b, err := pipeline.Encode(out)
	if err == nil {
		_, err = pipeline.Parse(b)
	}
	if err != nil {
		spec.Get("cicd").Fail("pipeline", "No pipeline can be made of this: %s", publicText(err))
		return nil
	}
	return out
}

// stage adds what one stage asks for: commands become a job, words what they
// mean.
func (g *goldenPath) stage(s cicdStage, language string, checks *[]string, stages, environments *[]any, def map[string]any, c *compiled) {
	var commands []any
	for _, x := range s.steps {
		word, _ := x.(string)
		m, known := meaning(word)
		switch {
		case !known:
			commands = append(commands, x)
		case m.check != "":
			if !slices.ContainsFunc(*checks, func(k string) bool { return k == m.check }) {
				*checks = append(*checks, m.check)
			}
		case m.image:
			def["image"] = map[string]any{"dockerfile": "Dockerfile"}
		case m.deploy != "":
			*environments = withEnvironment(*environments, environmentOf(s.name, m))
		case m.run != nil && m.run[language] != "":
			commands = append(commands, map[string]any{"name": word, "run": m.run[language]})
		case m.run != nil:
			c.notes = append(c.notes, fmt.Sprintf("The step %s of the stage %s has no command for %s; write it as {name, run}.", word, s.name, g.language))
		}
	}
	if len(commands) > 0 {
		name := slug(s.name)
		job := map[string]any{"name": "run-" + name, "steps": commands}
		if language == "" {
			job["image"] = "debian:13.4-slim"
		}
		*stages = append(*stages, map[string]any{"name": name, "jobs": []any{job}})
	}
}

// slug is a name for a pipeline.
func slug(s string) string {
	out := strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s)), "-0123456789")
	for strings.Contains(out, "--") {
		out = strings.ReplaceAll(out, "--", "-")
	}
	return either(strings.Trim(out[:min(len(out), 36)], "-"), "stage")
}

// environmentOf is the environment of a deploy step; production has a gate.
func environmentOf(stage string, m stepMeaning) map[string]any {
	name := m.deploy
	if name == "next" {
		name = "dev"
		for _, e := range []string{"staging", "prod"} {
			if strings.Contains(strings.ToLower(stage), e) {
				name = e
			}
		}
	}
	e := map[string]any{"name": name, "secrets": []any{"KUBE_CONFIG"}, "deploy": deployCommand, "verify": verifyCommand}
	if name == "prod" {
		e["gate"] = "manual"
	}
	if m.canary {
		e["undo"] = undoCommand
	}
	return e
}

const (
	deployCommand = `printf %s "$KUBE_CONFIG" > "${TMPDIR:-/tmp}/kube" && export KUBECONFIG="${TMPDIR:-/tmp}/kube"
kubectl --namespace "$ENVIRONMENT" apply -k deploy/kubernetes
kubectl --namespace "$ENVIRONMENT" set image -f deploy/kubernetes/deployment.yaml "*=$IMAGE"`
	verifyCommand = `export KUBECONFIG="${TMPDIR:-/tmp}/kube"
kubectl --namespace "$ENVIRONMENT" rollout status -f deploy/kubernetes/deployment.yaml --timeout 5m`
	undoCommand = `export KUBECONFIG="${TMPDIR:-/tmp}/kube"
kubectl --namespace "$ENVIRONMENT" rollout undo -f deploy/kubernetes/deployment.yaml`
)

func withEnvironment(list []any, e map[string]any) []any {
	for _, x := range list {
		if x.(map[string]any)["name"] == e["name"] {
			return list
		}
	}
	return append(list, e)
}
