package provision

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/internal/terraform/provider"
)

// runInput is the input of launch and destroy runs.
type runInput struct {
	Environment string `json:"environment"`
	Reason      string `json:"reason,omitempty"`
}

// session is one step's work with the engine: the environment, its blueprint,
// a work folder, and a listener for state that only this step's engine knows.
type session struct {
	e      *Engine
	w      *run.Work
	env    Environment
	bp     Blueprint
	engine terraform.Engine
	folder terraform.Folder
	runner *terraform.Runner
	server *http.Server
}

// environment reads the environment that a run works on.
func (e *Engine) environment(ctx context.Context, w *run.Work) (Environment, error) {
	var in runInput
	if err := w.Input(&in); err != nil {
		return Environment{}, err
	}
	return e.Store.Environment(ctx, system, in.Environment)
}

// workDir is where an environment's runs have their work folders.
func (e *Engine) workDir(environment string) string {
	return filepath.Join(e.Data, "work", environment)
}

// open begins a session. Close must be called.
func (e *Engine) open(ctx context.Context, w *run.Work) (*session, error) {
	env, err := e.environment(ctx, w)
	if err != nil {
		return nil, err
	}
	s := &session{e: e, w: w, env: env}
	if s.bp, err = e.Library.Version(ctx, env.Blueprint, env.Version); err != nil {
		return nil, err
	}
	if s.engine, err = e.Finder.Find(ctx); err != nil {
		return nil, fmt.Errorf("%w: %s", err, e.Finder.Status(ctx).Problem)
	}
	s.folder = terraform.Folder{Path: filepath.Join(e.workDir(env.ID), string(w.Run().ID))}
	if err := s.hideSecrets(ctx); err != nil {
		return nil, err
	}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("work folder: %w", err)
	}
	backend, err := s.listen()
	if err != nil {
		return nil, err
	}
	s.runner, err = terraform.New(terraform.Options{Folder: s.folder, Backend: backend, Env: map[string]string{
		provider.EnvEnvironment: env.ID, provider.EnvLocal: e.local.Dir}})
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) hideSecrets(ctx context.Context) error {
	secrets, err := s.e.Store.SecretsOf(ctx, system, s.env.ID)
	for _, secret := range secrets {
		s.w.Hide(secret.Value)
	}
	return err
}

// prepare fills the work folder; the files are the same at every try.
func (s *session) prepare() error {
	vars, err := variables(s.env)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.folder.Path, 0o700); err != nil {
		return err
	}
	return s.folder.Prepare(terraform.Prepared{Files: s.bp.Files, Vars: vars, Engine: s.engine.Path, Waymark: s.e.Waymark})
}

// variables is terraform.tfvars.json: the parameters, and what the portal says
// of the environment.
func variables(env Environment) ([]byte, error) {
	vars := map[string]any{}
	if err := json.Unmarshal(env.Parameters, &vars); err != nil {
		return nil, fmt.Errorf("parameters of %s: %w", env.ID, err)
	}
	vars["waymark"] = map[string]any{"environment": env.ID, "name": env.Name, "kind": env.Kind, "tags": tags(env)}
	return json.Marshal(vars)
}

// tags say of every resource whose it is.
func tags(env Environment) map[string]string {
	out := map[string]string{"owner": env.By, "team": env.Owner, "environment": env.Kind, "waymark_environment": env.ID,
		"project": env.Name, "run": string(env.Run)}
	if env.Service != "" {
		out["service"], out["project"] = env.Service, env.Service
	}
	return out
}

// listen starts the listener for this step: state, and what Waymark's own
// provider keeps in the portal.
func (s *session) listen() (terraform.Address, error) {
	raw := make([]byte, 24)
	rand.Read(raw)
	token := hex.EncodeToString(raw)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return terraform.Address{}, fmt.Errorf("state listener: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/state", &terraform.Backend{States: stateOf{s}, Token: token})
	mux.Handle("/", &portalSide{s: s, token: token})
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go s.server.Serve(l) // ends with close
	return terraform.Address{URL: "http://" + l.Addr().String(), Token: token}, nil
}

// close ends the session; the engine has ended before.
func (s *session) close() {
	var err error
	if s.runner != nil {
		err = s.runner.Close()
	}
	if s.server != nil {
		err = errors.Join(err, s.server.Close())
	}
	if err != nil {
		s.e.Log.Warn("session of a run", "run", s.w.Run().ID, "error", err)
	}
}

// ready makes sure that the folder is initialised.
func (s *session) ready(ctx context.Context) error {
	if s.folder.Initialised() {
		return nil
	}
	return s.runner.Init(ctx, s.failures)
}

// failures logs errors only: what init warns of (checksums for other
// platforms) says nothing to whoever launches.
func (s *session) failures(m terraform.Message) {
	if m.Level == "error" && m.Text != "" {
		s.w.Line(m.Level, m.Text)
	}
}

// withoutWarnings passes the rest of the engine's output on.
func (s *session) withoutWarnings(m terraform.Message) {
	if m.Level != "warn" {
		s.log(m)
	}
}

// log passes the engine's output on.
func (s *session) log(m terraform.Message) {
	if m.Text != "" {
		s.w.Line(m.Level, m.Text)
	}
}
