package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/config"
)

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Work on runs beside the servers of the same PostgreSQL database; serves no pages",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(func(*config.Config) {})
			if err != nil {
				return err
			}
			return work(cmd.Context(), cfg)
		},
	}
}

// work does runs and periodic work until ctx ends.
func work(ctx context.Context, cfg config.Config) error {
	a, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.close()
	if !a.store.IsPostgres() {
		return errors.New("a worker of its own needs PostgreSQL; with SQLite the server does the work itself")
	}
	fmt.Println("Waymark worker is ready.")
	wait := a.startBackground(ctx)
	<-ctx.Done()
	waitFor(wait, cfg.StopGrace)
	return nil
}
