package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/config"
	"github.com/waymark-portal/waymark/store"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "waymark %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}

func configCommand() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the settings in force; secrets are masked",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if markdown {
				return config.WriteMarkdown(cmd.OutOrStdout())
			}
			cfg, err := config.Load(os.Getenv)
			if err != nil {
				return err
			}
			if err := cfg.Check(); err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "KEY\tVALUE\tVARIABLE")
			for _, k := range cfg.Keys() {
				fmt.Fprintf(w, "%s\t%s\t%s\n", k.Key, k.Text(), k.Env)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the documentation page of all settings instead")
	return cmd
}

func migrateCommand() *cobra.Command {
	var status bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to this binary",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(func(*config.Config) {})
			if err != nil {
				return err
			}
			s, err := store.Open(cmd.Context(), store.Options{URL: cfg.Database})
			if err != nil {
				return err
			}
			defer s.Close()
			if status {
				return printMigrations(cmd.Context(), cmd, s)
			}
			n, err := s.Migrate(cmd.Context())
			fmt.Fprintf(cmd.OutOrStdout(), "%d files applied\n", n)
			return err
		},
	}
	cmd.Flags().BoolVar(&status, "status", false, "list the files and change nothing")
	return cmd
}

func printMigrations(ctx context.Context, cmd *cobra.Command, s *store.Store) error {
	list, err := s.Migrations(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		state := "pending"
		if m.Applied {
			state = "applied"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s\t%05d\t%s\n", state, m.Version, m.Name)
	}
	return nil
}
