package pipeline

import (
	"regexp"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/strictyaml"
)

func stage(n strictyaml.Node) Stage {
	var s Stage
	if !n.Object("name", "jobs") {
		return s
	}
	s.Name = name(n.Get("name"))
	for _, j := range n.Get("jobs").List() {
		s.Jobs = append(s.Jobs, job(j))
	}
	if len(s.Jobs) == 0 {
		n.Get("jobs").Fail("required", "A stage needs jobs.")
	}
	return s
}

func job(n strictyaml.Node) Job {
	var j Job
	if !n.Object("name", "check", "needs", "image", "matrix", "parallel", "services", "env", "secrets", "cache", "artifact", "fetch", "timeout", "only", "steps") {
		return j
	}
	j.Name = name(n.Get("name"))
	if c := n.Get("check"); c.Here() {
		j.Check = c.OneOf("unit-tests", "lint", "security-scan")
	}
	if needs := n.Get("needs"); needs.Here() {
		j.Needs = append([]string{}, each(needs, nameRE, "the name of a job")...)
	}
	j.Image = imageName(n.Get("image"))
	j.Matrix = matrix(n.Get("matrix"))
	j.Parallel = n.Get("parallel").Int(0, 1, maxCopies)
	if j.Parallel > 1 && len(j.Matrix) > 0 {
		n.Get("parallel").Fail("matrix", "A job has a matrix or parallel copies, not both.")
	}
	for _, s := range n.Get("services").List() {
		j.Services = append(j.Services, service(s))
	}
	j.Env, j.Secrets = vars(n.Get("env")), secrets(n.Get("secrets"))
	j.Cache, j.Artifact = cache(n.Get("cache")), artifact(n.Get("artifact"))
	j.Fetch = each(n.Get("fetch"), nameRE, "the name of an artifact")
	j.Timeout = n.Get("timeout").Duration(0, longest)
	j.Only = only(n.Get("only"))
	j.Steps = steps(n.Get("steps"))
	return j
}

func steps(n strictyaml.Node) []Step {
	var out []Step
	for _, x := range n.List() {
		if x.Raw() != nil && x.Raw().Value != "" { // a bare command
			out = append(out, Step{Name: title(x.Text()), Run: script(x)})
			continue
		}
		if !x.Object("name", "run", "env", "dir") {
			continue
		}
		s := Step{Name: x.Get("name").Text(), Run: script(x.Get("run")), Env: vars(x.Get("env")), Dir: path(x.Get("dir"))}
		noExpression(x.Get("name"), s.Name)
		if s.Name == "" {
			s.Name = title(s.Run)
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		n.Fail("required", "A job needs steps.")
	}
	return out
}

// title is a command's first line, for people.
func title(run string) string {
	s, _, _ := strings.Cut(strings.TrimSpace(run), "\n")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:57]) + "…"
	}
	return s
}

// script is a command for a shell.
func script(n strictyaml.Node) string {
	s := strings.TrimRight(n.Need(), "\n ")
	noExpression(n, s)
	return s
}

// hostMarks are what Tekton and Pipelines as Code put values into.
var hostMarks = regexp.MustCompile(`\$\((params|workspaces|context|results|steps|tasks|inputs|outputs|resources|credentials)[.\[]|\{\{ ?(body|headers|files|cel|repo_url|repo_owner|repo_name|revision|sender|source_branch|source_url|target_branch|target_namespace|trigger_comment|event_type|event|git_tag|git_auth_secret|pull_request_number|pull_request_labels)\b`)

func path(n strictyaml.Node) string {
	if !n.Here() {
		return ""
	}
	s := n.Match(pathRE, "use a path inside the repository")
	if strings.HasPrefix(s, "/") || s == ".." || strings.HasPrefix(s, "../") || strings.Contains(s, "/../") || strings.HasSuffix(s, "/..") {
		n.Fail("path", "%q leads out of the repository.", s)
	}
	return s
}

func paths(n strictyaml.Node) []string {
	var out []string
	if n.Here() && len(n.Raw().Content) == 0 {
		return []string{path(n)}
	}
	for _, x := range n.List() {
		out = append(out, path(x))
	}
	if len(out) == 0 {
		n.Fail("required", "Paths are needed.")
	}
	return out
}

func imageName(n strictyaml.Node) string {
	if !n.Here() {
		return ""
	}
	s := n.Match(imageRE, "use the name of an image with a tag, such as golang:1.26")
	last := s[strings.LastIndex(s, "/")+1:]
	if s != "" && (!strings.ContainsAny(last, ":@") || strings.HasSuffix(s, ":latest")) {
		n.Fail("pin", "%q may be another image tomorrow; name its tag or digest.", s)
	}
	return s
}

