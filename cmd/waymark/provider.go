package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/terraform/provider"
)

// providerCommand is what OpenTofu and Terraform start: Waymark's own provider.
func providerCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "provider",
		Short:              "Serve Waymark's Terraform provider; OpenTofu and Terraform start this themselves",
		DisableFlagParsing: true, // the engine decides what it passes
		RunE: func(cmd *cobra.Command, _ []string) error {
			// The engine says when its providers stop, also when a signal reached the whole group.
			return provider.Serve(context.WithoutCancel(cmd.Context()), version)
		},
	}
}
