package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/terraform"
	"github.com/waymark-portal/waymark/store"
)

// finding is what one check of doctor found.
type finding struct {
	part string
	ok   bool
	warn bool   // works, but something is missing that some pages need
	text string // what was found
	mend string // how to mend it
}

func doctorCommand() *cobra.Command {
	var sample bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check configuration, database, engine, Git, disk and clock, and say how to mend each",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := diagnose(cmd.Context(), sample)
			printFindings(cmd.OutOrStdout(), findings)
			for _, f := range findings {
				if !f.ok {
					return exitCode(1)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&sample, "sample", false, "look at the sample organisation")
	return cmd
}

// diagnose makes every check that the ones before it allow.
func diagnose(ctx context.Context, sample bool) []finding {
	cfg, err := config.Load(os.Getenv)
	if err == nil {
		cfg.Sample = sample
		err = cfg.Check()
	}
	if err != nil {
		return []finding{{part: "configuration", text: err.Error(), mend: "mend the named keys; waymark config prints what is in force"}}
	}
	out := []finding{{part: "configuration", ok: true, text: "data in " + cfg.Data}}
	out = append(out, checkDatabase(ctx, cfg)...)
	out = append(out, checkEngine(ctx, cfg), checkGit(ctx))
	return append(append(out, checkHosts(ctx, cfg)...), checkDisk(cfg), checkClock())
}

func checkDatabase(ctx context.Context, cfg config.Config) []finding {
	f := finding{part: "database"}
	if !strings.Contains(cfg.Database, "://") {
		if _, err := os.Stat(cfg.Database); errors.Is(err, os.ErrNotExist) {
			f.ok, f.text = true, "none yet; the first start makes it"
			return []finding{f}
		}
	}
	s, err := store.Open(ctx, store.Options{URL: cfg.Database})
	if err != nil {
		f.text, f.mend = err.Error(), "start the database, or mend database in the configuration"
		return []finding{f}
	}
	defer s.Close()
	if err := s.Integrity(ctx); err != nil {
		f.text, f.mend = err.Error(), "stop the server and restore the last backup: waymark restore FILE"
		return []finding{f}
	}
	return append([]finding{checkSchema(ctx, s)}, checkExtension(ctx, s)...)
}

func checkSchema(ctx context.Context, s *store.Store) finding {
	f := finding{part: "database"}
	list, err := s.Migrations(ctx)
	if err != nil {
		f.text, f.mend = err.Error(), "check the database user's rights"
		return f
	}
	pending := 0
	for _, m := range list {
		if !m.Applied {
			pending++
		}
	}
	f.ok, f.text = true, fmt.Sprintf("answers, schema is current (%d files)", len(list))
	if pending > 0 {
		f.warn, f.text, f.mend = true, fmt.Sprintf("%d migrations are pending", pending), "start the server or run waymark migrate"
	}
	return f
}

func checkExtension(ctx context.Context, s *store.Store) []finding {
	missing, err := s.MissingExtension(ctx)
	if err != nil || missing != "" {
		return []finding{{part: "extension", text: "PostgreSQL has no " + missing, mend: "as a superuser: CREATE EXTENSION " + missing}}
	}
	return nil
}

func checkEngine(ctx context.Context, cfg config.Config) finding {
	f := finding{part: "engine"}
	e, err := engineFinder(cfg).Find(ctx)
	if err != nil {
		f.ok, f.warn, f.text = true, true, err.Error()
		f.mend = "install OpenTofu or Terraform, or run make engine; everything but environments works without"
		return f
	}
	f.ok, f.text = true, fmt.Sprintf("%s at %s", e, e.Path)
	return f
}

// engineFinder looks where the configuration says, on PATH, and beside this
// binary, where the Makefile builds one.
func engineFinder(cfg config.Config) *terraform.Finder {
	f := &terraform.Finder{Configured: cfg.Engine}
	if exe, err := os.Executable(); err == nil {
		f.Built = filepath.Join(filepath.Dir(exe), "tofu")
	}
	return f
}

func checkGit(ctx context.Context) finding {
	f := finding{part: "git", ok: true}
	out, err := exec.CommandContext(ctx, "git", "--version").Output()
	if err != nil {
		f.warn, f.text, f.mend = true, "not found", "install Git; without it nobody can clone from or push to the embedded forge"
		return f
	}
	f.text = strings.TrimSpace(string(out))
	return f
}

// minFree is the free space below which launches and imports are at risk.
const minFree = 1 << 30

func checkDisk(cfg config.Config) finding {
	f := finding{part: "disk"}
	dir := cfg.Data
	for { // the data folder may not be there yet
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	probe, err := os.CreateTemp(dir, ".waymark-doctor-*")
	if err != nil {
		f.text, f.mend = err.Error(), "give the portal's user the right to write to "+dir
		return f
	}
	err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	free, ferr := terraform.Free(dir)
	if err = errors.Join(err, ferr); err != nil {
		f.text, f.mend = err.Error(), "check the file system of "+dir
		return f
	}
	f.ok, f.text = true, fmt.Sprintf("%.1f GiB free in %s", float64(free)/(1<<30), dir)
	if free < minFree {
		f.warn, f.mend = true, "free some space: launches need at least 1 GiB"
	}
	return f
}

func checkClock() finding {
	f := finding{part: "clock", ok: true, text: time.Now().UTC().Format(time.RFC3339)}
	if time.Now().Year() < 2026 {
		f.ok, f.mend = false, "set the clock: tokens and expiries depend on it"
	}
	return f
}

func printFindings(w io.Writer, findings []finding) {
	for _, f := range findings {
		mark := "ok  "
		switch {
		case !f.ok:
			mark = "FAIL"
		case f.warn:
			mark = "warn"
		}
		fmt.Fprintf(w, "%s  %-14s %s\n", mark, f.part, f.text)
		if f.mend != "" {
			fmt.Fprintf(w, "      %-14s %s\n", "", f.mend)
		}
	}
}
