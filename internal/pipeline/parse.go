package pipeline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/strictyaml"
)

// The forms of names.
var (
	nameRE    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	varRE     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	imageRE   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@{}-]*$`)
	branchRE  = regexp.MustCompile(`^[A-Za-z0-9*][A-Za-z0-9._/*-]*$`)
	pathRE    = regexp.MustCompile(`^[A-Za-z0-9._*][A-Za-z0-9._/*@+ -]*$`)
	cronRE    = regexp.MustCompile(`^[0-9*/,-]+( [0-9*/,A-Za-z-]+){4}$`)
	versionRE = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]*$`)
	urlRE     = regexp.MustCompile(`^https?://[A-Za-z0-9._~:/?#@!&'()*+,;=%-]+$`)
)

const (
	nameHelp  = "use lower-case letters, digits and single dashes, beginning with a letter"
	varHelp   = "use letters, digits and underscores"
	longest   = 6 * time.Hour
	maxName   = 40
	maxJobs   = 100
	maxCopies = 64
)

// Parse reads a definition. What is wrong is fault Invalid with field and
// line, all of it at once.
func Parse(text []byte) (Definition, error) { return ParseFile("pipeline.yaml", text) }

// ParseFile is Parse with the file's name for messages.
func ParseFile(file string, text []byte) (Definition, error) {
	doc, root, err := strictyaml.Open(file, text)
	if err != nil {
		return Definition{}, err
	}
	d := read(root)
	if err := doc.Err(); err != nil {
		return Definition{}, err
	}
	return d, nil
}

func read(root strictyaml.Node) Definition {
	var d Definition
	if !root.Object("apiVersion", "kind", "metadata", "spec") {
		return d
	}
	if v := root.Get("apiVersion"); v.Need() != APIVersion && v.Here() {
		v.Fail("version", "A pipeline's apiVersion is %s.", APIVersion)
	}
	if v := root.Get("kind"); v.Need() != Kind && v.Here() {
		v.Fail("kind", "A pipeline's kind is %s.", Kind)
	}
	if meta := root.Get("metadata"); meta.Object("name", "description") {
		d.Name, d.Description = name(meta.Get("name")), meta.Get("description").Text()
	}
	spec := root.Get("spec")
	if !spec.Object("language", "version", "triggers", "concurrency", "timeout", "env", "checks", "security", "stages", "image", "environments") {
		return d
	}
	d.settings(spec)
	for _, n := range spec.Get("stages").List() {
		d.Stages = append(d.Stages, stage(n))
	}
	if n := spec.Get("image"); n.Here() {
		d.Image = imageOf(n)
	}
	for _, n := range spec.Get("environments").List() {
		d.Environments = append(d.Environments, environment(n))
	}
	d.check(spec)
	return d
}

func name(n strictyaml.Node) string {
	s := n.Match(nameRE, nameHelp)
	if len(s) > maxName {
		n.Fail("length", "A name has at most %d letters.", maxName)
	}
	return s
}

// settings reads all but stages, image and environments.
func (d *Definition) settings(spec strictyaml.Node) {
	if n := spec.Get("language"); n.Here() {
		if d.Language = Language(n.Text()); d.Language == "" {
			n.Fail("value", "%.40q is not one of %s; leave it out and give each job an image.", n.Text(), strings.Join(Languages(), ", "))
		}
	}
	if n := spec.Get("version"); n.Here() {
		if d.Version = n.Word(); !versionRE.MatchString(d.Version) {
			n.Fail("pattern", "%.40q is not a version.", d.Version)
		}
	}
	d.triggers(spec.Get("triggers"))
	if n := spec.Get("concurrency"); n.Here() && n.Object("limit", "cancelRunning") {
		d.Concurrency = Concurrency{Limit: n.Get("limit").Bool(), CancelRunning: n.Get("cancelRunning").Bool()}
		if d.Concurrency.CancelRunning && !d.Concurrency.Limit {
			n.Get("cancelRunning").Fail("limit", "It needs limit: true.")
		}
	}
	d.Timeout = spec.Get("timeout").Duration(30*time.Minute, longest)
	d.Env = vars(spec.Get("env"))
	d.checks(spec.Get("checks"))
	d.security(spec.Get("security"))
}

func (d *Definition) triggers(n strictyaml.Node) {
	if !n.Here() {
		d.Triggers = Triggers{Branches: []string{"main"}, PullRequests: true}
		return
	}
	if !n.Object("branches", "tags", "pullRequests", "schedule", "manual") {
		return
	}
	d.Triggers = Triggers{Branches: each(n.Get("branches"), branchRE, "a branch such as main or release/*"),
		Tags:         each(n.Get("tags"), branchRE, "a tag such as v*"),
		PullRequests: n.Get("pullRequests").Bool(),
		Schedule:     each(n.Get("schedule"), cronRE, "five fields such as 17 3 * * 1"), Manual: n.Get("manual").Bool()}
	t := d.Triggers
	if len(t.Branches)+len(t.Tags)+len(t.Schedule) == 0 && !t.PullRequests && !t.Manual {
		n.Fail("required", "Nothing would ever start this pipeline.")
	}
	if len(t.Branches) > 0 && strings.Contains(t.Branches[0], "*") {
		n.Get("branches").Fail("value", "The first branch is the one that is deployed; name it without *.")
	}
}

