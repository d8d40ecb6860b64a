package scaffold

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// Case is a recorded use of a template: what was entered and the files that
// came of it. It stands in tests/NAME.txt of the template's folder, the
// values as YAML before the files.
type Case struct {
	Name   string            `yaml:"-"`
	Path   string            `yaml:"-"` // in the template's folder
	Values map[string]any    `yaml:"values"`
	Secret map[string]string `yaml:"secrets,omitempty"` // stand-ins, never real ones
	// Fails is part of the message with which the template must refuse; then
	// there are no files.
	Fails string       `yaml:"fails,omitempty"`
	Files []DryRunFile `yaml:"-"`
}

// CaseResult is how a case went. It passed when nothing is in Diffs and
// Problem.
type CaseResult struct {
	Name    string           `json:"name"`
	Path    string           `json:"path"`
	Problem string           `json:"problem,omitempty"` // why it could not be tried
	Diffs   []forge.FileDiff `json:"diffs,omitempty"`
	Made    []DryRunFile     `json:"-"`

	refused string
}

// Refused is why the template made nothing, so that there is nothing to
// record; empty when it did, or was meant not to.
func (r CaseResult) Refused() string { return r.refused }

// Passed reports whether everything was as recorded.
func (r CaseResult) Passed() bool { return r.Problem == "" && len(r.Diffs) == 0 }

// casesFolder is where a template's cases stand, beside its file.
const casesFolder = "tests/"

// Record writes a case as a file.
func Record(c Case) (string, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if c.Values == nil {
		c.Values = map[string]any{}
	}
	if err := e.Encode(c); err != nil {
		return "", err
	}
	return Bundle(b.String(), c.Files), e.Close()
}

// ReadCase reads a recorded case. What is wrong is fault Invalid.
func ReadCase(file string, data []byte) (Case, error) {
	c := Case{Path: file, Name: strings.TrimSuffix(path.Base(file), path.Ext(file))}
	head, files, err := Unbundle(string(data))
	if err != nil {
		return c, err
	}
	c.Files = files
	d := yaml.NewDecoder(strings.NewReader(head))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fault.Newf(fault.Invalid, "%s: the values cannot be read: %s.", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return c, nil
}

// isCase reports whether a file of a template's folder is a recorded case.
func isCase(p string) bool {
	return strings.HasPrefix(p, casesFolder) && strings.HasSuffix(p, ".txt") && strings.Count(p, "/") == 1
}

// RunCases tries every recorded case of a template, in the order of their
// names. A template without cases has none to fail.
func (e *Engine) RunCases(ctx context.Context, t *Template) ([]CaseResult, error) {
	_, files, err := t.Written(ctx)
	if err != nil {
		return nil, err
	}
	var out []CaseResult
	for _, f := range files {
		if !isCase(f.Path) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
		c, err := ReadCase(f.Path, f.Data)
		r := CaseResult{Name: c.Name, Path: f.Path}
		if err != nil {
			r.Problem = publicText(err)
			r.refused = r.Problem
		} else {
			r = e.runCase(ctx, t, c)
		}
		out = append(out, r)
	}
	return out, nil
}

// Alone is an engine without a portal: it tries templates, and nothing that
// the portal knows or is set to matters.
func Alone() *Engine { return New(Options{Store: nowhere{}, Forge: someForge{}}) }

// Said is what is wrong with a template or its values, on one line.
func Said(err error) string { return messages(err) }

// tester is who tries cases.
var tester = access.Viewer{Actor: action.Actor{ID: "system:test", Name: "Template test", Via: "system"}}

func (e *Engine) runCase(ctx context.Context, t *Template, c Case) CaseResult {
	r := CaseResult{Name: c.Name, Path: c.Path}
	got, err := Alone().rehearse(ctx, tester, t, DryRunInput{Values: c.Values, Secrets: c.Secret})
	r.Made = got.Files
	switch {
	case err != nil && c.Fails != "":
		if all := messages(err); !strings.Contains(all, c.Fails) {
			r.refused = all
			r.Problem = "It was refused with another message: " + all
		}
	case err != nil:
		r.refused = messages(err)
		r.Problem = r.refused
	case c.Fails != "":
		r.Problem = "It should have been refused with " + c.Fails
		r.refused = r.Problem
	default:
		r.Diffs = Diffs(c.Files, got.Files)
		r.modes(c.Files, got.Files)
	}
	return r
}

// modes tells files that are no longer executable, or are now.
func (r *CaseResult) modes(want, got []DryRunFile) {
	for _, w := range want {
		i := slices.IndexFunc(got, func(g DryRunFile) bool { return g.Path == w.Path })
		if i >= 0 && got[i].Executable != w.Executable {
			word := "is executable now"
			if w.Executable {
				word = "is not executable any more"
			}
			r.Problem = strings.TrimSpace(r.Problem + " " + w.Path + " " + word + ".")
		}
	}
}

// messages are all that a refusal says.
func messages(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	parts := []string{}
	for _, x := range f.Fields {
		parts = append(parts, strings.TrimPrefix(x.Field+": ", ": ")+x.Message)
	}
	if len(parts) == 0 {
		return f.Public
	}
	return strings.Join(parts, " · ")
}

// nowhere is a store without anything in it; steps of cases look nothing up.
type nowhere struct{ Store }

// Entity implements Store.
func (nowhere) Entity(_ context.Context, _ access.Viewer, ref catalog.Ref) (catalog.Entity, error) {
	return catalog.Entity{}, fault.Newf(fault.NotFound, "%s is not in the catalog: a template that is tried by itself sees nothing of it.", ref)
}

// someForge is a forge that always answers the same.
type someForge struct{ Forge }

// Available implements Forge.
func (someForge) Available() error { return nil }

// CloneURL implements Forge.
func (someForge) CloneURL(owner, repo string) string {
	return "https://" + forge.Host + "/git/" + owner + "/" + repo + ".git"
}
