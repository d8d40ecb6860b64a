package scaffold

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
)

// DryRunInput is a template that somebody sends to be tried, with its folder.
type DryRunInput struct {
	Template json.RawMessage // the entity
	Values   map[string]any
	Secrets  map[string]string
	Files    []DryRunFile
}

// DryRunFile is one file of a folder.
type DryRunFile struct {
	Path       string
	Data       []byte
	Executable bool
}

// DryRunResult is what the template would have made.
type DryRunResult struct {
	Log    []run.Line // without times
	Files  []DryRunFile
	Output map[string]any
	Steps  []Step

	Repos    []string // that would be made
	Entities []string // references of what would be in the catalog
}

// DryRun goes through the steps of a template that is not in the catalog,
// without touching anything outside. The template is not trusted, so its steps
// read nothing but the files that came with it.
func (e *Engine) DryRun(ctx context.Context, v access.Viewer, in DryRunInput) (DryRunResult, error) {
	files, err := sentFolder(in.Files)
	if err != nil {
		return DryRunResult{}, err
	}
	t, err := Parse(in.Template, "template.yaml", files)
	if err != nil {
		return DryRunResult{}, err
	}
	return e.rehearse(ctx, v, t, in)
}

// rehearse tries a template whose steps read nothing but the folder it came
// with. What was made until something failed is in the result.
func (e *Engine) rehearse(ctx context.Context, v access.Viewer, t *Template, in DryRunInput) (DryRunResult, error) {
	var out DryRunResult
	if list := e.lacking(t.Steps); len(list) > 0 {
		return out, fault.Newf(fault.Invalid, "The template uses actions that Waymark does not have, or that are switched off: %s.", strings.Join(list, ", "))
	}
	wrong, err := t.checkSchema(in.Values)
	if err != nil {
		return out, err
	}
	if len(wrong) > 0 {
		return out, fault.InvalidFields(wrong...)
	}
	o, err := e.order(ctx, v.Actor, t, createInput{Values: in.Values, Secrets: in.Secrets}, v.Team)
	if err != nil {
		return out, err
	}
	x := e.dryExecution(t, o)
	x.confined = true
	for name, s := range in.Secrets {
		x.secrets[name] = s
	}
	out.Steps = o.Steps
	failed := x.tryAll(ctx, &out)
	for _, p := range x.work.Paths() {
		f, _ := x.work.Get(p)
		out.Files = append(out.Files, DryRunFile{p, f.Data, f.Mode == forge.Executable})
	}
	for _, r := range x.repos {
		out.Repos = append(out.Repos, r.Slug())
	}
	for _, p := range x.places {
		out.Repos = append(out.Repos, p.at.String())
	}
	for _, n := range entities(x.work) {
		out.Entities = append(out.Entities, n.Ref.String())
	}
	return out, asInvalid(failed)
}

// tryAll does the steps and keeps their log.
func (x *execution) tryAll(ctx context.Context, out *DryRunResult) error {
	step := ""
	room := maxTrialLog
	x.log = func(level, text string) {
		if room <= 0 {
			return
		}
		text, _ = x.hide(text).(string)
		if room -= len(text) + 8; room <= 0 {
			level, text = "warn", "The log is cut here."
		}
		out.Log = append(out.Log, run.Line{Step: step, Level: level, Text: text})
	}
	for _, s := range x.order.Steps {
		step = s.ID
		x.log(Began, "Beginning step "+s.Name)
		skipped, err := x.step(ctx, s)
		switch {
		case err != nil:
			return fmt.Errorf("step %q: %w", s.Name, err)
		case skipped != "":
			x.log(Skipped, "Skipped step "+s.Name+": "+skipped)
		default:
			x.log(Finished, "Finished step "+s.Name)
		}
	}
	step = ""
	var err error
	if out.Output, err = x.result(ctx); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// sentFolder is files that were sent as a folder.
func sentFolder(list []DryRunFile) (*zip.Reader, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	var seen []string
	for _, f := range list {
		p, err := CleanPath(f.Path)
		if err != nil || p == "" {
			return nil, fault.Newf(fault.Invalid, "The path %.80q is not allowed: paths are relative, with slashes.", f.Path)
		}
		seen = append(seen, p)
		w, err := z.Create(p)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.Data); err != nil {
			return nil, err
		}
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != len(list) {
		return nil, fault.New(fault.Invalid, "Two of the files have the same path.")
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}
