package main

import (
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
			return provider.Serve(cmd.Context(), version)
		},
	}
}