func matrix(n strictyaml.Node) []Axis {
	if !n.Here() || !n.Object(keysOf(n)...) {
		return nil
	}
	var out []Axis
	total := 1
	for _, p := range n.Pairs() {
		a := Axis{Name: p.Key}
		if !varRE.MatchString(p.Key) {
			p.Fail("pattern", "%.40q cannot name a dimension: %s.", p.Key, varHelp)
		}
		for _, v := range p.List() {
			w := v.Word()
			if !versionRE.MatchString(w) {
				v.Fail("pattern", "%.40q cannot be a value of a matrix: use letters, digits, dots, dashes and underscores.", w)
			}
			a.Values = append(a.Values, w)
		}
		if len(a.Values) == 0 {
			p.Fail("required", "A dimension needs values.")
		}
		total *= max(1, len(a.Values))
		out = append(out, a)
	}
	if total > maxCopies {
		n.Fail("range", "This matrix makes %d jobs; %d is the most.", total, maxCopies)
	}
	return out
}

func keysOf(n strictyaml.Node) []string {
	var out []string
	for _, p := range n.Pairs() {
		out = append(out, p.Key)
	}
	return out
}

func service(n strictyaml.Node) Service {
	var s Service
	if !n.Object("name", "image", "ports", "env") {
		return s
	}
	s = Service{Name: name(n.Get("name")), Image: imageName(n.Get("image")), Env: vars(n.Get("env"))}
	if s.Image == "" {
		n.Get("image").Fail("required", "A service needs an image.")
	}
	for _, p := range n.Get("ports").List() {
		s.Ports = append(s.Ports, p.Int(1, 1, 65535))
	}
	return s
}

func cache(n strictyaml.Node) *Cache {
	if !n.Here() || !n.Object("paths", "key") {
		return nil
	}
	return &Cache{Paths: paths(n.Get("paths")), Key: paths(n.Get("key"))}
}

func artifact(n strictyaml.Node) *Artifact {
	if !n.Here() || !n.Object("name", "paths", "days") {
		return nil
	}
	return &Artifact{Name: name(n.Get("name")), Paths: paths(n.Get("paths")), Days: n.Get("days").Int(7, 1, 90)}
}

func only(n strictyaml.Node) *Only {
	if !n.Here() || !n.Object("branches", "tags") {
		return nil
	}
	o := &Only{Branches: each(n.Get("branches"), nameBranch, "a branch without *"), Tags: n.Get("tags").Bool()}
	if len(o.Branches) == 0 && !o.Tags {
		n.Fail("required", "Name branches, or tags: true.")
	}
	return o
}

var nameBranch = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

func imageOf(n strictyaml.Node) *Image {
	i := &Image{Dockerfile: "Dockerfile", Context: "."}
	if !n.Object("name", "dockerfile", "context") {
		return i
	}
	if x := n.Get("name"); x.Here() {
		i.Name = x.Match(regexp.MustCompile(`^[a-z0-9][a-z0-9._:/-]*$`), "use a registry and a name such as registry.example.com/team/service")
		if strings.Contains(i.Name[strings.LastIndex(i.Name, "/")+1:], ":") {
			x.Fail("value", "Leave the tag out; it is the commit.")
		}
	}
	if s := path(n.Get("dockerfile")); s != "" {
		i.Dockerfile = s
	}
	if s := path(n.Get("context")); s != "" {
		i.Context = s
	}
	return i
}

func environment(n strictyaml.Node) Environment {
	var e Environment
	if !n.Object("name", "url", "gate", "deploy", "verify", "undo", "canary", "env", "secrets", "timeout") {
		return e
	}
	e.Name = name(n.Get("name"))
	if u := n.Get("url"); u.Here() {
		e.URL = u.Match(urlRE, "use an address that begins with https://")
	}
	if g := n.Get("gate"); g.Here() {
		e.Gate = g.OneOf("none", "manual") == "manual"
	}
	e.Deploy = script(n.Get("deploy"))
	if v := n.Get("verify"); v.Here() {
		e.Verify = script(v)
	}
	if v := n.Get("undo"); v.Here() {
		e.Undo = script(v)
	}
	e.Env, e.Secrets = vars(n.Get("env")), secrets(n.Get("secrets"))
	e.Timeout = n.Get("timeout").Duration(0, longest)
	e.Canary = canary(n.Get("canary"))
	return e
}

func canary(n strictyaml.Node) []Weight {
	var out []Weight
	last := 0
	for _, x := range n.List() {
		if !x.Object("weight", "wait") {
			continue
		}
		w := Weight{Percent: x.Get("weight").Int(0, 1, 100), Wait: x.Get("wait").Duration(0, time.Hour)}
		if !x.Get("weight").Here() {
			x.Get("weight").Fail("required", "A step of a canary needs its weight in percent.")
		} else if w.Percent <= last {
			x.Get("weight").Fail("order", "Weights grow: %d follows %d.", w.Percent, last)
		}
		last = w.Percent
		out = append(out, w)
	}
	if len(out) > 0 && last != 100 {
		n.Fail("order", "The last step of a canary has the weight 100.")
	}
	return out
}
