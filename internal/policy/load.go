package policy

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"gopkg.in/yaml.v3"
)

// settingsFile holds the figures that the rules read as data.settings.
const settingsFile = "settings.yaml"

// compiled is a rule that is ready to be asked.
type compiled struct {
	Rule
	query rego.PreparedEvalQuery
}

// load reads and compiles all rules of a folder. It names the file at fault.
func load(ctx context.Context, files fs.FS) ([]compiled, error) {
	names, err := fs.Glob(files, "*.rego")
	if err != nil {
		return nil, err
	}
	modules, tests := map[string]string{}, map[string]string{}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if rule, ok := strings.CutSuffix(name, "_test.rego"); ok {
			tests[rule] = string(b)
			continue
		}
		modules[name] = string(b)
	}
	c, err := ast.CompileModules(modules)
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	settings, err := readSettings(files)
	if err != nil {
		return nil, err
	}
	store := inmem.NewFromObject(map[string]any{"settings": settings})
	var out []compiled
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		r, err := describe(files, strings.TrimSuffix(name, ".rego"))
		if err != nil {
			return nil, err
		}
		if r.Name == "" {
			continue // shared code, no rule
		}
		r.File, r.Source, r.Tests = name, modules[name], tests[r.Name]
		q, err := rego.New(rego.Query("data.waymark.rules."+r.Name), rego.Compiler(c), rego.Store(store),
			rego.StrictBuiltinErrors(true)).PrepareForEval(ctx)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", name, err)
		}
		out = append(out, compiled{r, q})
	}
	return out, nil
}

func readSettings(files fs.FS) (map[string]any, error) {
	var out map[string]any
	b, err := fs.ReadFile(files, settingsFile)
	if err != nil {
		return nil, fmt.Errorf("policies: %w", err)
	}
	if err := yaml.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("policy %s: %w", settingsFile, err)
	}
	return out, nil
}

// describe reads what stands beside a Rego file; a file without description
// is shared code.
func describe(files fs.FS, name string) (Rule, error) {
	b, err := fs.ReadFile(files, name+".yaml")
	if err != nil {
		return Rule{}, nil //nolint:nilerr // there is none
	}
	var r Rule
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("policy %s.yaml: %w", name, err)
	}
	r.Name = name
	if !r.Level.known() {
		return r, fmt.Errorf("policy %s.yaml: level %q is not advisory, soft-mandatory or hard-mandatory", name, r.Level)
	}
	if r.Title == "" || len(r.Applies) == 0 {
		return r, fmt.Errorf("policy %s.yaml: title and applies are needed", name)
	}
	for _, p := range r.Applies {
		if p != Request && p != Plan && p != Files {
			return r, fmt.Errorf("policy %s.yaml: applies: %q is none of request, plan, files", name, p)
		}
	}
	return r, nil
}
