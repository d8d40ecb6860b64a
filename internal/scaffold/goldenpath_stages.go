package scaffold

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/strictyaml"
)

// cicdStage is one of cicd.stages, with the commands of its steps.
type cicdStage struct {
	name  string
	steps []any // texts and {name, run}
}

// stepMeaning is what a word among the steps of a stage asks for.
type stepMeaning struct {
	check  string            // a required check
	image  bool              // the container image
	deploy string            // to this environment; "next" for the stage's own
	canary bool              // by weights
	run    map[string]string // command by language
	none   bool              // every job does it anyway
}

var byLanguage = func(golang, node, python string) stepMeaning {
	return stepMeaning{run: map[string]string{"go": golang, "node": node, "python": python}}
}

// meanings are the words that steps may be; what is no word is a command.
var meanings = map[string]stepMeaning{
	"checkout": {none: true}, "setup": {none: true}, "install": {none: true}, "dependencies": {none: true}, "cache": {none: true},
	"lint": {check: "lint"}, "format": {check: "lint"}, "vet": {check: "lint"}, "static-analysis": {check: "lint"},
	"test": {check: "unit-tests"}, "tests": {check: "unit-tests"}, "unit-test": {check: "unit-tests"}, "unit-tests": {check: "unit-tests"}, "coverage": {check: "unit-tests"},
	"security-scan": {check: "security-scan"}, "security": {check: "security-scan"}, "sast": {check: "security-scan"}, "sca": {check: "security-scan"},
	"gosec": {check: "security-scan"}, "gitleaks": {check: "security-scan"}, "trivy": {check: "security-scan"}, "secret-scan": {check: "security-scan"},
	"dependency-scan": {check: "security-scan"}, "container-scan": {check: "security-scan"}, "image-scan": {check: "security-scan"}, "vulnerability-scan": {check: "security-scan"},
	"build": byLanguage("go build -trimpath ./...", "npm run build --if-present", "python -m compileall -q ."), "compile": byLanguage("go build -trimpath ./...", "npm run build --if-present", "python -m compileall -q ."),
	"integration-test":  byLanguage("go test -race -tags=integration ./...", "npm run test:integration --if-present", ".venv/bin/python -m pytest"),
	"integration-tests": byLanguage("go test -race -tags=integration ./...", "npm run test:integration --if-present", ".venv/bin/python -m pytest"),
	"image":             {image: true}, "docker-build": {image: true}, "docker-push": {image: true}, "build-image": {image: true}, "push-image": {image: true},
	"container-build": {image: true}, "package": {image: true}, "publish": {image: true}, "push": {image: true},
	"deploy": {deploy: "next"}, "deploy-dev": {deploy: "dev"}, "deploy-staging": {deploy: "staging"}, "deploy-prod": {deploy: "prod"}, "deploy-production": {deploy: "prod"},
	"deploy-canary": {deploy: "prod", canary: true}, "canary": {deploy: "prod", canary: true}, "promote": {deploy: "prod"},
	"smoke-test": {none: true}, "smoke-tests": {none: true}, "rollback": {none: true}, "verify": {none: true}, "notify": {none: true},
}

var oneWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// meaning is that of a step, false for a command.
func meaning(step string) (stepMeaning, bool) {
	m, ok := meanings[strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(step), "_", "-"), " ", "-")]
	return m, ok
}

func (g *goldenPath) readStages(n strictyaml.Node) {
	if !n.Here() || !n.Object("stages") {
		return
	}
	seen := map[string]bool{}
	for _, s := range n.Get("stages").List() {
		if !s.Object("name", "steps") {
			continue
		}
		stage := cicdStage{name: s.Get("name").Need()}
		if seen[stage.name] {
			s.Get("name").Fail("twice", "There are two stages %q.", stage.name)
		}
		seen[stage.name] = true
		for _, x := range s.Get("steps").List() {
			if v := g.step(x); v != nil {
				stage.steps = append(stage.steps, v)
			}
		}
		if len(s.Get("steps").List()) == 0 {
			s.Get("steps").Fail("required", "A stage needs steps.")
		}
		g.cicd = append(g.cicd, stage)
	}
}

func (g *goldenPath) step(n strictyaml.Node) any {
	if n.Raw() != nil && len(n.Raw().Content) > 0 {
		if !n.Object("name", "run", "command") {
			return nil
		}
		run := n.Get("run")
		if !run.Here() {
			run = n.Get("command")
		}
		if !run.Here() && n.Get("name").Here() { // {name: lint}: a word
			return g.word(n.Get("name"))
		}
		return map[string]any{"name": n.Get("name").Text(), "run": run.Need()}
	}
	return g.word(n)
}

func (g *goldenPath) word(n strictyaml.Node) any {
	s := n.Need()
	if _, ok := meaning(s); !ok && oneWord.MatchString(s) {
		known := slices.Sorted(maps.Keys(meanings))
		more := ""
		if near := expr.Nearest(s, known); near != "" {
			more = " Did you mean " + near + "?"
		}
		n.Fail("value", "%.60q is neither a command nor a known step.%s Write {name, run} for a command of one word; known are %s.", s, more, strings.Join(known, ", "))
		return nil
	}
	return s
}
