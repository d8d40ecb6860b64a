package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/waymark-portal/waymark/internal/scaffold"
)

func templateTestCommand() *cobra.Command {
	var update bool
	var only string
	cmd := &cobra.Command{Use: "test DIR", Short: "Run the recorded cases of a template", Args: cobra.ExactArgs(1),
		Long: "Run the recorded cases of a template, tests/*.txt in its folder: the template is tried with the values of each, and its files must be as recorded.\nExit code 1 when a case fails or there is none. --update records what comes out now; look at the difference before you commit it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := openTemplate(args[0])
			if err != nil {
				return err
			}
			return testTemplate(cmd.Context(), cmd.OutOrStdout(), t, testOptions{dir: args[0], only: only, update: update})
		}}
	cmd.Flags().BoolVar(&update, "update", false, "record what comes out now")
	cmd.Flags().StringVar(&only, "case", "", "run this case only")
	return cmd
}

type testOptions struct {
	dir, only string
	update    bool
}

// testTemplate prints one line for each case and the difference of those that
// fail.
func testTemplate(ctx context.Context, out io.Writer, t *scaffold.Template, o testOptions) error {
	results, err := scaffold.Alone().RunCases(ctx, t)
	if err != nil {
		return err
	}
	ran, failed := 0, 0
	for _, r := range results {
		if o.only != "" && r.Name != o.only {
			continue
		}
		ran++
		if o.update && !r.Passed() && r.Refused() == "" {
			if err := updateCase(o.dir, r); err != nil {
				return err
			}
			fmt.Fprintf(out, "written %s\n", r.Path)
			continue
		}
		if r.Passed() {
			fmt.Fprintf(out, "ok      %s\n", r.Path)
			continue
		}
		failed++
		printFailure(out, r)
	}
	switch {
	case ran == 0 && o.only != "":
		return fmt.Errorf("%s has no case %q", o.dir, o.only)
	case ran == 0:
		return fmt.Errorf("%s has no recorded case: record one in the workshop and put it into tests/", o.dir)
	case failed > 0:
		fmt.Fprintf(out, "%d of %d cases failed\n", failed, ran)
		return exitCode(1)
	}
	return nil
}

func printFailure(out io.Writer, r scaffold.CaseResult) {
	fmt.Fprintf(out, "FAILED  %s\n", r.Path)
	if r.Problem != "" {
		fmt.Fprintf(out, "        %s\n", r.Problem)
	}
	for _, d := range r.Diffs {
		switch {
		case d.Created:
			fmt.Fprintf(out, "        %s was made and is not in the record\n", d.Path)
		case d.Deleted:
			fmt.Fprintf(out, "        %s is in the record and was not made\n", d.Path)
		case d.Binary || d.Cut:
			fmt.Fprintf(out, "        %s is another one\n", d.Path)
		default:
			fmt.Fprintln(out, d.Text)
		}
	}
}

// updateCase writes the files that were made into a case; its values stay.
func updateCase(dir string, r scaffold.CaseResult) error {
	name := filepath.Join(dir, filepath.FromSlash(r.Path))
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: only the cases of a folder can be updated", r.Path)
	}
	if err != nil {
		return err
	}
	head, _, err := scaffold.Unbundle(string(b))
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(scaffold.Bundle(head, r.Made)), 0o644)
}
