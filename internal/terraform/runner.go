package terraform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/waymark-portal/waymark/internal/terraform/provider"
)

// Options say where and how the engine runs.
type Options struct {
	Folder    Folder
	Backend   Address           // where state goes
	Env       map[string]string // what the blueprint's providers need
	WaitDelay time.Duration     // how long a stop may take before the kill; zero: 15 minutes
	MinFree   uint64            // bytes that must be free on the disk; zero: 200 MiB
}

// Address is where a run reaches its state: a loopback address and a token
// for this run alone.
type Address struct {
	URL   string
	Token string
}

const (
	defaultWait = 15 * time.Minute
	defaultFree = 200 << 20
)

// ErrDisk means that too little of the disk is free to begin.
var ErrDisk = errors.New("too little disk space")

// Runner runs one engine in one work folder, one command at a time.
type Runner struct {
	tf     *tfexec.Terraform
	folder Folder
	socket string // a short folder for the providers' sockets, or empty
}

// New makes a runner for a prepared folder. Close must be called.
func New(o Options) (*Runner, error) {
	if err := checkFree(o.Folder.Path, o.MinFree); err != nil {
		return nil, err
	}
	// terraform-exec would pass this one on, whatever it holds.
	if err := os.Unsetenv("TF_APPEND_USER_AGENT"); err != nil {
		return nil, err
	}
	tf, err := tfexec.NewTerraform(o.Folder.in(configDir), o.Folder.in(wrapper))
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	r := &Runner{tf: tf, folder: o.Folder}
	env := environment(o, os.Getenv("PATH"))
	if len(env["TMPDIR"]) > maxSocketDir {
		if r.socket, err = os.MkdirTemp("", "wm"); err != nil {
			return nil, err
		}
		env["PLUGIN_UNIX_SOCKET_DIR"] = r.socket
	}
	wait := o.WaitDelay
	if wait == 0 {
		wait = defaultWait
	}
	return r, errors.Join(tf.SetEnv(env), tf.SetWaitDelay(wait))
}

// maxSocketDir leaves room for a socket's name: its whole path may have 103
// bytes on the shortest system.
const maxSocketDir = 75

// Close removes what is not in the work folder.
func (r *Runner) Close() error {
	if r.socket == "" {
		return nil
	}
	return os.RemoveAll(r.socket)
}

func checkFree(path string, want uint64) error {
	if want == 0 {
		want = defaultFree
	}
	free, err := freeBytes(path)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", path, err)
	}
	if free < want {
		return fmt.Errorf("%w: %d MiB are free where %d MiB are needed (%s)", ErrDisk, free>>20, want>>20, path)
	}
	return nil
}

// environment is all that the engine sees of the world. Nothing is inherited
// but PATH.
func environment(o Options, path string) map[string]string {
	env := maps.Clone(o.Env)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, map[string]string{
		"PATH":                   path,
		"HOME":                   o.Folder.in(homeDir),
		"TMPDIR":                 o.Folder.in(tempDir),
		"CHECKPOINT_DISABLE":     "1",
		"TF_CLI_CONFIG_FILE":     o.Folder.in(cliConfig),
		"TF_HTTP_ADDRESS":        o.Backend.URL + "/state",
		"TF_HTTP_LOCK_ADDRESS":   o.Backend.URL + "/state",
		"TF_HTTP_UNLOCK_ADDRESS": o.Backend.URL + "/state",
		"TF_HTTP_USERNAME":       BackendUser,
		"TF_HTTP_PASSWORD":       o.Backend.Token,
		"TF_HTTP_RETRY_MAX":      "20",
		provider.EnvWork:         o.Folder.Path,
		provider.EnvPortal:       o.Backend.URL,
		provider.EnvToken:        o.Backend.Token,
	})
	return env
}

// Init gets providers and modules.
func (r *Runner) Init(ctx context.Context, sink Sink) error {
	out := newStream(sink)
	defer out.Close()
	return r.explain(out, r.tf.InitJSON(ctx, out, tfexec.Backend(true), tfexec.Get(true)))
}

// PlanOptions say what is planned.
type PlanOptions struct {
	Destroy bool
	Targets []string // addresses; empty: everything
}

func planOptions(o PlanOptions) []tfexec.PlanOption {
	opts := []tfexec.PlanOption{tfexec.Out(planFile), tfexec.LockTimeout(lockTimeout)}
	if o.Destroy {
		opts = append(opts, tfexec.Destroy(true))
	}
	for _, t := range o.Targets {
		opts = append(opts, tfexec.Target(t))
	}
	return opts
}

func applyOptions() []tfexec.ApplyOption {
	return []tfexec.ApplyOption{tfexec.DirOrPlan(planFile), tfexec.LockTimeout(lockTimeout)}
}

const lockTimeout = "20s"

// Plan writes the plan file and returns what it says. The file is bound to
// the state that it was made on: the engine refuses it later.
func (r *Runner) Plan(ctx context.Context, o PlanOptions, sink Sink) (*tfjson.Plan, error) {
	out := newStream(sink)
	defer out.Close()
	if _, err := r.tf.PlanJSON(ctx, out, planOptions(o)...); err != nil {
		return nil, r.explain(out, err)
	}
	r.tf.SetStdout(io.Discard) // PlanJSON leaves its own, but a plan may hold secrets and is no log
	plan, err := r.tf.ShowPlanFile(ctx, planFile)
	if err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	return plan, nil
}

// Apply does what the plan file says and nothing else. When ctx ends the
// engine is interrupted once and may finish what is in flight.
func (r *Runner) Apply(ctx context.Context, sink Sink) error {
	out := newStream(sink)
	defer out.Close()
	return r.explain(out, r.tf.ApplyJSON(ctx, out, applyOptions()...))
}

// RecoverWith writes import blocks for what is known to exist but is not in
// the state; none removes them.
func (r *Runner) RecoverWith(found []Found) error {
	path := filepath.Join(r.folder.in(configDir), recoverTF)
	if len(found) == 0 {
		err := os.Remove(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	return os.WriteFile(path, []byte(importBlocks(found)), 0o600)
}

// Failure is an engine that ended with diagnostics.
type Failure struct {
	Diagnostics []Diagnostic
	cause       error
}

// Error is the first diagnostic, which is what people want to read.
func (f *Failure) Error() string {
	if len(f.Diagnostics) > 0 {
		return f.Diagnostics[0].String()
	}
	return "The engine ended before it was done (" + strings.TrimSpace(f.cause.Error()) + ")."
}

// Unwrap returns the engine's own error.
func (f *Failure) Unwrap() error { return f.cause }

func (r *Runner) explain(out *stream, err error) error {
	if err == nil {
		return nil
	}
	return &Failure{Diagnostics: out.errors(), cause: err}
}
