package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/handlers"
	"github.com/waymark-portal/waymark/handlers/api"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/web"
)

// wireRun builds the engine of runs and the sealer of events. Runs are taken
// as long as the background work lasts, and handed over when it ends.
func (a *app) wireRun() error {
	var err error
	o := run.Options{DB: a.store, Store: a.store, SQL: a.store.WriteDB(), Postgres: a.store.IsPostgres(), Supervise: a.superviseCommand}
	if o.Postgres {
		o.Listen = a.store.ListenRuns
	}
	a.runs, err = run.New(o)
	if err != nil {
		return err
	}
	a.background(func(ctx context.Context) {
		if err := a.runs.Run(ctx); err != nil {
			slog.Error("runs cannot be taken", "error", err)
			return
		}
		<-ctx.Done()
		grace, done := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.StopGrace)
		defer done()
		if err := a.runs.Stop(grace); err != nil {
			slog.Warn("a step did not end in time; its run goes on when its lease is over", "error", err)
		}
	})
	a.every("seal events", 500*time.Millisecond, func(ctx context.Context) error { _, err := a.store.SealEvents(ctx); return err })
	a.every("forget run logs", time.Hour, func(ctx context.Context) error {
		_, err := a.store.ForgetRunLines(ctx, time.Now().Add(-a.cfg.KeepLogs))
		return err
	})
	a.every("forget supervisor logs", time.Hour, func(context.Context) error { return forgetOldFiles(a.supervisorLogs(), 7*24*time.Hour) })
	a.nav = append(a.nav,
		web.NavEntry{Group: "Operate", Label: "Runs", URL: "/runs", Icon: "activity", Key: "r"},
		web.NavEntry{Group: "Govern", Label: "Audit", URL: "/audit", Icon: "scroll-text", Key: "a", Permission: "read-audit"})
	return a.register(a.runs.Actions()...)
}

func (a *app) mountRun(m mounts) {
	(&handlers.Runs{Reader: a.store, Engine: a.runs, Actions: a.actions, Results: a.runResults}).Register(m.Pages)
	(&api.Runs{Reader: a.store, Engine: a.runs}).Register(m.API)
	(&handlers.Audit{Reader: a.store}).Register(m.Pages)
	(&api.Events{Reader: a.store}).Register(m.API)
}

func (a *app) supervisorLogs() string { return filepath.Join(a.cfg.Data, "supervisors") }

// superviseCommand is the process that works on a supervised run. It has the
// server's environment, since that holds the configuration; what Terraform
// gets of it is decided there.
func (a *app) superviseCommand(id run.ID) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		return &exec.Cmd{Err: fmt.Errorf("our own program: %w", err)}
	}
	args := []string{"supervise", "--data", a.cfg.Data}
	if a.cfg.Sample {
		args = []string{"supervise", "--sample", "--data", filepath.Dir(a.cfg.Data)}
	}
	cmd := exec.Command(self, append(args, string(id))...)
	if err := os.MkdirAll(a.supervisorLogs(), 0o700); err != nil {
		cmd.Err = err
		return cmd
	}
	out, err := os.OpenFile(filepath.Join(a.supervisorLogs(), string(id)+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		cmd.Err = err
		return cmd
	}
	cmd.Stdout, cmd.Stderr = out, out // the process keeps it; ours closes when collected
	return cmd
}

// superviseRunCommand works on one run and ends. The server starts it; it
// outlives the server.
func superviseRunCommand() *cobra.Command {
	var sample bool
	var data string
	cmd := &cobra.Command{
		Use:    "supervise RUN",
		Short:  "Work on one run; the server starts this itself",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadConfig(func(c *config.Config) {
				c.Sample = sample
				if data != "" {
					c.Data = data
				}
			})
			if err != nil {
				return err
			}
			a, err := open(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer a.close()
			return a.runs.Execute(cmd.Context(), run.ID(args[0]))
		},
	}
	cmd.Flags().BoolVar(&sample, "sample", false, "in the sample organisation's database")
	cmd.Flags().StringVar(&data, "data", "", "data folder")
	return cmd
}

// forgetOldFiles removes the logs of a folder that nobody has written to for
// so long.
func forgetOldFiles(dir string, age time.Duration) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasSuffix(e.Name(), ".log") || time.Since(info.ModTime()) < age {
			continue // one that is just gone is as good as removed
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}