// each is a list of texts of a form.
func each(n strictyaml.Node, re *regexp.Regexp, help string) []string {
	var out []string
	for _, s := range n.Texts() {
		if s != "" && !re.MatchString(s) {
			n.Fail("pattern", "%.60q cannot be used: use %s.", s, help)
		}
		out = append(out, s)
	}
	return out
}

var coverageRE = regexp.MustCompile(`^coverage *> *([0-9]{1,2}(?:\.[0-9]+)?) *%?$`)

func (d *Definition) checks(n strictyaml.Node) {
	for _, x := range n.List() {
		switch s := x.Need(); {
		case s == "unit-tests":
			d.Checks.UnitTests = true
		case s == "lint":
			d.Checks.Lint = true
		case s == "security-scan":
			d.Checks.SecurityScan = true
		case coverageRE.MatchString(s):
			d.Checks.Coverage = true
			if _, err := fmt.Sscan(coverageRE.FindStringSubmatch(s)[1], &d.Checks.Above); err != nil {
				x.Fail("value", "%q is not a number.", s)
			}
		case s != "":
			x.Fail("value", "%.60q is not one of unit-tests, lint, security-scan, coverage > 80%%.", s)
		}
	}
	d.Checks.UnitTests = d.Checks.UnitTests || d.Checks.Coverage
}

func (d *Definition) security(n strictyaml.Node) {
	d.Security.Severity = []string{"HIGH", "CRITICAL"}
	if !n.Here() {
		if d.Checks.SecurityScan {
			d.Security.Gosec, d.Security.Gitleaks, d.Security.Trivy = d.Language == "go", true, true
		}
		return
	}
	if !n.Object("gosec", "gitleaks", "trivy", "severity") {
		return
	}
	d.Security.Gosec, d.Security.Gitleaks, d.Security.Trivy = n.Get("gosec").Bool(), n.Get("gitleaks").Bool(), n.Get("trivy").Bool()
	if d.Security.Gosec && d.Language != "go" {
		n.Get("gosec").Fail("value", "gosec reads Go only, and this pipeline is not of it.")
	}
	if d.Checks.SecurityScan && !d.Security.any() {
		n.Fail("required", "The check security-scan needs one of gosec, gitleaks and trivy.")
	}
	if s := n.Get("severity"); s.Here() {
		d.Security.Severity = each(s, regexp.MustCompile(`^(UNKNOWN|LOW|MEDIUM|HIGH|CRITICAL)$`), "UNKNOWN, LOW, MEDIUM, HIGH or CRITICAL")
	}
}

func vars(n strictyaml.Node) []Var {
	var out []Var
	for _, kv := range n.Values() {
		if !varRE.MatchString(kv.Key) {
			kv.Node.Fail("pattern", "%.40q cannot be the name of a variable: %s.", kv.Key, varHelp)
		}
		if strings.HasPrefix(kv.Key, "GITHUB_") || strings.HasPrefix(kv.Key, "CI_") || strings.HasPrefix(kv.Key, "WAYMARK_") || strings.HasPrefix(kv.Key, "GITEA_") {
			kv.Node.Fail("reserved", "Names that begin with GITHUB_, GITEA_, CI_ or WAYMARK_ belong to the host.")
		}
		noExpression(kv.Node, kv.Value)
		out = append(out, Var{kv.Key, kv.Value})
	}
	return out
}

// noExpression refuses what a host would replace before the shell sees it:
// this is how the name of a branch becomes a command.
func noExpression(n strictyaml.Node, s string) {
	if strings.Contains(s, "${{") {
		n.Fail("expression", "Expressions of a host cannot stand here, since what they bring could be run as a command. Use the variables WAYMARK_COMMIT, WAYMARK_REF and WAYMARK_EVENT, env, secrets or matrix.")
	}
	if m := hostMarks.FindString(s); m != "" {
		n.Fail("expression", "%s would be replaced by Tekton before the shell sees it. Use the variables of the step.", m)
	}
}

// secrets are names of secrets.
func secrets(n strictyaml.Node) []string {
	out := each(n, varRE, "a name of a secret, such as REGISTRY_TOKEN")
	slices.Sort(out)
	return slices.Compact(out)
}

// IsCheck reports whether s is a required check that a definition may name.
func IsCheck(s string) bool {
	return s == "unit-tests" || s == "lint" || s == "security-scan" || coverageRE.MatchString(s)
}
