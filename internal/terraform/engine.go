// Package terraform drives OpenTofu or Terraform, whichever is found, through
// terraform-exec: what is run is decided by pure functions, run in a scrubbed
// environment, read as a stream of messages, and its state is kept by a
// handler for the http backend.
package terraform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// ErrNoEngine means that neither OpenTofu nor Terraform was found.
var ErrNoEngine = errors.New("no OpenTofu or Terraform was found")

// Engine is a program that can plan and apply.
type Engine struct {
	Path    string
	Product string // OpenTofu or Terraform
	Version string
}

// String is the engine as people know it: "OpenTofu 1.12.6".
func (e Engine) String() string { return e.Product + " " + e.Version }

// Status says what is known of the engine.
type Status struct {
	Engine   Engine
	Ready    bool
	Building bool   // make run is building OpenTofu at this moment
	Problem  string // why there is none, a sentence
}

// Finder finds the engine and remembers it.
type Finder struct {
	Configured string // a path from the configuration, or empty
	Built      string // where the Makefile puts the one that it builds: bin/tofu

	mu    sync.Mutex
	found Engine
	mod   time.Time
}

// BuildingSuffix is added to Built for the name of the file that exists while
// the engine is being built.
const BuildingSuffix = ".building"

// buildLimit is how long a building file is believed.
const buildLimit = 30 * time.Minute

// Find returns the engine: the configured one, else tofu, else terraform on
// PATH, else the built one. It returns ErrNoEngine if there is none.
func (f *Finder) Find(ctx context.Context) (Engine, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, err := f.locate()
	if err != nil {
		return Engine{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Engine{}, fmt.Errorf("engine %s: %w", path, err)
	}
	if f.found.Path == path && f.mod.Equal(info.ModTime()) {
		return f.found, nil
	}
	e, err := identify(ctx, path)
	if err != nil {
		return Engine{}, err
	}
	f.found, f.mod = e, info.ModTime()
	return e, nil
}

func (f *Finder) locate() (string, error) {
	if f.Configured != "" {
		return filepath.Abs(f.Configured)
	}
	for _, name := range []string{"tofu", "terraform"} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	if f.Built != "" {
		if path, err := exec.LookPath(f.Built); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", ErrNoEngine
}

// Status finds the engine and says in words what is missing.
func (f *Finder) Status(ctx context.Context) Status {
	e, err := f.Find(ctx)
	if err == nil {
		return Status{Engine: e, Ready: true}
	}
	info, statErr := os.Stat(f.Built + BuildingSuffix)
	if f.Configured == "" && statErr == nil && time.Since(info.ModTime()) < buildLimit {
		return Status{Building: true, Problem: "OpenTofu is being built in the background; that takes about four minutes."}
	}
	if errors.Is(err, ErrNoEngine) {
		return Status{Problem: "Neither tofu nor terraform is on PATH. Install one, set WAYMARK_ENGINE to its path, or run make tofu."}
	}
	return Status{Problem: "The engine does not start: " + err.Error()}
}

// versionTimeout bounds the question for the version.
const versionTimeout = 30 * time.Second

// identify asks the program what it is.
func identify(ctx context.Context, path string) (Engine, error) {
	home, err := os.MkdirTemp("", "wm-engine-")
	if err != nil {
		return Engine{}, err
	}
	defer os.RemoveAll(home)
	config := filepath.Join(home, "engine.tfrc")
	if err := os.WriteFile(config, []byte("disable_checkpoint = true\n"), 0o600); err != nil {
		return Engine{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home,
		"TF_CLI_CONFIG_FILE=" + config, "CHECKPOINT_DISABLE=1"}
	out, err := cmd.Output()
	if err != nil {
		return Engine{}, fmt.Errorf("%s version: %w", path, err)
	}
	product, version, ok := parseVersion(string(out))
	if !ok {
		return Engine{}, fmt.Errorf("%s is neither OpenTofu nor Terraform", path)
	}
	return Engine{Path: path, Product: product, Version: version}, nil
}

// parseVersion reads the first line of the version command, such as
// "OpenTofu v1.12.6".
func parseVersion(out string) (product, version string, ok bool) {
	line, _, _ := strings.Cut(out, "\n")
	product, version, ok = strings.Cut(strings.TrimSpace(line), " v")
	return product, version, ok && (product == "OpenTofu" || product == "Terraform")
}
