// Package pipeline knows one definition of a build and renders it to GitHub
// Actions, GitLab CI, Gitea Actions and Tekton (Pipelines as Code). Parse
// reads a definition strictly; Render gives the files of one target, the same
// bytes for the same definition.
package pipeline

import "time"

// APIVersion and Kind are what a definition begins with.
const (
	APIVersion = "waymark.dev/v1"
	Kind       = "Pipeline"
)

// Definition is a pipeline as its file says.
type Definition struct {
	Name         string
	Description  string
	Language     string // key of languages.yaml, may be empty
	Version      string // of the language, "" for what languages.yaml says
	Triggers     Triggers
	Concurrency  Concurrency
	Timeout      time.Duration // of a job that says nothing else
	Env          []Var
	Checks       Checks
	Security     Security
	Stages       []Stage
	Image        *Image
	Environments []Environment
}

// Triggers say when the pipeline runs.
type Triggers struct {
	Branches     []string // pushes to these; the first one is deployed
	Tags         []string // globs
	PullRequests bool
	Schedule     []string // five fields of cron, in UTC
	Manual       bool
}

// Main is the branch that is deployed.
func (t Triggers) Main() string {
	if len(t.Branches) == 0 {
		return "main"
	}
	return t.Branches[0]
}

// Concurrency says what happens when a newer run begins.
type Concurrency struct {
	Limit         bool // one run per branch
	CancelRunning bool // the older one is ended (deployments never are)
}

// Var is an environment variable.
type Var struct{ Name, Value string }

// Checks must pass before anything is published.
type Checks struct {
	UnitTests    bool
	Lint         bool
	SecurityScan bool
	Coverage     bool
	Above        float64 // percent; exactly as much fails
}

// Security says which scanners run.
type Security struct {
	Gosec    bool
	Gitleaks bool
	Trivy    bool
	Severity []string // that Trivy fails for
}

func (s Security) any() bool { return s.Gosec || s.Gitleaks || s.Trivy }

// Stage is a group of jobs; it waits for the stage before.
type Stage struct {
	Name string
	Jobs []Job
}

// Job is what runs on one machine.
type Job struct {
	Name     string
	Check    string   // the required check that it does, may be empty
	Needs    []string // jobs; nil: all jobs of the stage before
	Image    string   // container; "" for that of the language
	Matrix   []Axis
	Parallel int // copies that share the work by SHARD_INDEX of SHARD_TOTAL; 0 or 1: one
	Services []Service
	Env      []Var
	Secrets  []string // by name, as environment variables
	Cache    *Cache
	Artifact *Artifact // kept when the job is done
	Fetch    []string  // artifacts of earlier jobs
	Timeout  time.Duration
	Only     *Only
	Steps    []Step
}

// Axis is one dimension of a matrix; steps see MATRIX_<NAME>.
type Axis struct {
	Name   string
	Values []string
}

// Service runs beside a job; steps find it at <NAME>_HOST.
type Service struct {
	Name  string
	Image string
	Ports []int
	Env   []Var
}

// Cache is kept between runs of a branch.
type Cache struct {
	Paths []string
	Key   []string // files whose content decides which cache is used
}

// Artifact is what later jobs or people fetch.
type Artifact struct {
	Name  string
	Paths []string
	Days  int
}

// Only says when a job runs at all.
type Only struct {
	Branches []string
	Tags     bool
}

// Step is one command.
type Step struct {
	Name string
	Run  string
	Env  []Var
	Dir  string
}

// Image is the container image that the pipeline builds and publishes.
type Image struct {
	Name       string // "" for the registry of the host
	Dockerfile string
	Context    string
}

// Environment is a place to which the pipeline deploys.
type Environment struct {
	Name    string
	URL     string
	Gate    bool // a person lets it go on
	Deploy  string
	Verify  string
	Undo    string // runs when deploying or verifying fails
	Canary  []Weight
	Env     []Var
	Secrets []string
	Timeout time.Duration
}

// Weight is one step of a canary release.
type Weight struct {
	Percent int
	Wait    time.Duration // before it is verified
}
