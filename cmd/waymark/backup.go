package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/backup"
	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/internal/secret"
	"github.com/waymark-portal/waymark/store"
)

// lasting are the folders of the data folder that must last: repositories
// and local stores. Work folders and caches are not among them.
var lasting = []string{"git", "local"}

func backupCommand() *cobra.Command {
	var sample bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a backup while the server runs: database, repositories, local stores; never the key",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadConfig(func(c *config.Config) { c.Sample = sample })
			if err != nil {
				return err
			}
			if err := makeBackup(cmd.Context(), cfg, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Backup written to %s.\nThe key is not in it: keep %s in a safe place of its own.\n",
				args[0], filepath.Join(cfg.Data, secret.KeyFile))
			return nil
		},
	}
	cmd.Flags().BoolVar(&sample, "sample", false, "back up the sample organisation")
	return cmd
}

// makeBackup writes beside file first and moves the result into place, so
// that a full disk or a crash never leaves half a backup under its name.
func makeBackup(ctx context.Context, cfg config.Config, file string) (err error) {
	s, err := store.Open(ctx, store.Options{URL: cfg.Database})
	if err != nil {
		return err
	}
	defer s.Close()
	dir, err := os.MkdirTemp(filepath.Dir(file), ".waymark-backup-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m, err := manifest(ctx, cfg, s)
	if err != nil {
		return err
	}
	database := filepath.Join(dir, m.Database)
	if m.Database == backup.DumpName {
		err = dump(ctx, cfg.Database, database)
	} else {
		err = s.CopyTo(ctx, database)
	}
	if err != nil {
		return err
	}
	out, err := os.OpenFile(filepath.Join(dir, "archive"), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = backup.Write(out, m, database, cfg.Data, lasting)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), file)
}

func manifest(ctx context.Context, cfg config.Config, s *store.Store) (backup.Manifest, error) {
	m := backup.Manifest{Version: version, MadeAt: time.Now().UTC(), Database: backup.DatabaseName}
	if s.IsPostgres() {
		m.Database = backup.DumpName
	}
	list, err := s.Migrations(ctx)
	if err != nil {
		return m, err
	}
	for _, x := range list {
		if x.Applied {
			m.Schema = x.Version
		}
	}
	box, err := secret.Open(cfg.Data)
	if err != nil {
		return m, err
	}
	m.Fingerprint = box.Fingerprint()
	return m, nil
}

// dump calls pg_dump, or says how. The address goes by the environment, since
// the arguments of a process are readable by everybody on the machine.
func dump(ctx context.Context, address, file string) error {
	return pgTool(ctx, address, "pg_dump", "--format=custom", "--no-owner", "--file="+file)
}

func pgTool(ctx context.Context, address, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("%s is not on PATH; install PostgreSQL's client programs, then try again. Nothing was changed", name)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	env, err := store.PostgresEnv(address)
	if err != nil {
		return err
	}
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func restoreCommand() *cobra.Command {
	var sample bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Unpack a backup into an empty data folder; refuses without the right key",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := loadConfig(func(c *config.Config) { c.Sample = sample })
			if err != nil {
				return err
			}
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			m, err := restore(cmd.Context(), cfg, f)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Restored the backup of %s (version %s) into %s.\n", m.MadeAt.Format(time.RFC3339), m.Version, cfg.Data)
			return nil
		},
	}
	cmd.Flags().BoolVar(&sample, "sample", false, "restore the sample organisation")
	return cmd
}

// restore unpacks beside the data folder's content first, checks it, and
// only then moves it into place.
func restore(ctx context.Context, cfg config.Config, r io.Reader) (m backup.Manifest, err error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return m, err
	}
	dir, err := os.MkdirTemp(cfg.Data, ".restore-*")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m, err = backup.Read(r, dir, func(m backup.Manifest) error { return mayRestore(cfg, m) })
	if err != nil {
		return m, err
	}
	if m.Database == backup.DumpName {
		if err := pgTool(ctx, cfg.Database, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--dbname="+store.PostgresName(cfg.Database), filepath.Join(dir, backup.DumpName)); err != nil {
			return m, err
		}
		if err := os.Remove(filepath.Join(dir, backup.DumpName)); err != nil {
			return m, err
		}
	}
	return m, moveInto(dir, cfg)
}

// mayRestore refuses a folder that is in use, the wrong kind of database, and
// the wrong key.
func mayRestore(cfg config.Config, m backup.Manifest) error {
	if (m.Database == backup.DumpName) != store.IsPostgresURL(cfg.Database) {
		return fmt.Errorf("restore: the backup is of %s, but database in the configuration is the other kind. Nothing was changed", m.Database)
	}
	for _, name := range append([]string{backup.DatabaseName}, lasting...) {
		if _, err := os.Stat(filepath.Join(cfg.Data, name)); err == nil {
			return fmt.Errorf("restore: %s holds %s already; restore into an empty data folder (with the backup's %s in it). Nothing was changed", cfg.Data, name, secret.KeyFile)
		}
	}
	key, err := os.ReadFile(filepath.Join(cfg.Data, secret.KeyFile))
	if errors.Is(err, os.ErrNotExist) {
		return backup.ErrKey
	}
	if err != nil {
		return err
	}
	box, err := secret.New(key)
	if err != nil {
		return err
	}
	if box.Fingerprint() != m.Fingerprint {
		return backup.ErrKey
	}
	return nil
}

func moveInto(dir string, cfg config.Config) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		to := filepath.Join(cfg.Data, e.Name())
		if e.Name() == backup.DatabaseName {
			to = cfg.Database
		}
		if err := os.Rename(filepath.Join(dir, e.Name()), to); err != nil {
			return err
		}
	}
	return nil
}
