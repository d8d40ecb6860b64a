package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/templates"
)

func templateCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "template", Short: "Work with templates of services, without a server",
		Long: "Work with templates of services. DIR is a folder with a template.yaml; the name of a golden path that comes with Waymark may stand in its place."}
	cmd.AddCommand(templateListCommand(), templateShowCommand(), templateDryRunCommand(), templateTestCommand())
	return cmd
}

func templateListCommand() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the golden paths that come with Waymark", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			names, err := fs.Glob(templates.FS, "golden-paths/*/template.yaml")
			if err != nil {
				return err
			}
			for _, name := range names {
				t, err := openTemplate(path.Base(path.Dir(name)))
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%-22s %-8s %s\n", t.Ref.Name, t.Version, t.Title)
			}
			return nil
		}}
}

func templateShowCommand() *cobra.Command {
	return &cobra.Command{Use: "show DIR", Short: "Show what a template asks for and does", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := openTemplate(args[0])
			if err != nil {
				return err
			}
			showTemplate(cmd.OutOrStdout(), t)
			return nil
		}}
}

func showTemplate(out io.Writer, t *scaffold.Template) {
	fmt.Fprintf(out, "%s %s\n%s\n", t.Ref, t.Version, t.Title)
	if t.Description != "" {
		fmt.Fprintln(out, t.Description)
	}
	fmt.Fprintln(out, "\nparameters:")
	for _, p := range t.Params() {
		fmt.Fprintf(out, "  %-24s %s\n", p.Name, strings.TrimSpace(p.Title+" "+p.Field))
	}
	fmt.Fprintln(out, "\nsteps:")
	for _, s := range t.Steps {
		fmt.Fprintf(out, "  %-24s %s\n", s.ID, s.Action)
	}
	for _, a := range t.Unsupported {
		fmt.Fprintf(out, "\nThe action %s does not exist in Waymark.\n", a)
	}
}

func templateDryRunCommand() *cobra.Command {
	var values, to string
	cmd := &cobra.Command{Use: "dry-run DIR", Short: "Try a template and print what it would make", Args: cobra.ExactArgs(1),
		Long: "Try a template: no repository is made and nothing is registered. With --output the files are written into a new folder, otherwise their tree is printed.",
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := openTemplate(args[0])
			if err != nil {
				return err
			}
			in, err := readValues(values)
			if err != nil {
				return err
			}
			return dryRun(cmd.Context(), cmd.OutOrStdout(), t, in, to)
		}}
	cmd.Flags().StringVar(&values, "values", "", "file with the values, YAML or JSON; - is standard input")
	cmd.Flags().StringVar(&to, "output", "", "new folder to write the files into")
	return cmd
}

// dryRun prints the log, the files and what is wrong; exit code 1 when
// something is.
func dryRun(ctx context.Context, out io.Writer, t *scaffold.Template, values map[string]any, to string) error {
	text, files, err := t.Written(ctx)
	if err != nil {
		return err
	}
	got, err := scaffold.Alone().Attempt(ctx, localViewer(), scaffold.Attempt{Text: text, Files: files, Values: values})
	if err != nil {
		return err
	}
	for _, l := range got.Log {
		fmt.Fprintf(out, "%-5s %s\n", l.Level, l.Text)
	}
	if to != "" {
		if err := writeFiles(to, got.Files); err != nil {
			return err
		}
	}
	for _, f := range got.Files {
		fmt.Fprintf(out, "%8d %s\n", len(f.Data), f.Path)
	}
	failed := false
	for _, f := range got.Flaws {
		word := "warning"
		if !f.Warning {
			word, failed = "error", true
		}
		where := f.Error.Error()
		if f.Line == 0 {
			where = strings.TrimPrefix(f.Field+": ", ": ") + f.Message
		}
		fmt.Fprintf(out, "%s: %s\n", word, where)
	}
	if failed {
		return exitCode(1)
	}
	return nil
}

func localViewer() access.Viewer {
	return access.Viewer{Actor: action.Actor{ID: "system:cli", Name: "waymark template", Via: "system"}}
}

// writeFiles writes into a folder that does not exist yet, so that nothing is
// written over.
func writeFiles(to string, files []scaffold.DryRunFile) error {
	if err := os.Mkdir(to, 0o755); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range files {
		if err := root.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := root.WriteFile(f.Path, f.Data, mode); err != nil {
			return err
		}
	}
	return nil
}

// readValues reads values from a file; none without a name.
func readValues(name string) (map[string]any, error) {
	out := map[string]any{}
	if name == "" {
		return out, nil
	}
	b, err := []byte(nil), error(nil)
	if name == "-" {
		b, err = io.ReadAll(os.Stdin)
	} else {
		b, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	// The values of a form are JSON: numbers are floats, keys are texts.
	if b, err = json.Marshal(out); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, json.Unmarshal(b, &out)
}

// openTemplate reads the template in a folder, or a shipped one by its name.
func openTemplate(dir string) (*scaffold.Template, error) {
	var files fs.FS
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, err
		}
		files = root.FS()
	} else if !strings.ContainsAny(dir, `/\`) && filepath.IsLocal(dir) {
		if files, err = fs.Sub(templates.FS, "golden-paths/"+dir); err != nil {
			return nil, err
		}
	} else {
		return nil, err
	}
	b, err := fs.ReadFile(files, "template.yaml")
	if err != nil {
		return nil, fmt.Errorf("%s: there is no template.yaml and no golden path of this name", dir)
	}
	t, err := scaffold.Parse(b, "template.yaml", files)
	if err != nil {
		return nil, fmt.Errorf("%s", scaffold.Said(err))
	}
	return t, nil
}
