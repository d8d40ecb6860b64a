// Command waymark is the portal: the server, its workers and supervisors, the
// Terraform provider, and the tools to run it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set at build time.
var version = "dev"

func main() {
	tuneMemory(startPercent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		var code exitCode
		if errors.As(err, &code) {
			os.Exit(int(code))
		}
		fmt.Fprintln(os.Stderr, "waymark:", err)
		os.Exit(1)
	}
}

// exitCode ends the program with that code and says nothing more.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "waymark",
		Short:         "An internal developer portal in one binary",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.AddCommand(serveCommand(), sampleCommand(), workerCommand(), migrateCommand(), doctorCommand(), backupCommand(), restoreCommand(),
		configCommand(), docsCommand(), templateCommand(), pipelineCommand(), providerCommand(), superviseRunCommand(), versionCommand())
	return root
}
