package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/pipeline"
)

func pipelineCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "pipeline", Short: "Work with pipeline definitions"}
	var targets []string
	var out string
	render := &cobra.Command{
		Use:   "render FILE",
		Short: "Write a pipeline definition as GitHub Actions, GitLab CI, Gitea Actions or Tekton",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return renderPipeline(cmd.OutOrStdout(), args[0], targets, out)
		},
	}
	render.Flags().StringSliceVar(&targets, "target", []string{"github"}, "github, gitlab, gitea or tekton; several with commas")
	render.Flags().StringVar(&out, "output", "", "folder of the repository; without it everything is printed and nothing written")
	cmd.AddCommand(render)
	return cmd
}

// renderPipeline writes the files of all targets, or none when one of them
// cannot be rendered.
func renderPipeline(w io.Writer, file string, targets []string, dir string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	d, err := pipeline.ParseFile(file, text)
	if err != nil {
		return err
	}
	var files []pipeline.File
	for _, t := range targets {
		more, err := pipeline.Render(d, pipeline.Target(t))
		if err != nil {
			return err
		}
		files = append(files, more...)
	}
	for _, f := range files {
		if dir == "" {
			fmt.Fprintf(w, "# %s\n%s\n", f.Path, f.Data)
			continue
		}
		p := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(p), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(p, f.Data, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(w, p)
	}
	return nil
}
