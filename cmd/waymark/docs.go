package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/docs"
)

func docsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "docs", Short: "Work with documentation"}
	cmd.AddCommand(&cobra.Command{
		Use:   "check DIR",
		Short: "Check the docs of a source: links, anchors, pictures, navigation, examples",
		Long:  "Check the docs of a source, a folder with mkdocs.yml and docs/ or a README.md.\nExit code 1 when a reader would be hurt: a broken link or anchor, a missing picture, a navigation entry without a file.",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return checkDocs(cmd.OutOrStdout(), args[0]) },
	})
	return cmd
}

// checkDocs prints what is wrong with the docs in dir, one line each.
func checkDocs(out io.Writer, dir string) error {
	files, err := docs.OpenDir(dir, ".")
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	s, err := docs.Open(docs.Root{Ref: ownDocs, Title: dir, FS: files})
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	found, err := docs.New(nil).Check(s)
	if err != nil {
		return err
	}
	broken := 0
	for _, p := range found {
		word := "note"
		if p.Broken() {
			word = "broken"
			broken++
		}
		fmt.Fprintf(out, "%s: %s:%d: %s\n", word, p.Page, p.Line, p.Message)
	}
	fmt.Fprintf(out, "%d pages, %d broken, %d notes\n", len(s.Pages), broken, len(found)-broken)
	if broken > 0 {
		return exitCode(1)
	}
	return nil
}
