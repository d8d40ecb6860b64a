package scaffold

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// MaxSent is how much the files of a template that is tried may be, in bytes.
const MaxSent = 10 << 20

// NewTemplate is what the workshop begins with.
const NewTemplate = `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata:
  name: my-service
  title: My service
  description: Say in one sentence what people get.
  annotations:
    backstage.io/time-saved: PT4H
spec:
  owner: group:default/platform
  type: service
  version: "1.0"
  strict: true # every undefined value is an error
  parameters:
    - title: About the service
      required: [name, owner]
      properties:
        name:
          type: string
          title: Name
          ui:field: EntityNamePicker
        owner:
          type: string
          title: Owner
          ui:field: OwnerPicker
          ui:options:
            catalogFilter:
              kind: Group
  steps:
    - id: files
      name: Make the files
      action: fetch:template
      input:
        url: ./skeleton
        values:
          name: ${{ parameters.name }}
          owner: ${{ parameters.owner }}
`

// NewSkeleton are the files that the workshop begins with.
const NewSkeleton = `-- skeleton/README.md --
# ${{ values.name }}

Owned by ${{ values.owner }}.
-- skeleton/catalog-info.yaml --
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ${{ values.name }}
spec:
  type: service
  lifecycle: production
  owner: ${{ values.owner }}
`

// Attempt is a template that is being written, with what somebody enters.
type Attempt struct {
	Text    string
	Files   []DryRunFile
	Values  map[string]any
	Secrets map[string]string
}

// Attempted is what came of an attempt. Template is nil when it cannot be
// read.
type Attempted struct {
	DryRunResult
	Template *Template
	Team     string // that would own what is made
	Flaws    []Flaw // errors first
}

// Flaw is what is wrong with a template or its files, at its place as far as
// that is known. A warning stops nothing.
type Flaw struct {
	expr.Error
	Field   string `json:"field,omitempty"` // of the values or of the template
	Step    string `json:"step,omitempty"`
	Warning bool   `json:"warning,omitempty"`
}

// Attempt tries a template without touching anything outside; nothing is
// kept. What is wrong with it is in the answer, the error is the server's.
func (e *Engine) Attempt(ctx context.Context, v access.Viewer, in Attempt) (Attempted, error) {
	var out Attempted
	size := len(in.Text)
	for _, f := range in.Files {
		size += len(f.Data)
	}
	if size > MaxSent {
		return out, fault.Newf(fault.TooLarge, "A template and its files may have %d MB. Nothing was tried.", MaxSent>>20)
	}
	files, err := sentFolder(in.Files)
	if err == nil {
		out.Template, err = Parse([]byte(in.Text), "template.yaml", files)
	}
	if err == nil {
		out.Team = e.teamOf(out.Template, v.Actor, in.Values)
		out.DryRunResult, err = e.rehearse(ctx, v, out.Template, DryRunInput{Values: in.Values, Secrets: in.Secrets})
	}
	out.flaws(err)
	if err != nil && fault.KindOf(err) == fault.Internal {
		return out, err
	}
	return out, nil
}

// flaws gathers what failed and what the log warns of.
func (out *Attempted) flaws(err error) {
	var f *fault.Error
	if errors.As(err, &f) {
		for _, x := range f.Fields {
			for _, flaw := range placed(x.Message) {
				flaw.Field = x.Field
				out.Flaws = append(out.Flaws, flaw)
			}
		}
		if len(f.Fields) == 0 {
			out.Flaws = append(out.Flaws, placed(f.Public)...)
		}
	}
	for _, l := range out.Log {
		if l.Level != "warn" {
			continue
		}
		for _, flaw := range placed(l.Text) {
			flaw.Step, flaw.Warning = l.Step, true
			out.Flaws = append(out.Flaws, flaw)
		}
	}
}

var (
	flawPlace = regexp.MustCompile(`^(?:The template cannot be rendered\. )?([^\s:]*[^\s:]|[^:]* \(its name\)):(\d+)(?::(\d+))?: (.*)$`)
	flawFile  = regexp.MustCompile(`^(template\.yaml): (.*)$`)
	flawLine  = regexp.MustCompile(`\bline (\d+): `)
	flawTail  = regexp.MustCompile("^(.*?) \\(in `(.*?)`\\)(?: (.*))?$")
)

// placed reads the places that messages begin with: file:line:column.
func placed(text string) []Flaw {
	var out []Flaw
	text = strings.TrimSuffix(text, ". Nothing was made.")
	for part := range strings.SplitSeq(text, " · ") {
		f := Flaw{Error: expr.Error{Message: part}}
		if m := flawPlace.FindStringSubmatch(part); m != nil {
			f.File, f.Message = m[1], m[4]
			f.Line, _ = strconv.Atoi(m[2])
			f.Column, _ = strconv.Atoi(m[3])
		}
		if m := flawFile.FindStringSubmatch(part); m != nil {
			f.File, f.Message = m[1], m[2]
			if at := flawLine.FindStringSubmatch(f.Message); at != nil {
				f.Line, _ = strconv.Atoi(at[1])
			}
		}
		if m := flawTail.FindStringSubmatch(f.Message); m != nil {
			f.Message, f.Expression, f.Suggestion = m[1], m[2], m[3]
		}
		out = append(out, f)
	}
	return out
}

// Written is a template's file and its folder, for the workshop to begin with
// and for its recorded cases. Files that do not fit are left out.
func (t *Template) Written(ctx context.Context) (text string, files []DryRunFile, err error) {
	if t.files == nil {
		return "", nil, fault.New(fault.Unavailable, "The files of this template are not within reach.")
	}
	folder, err := fs.Sub(t.files, path.Dir(t.file))
	if err != nil {
		return "", nil, err
	}
	left := MaxSent
	err = fs.WalkDir(folder, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if int64(left) < info.Size() || len(files) >= maxFiles {
			return fault.Newf(fault.TooLarge, "The folder of this template has more than %d MB.", MaxSent>>20)
		}
		b, err := fs.ReadFile(folder, p)
		if err != nil {
			return err
		}
		if p == path.Base(t.file) {
			text = string(b)
			return nil
		}
		left -= len(b)
		files = append(files, DryRunFile{Path: p, Data: b, Executable: info.Mode()&0o111 != 0})
		return nil
	})
	return text, files, err
}

// Diffs compares files with others of the same path, such as those of the try
// before. What is equal is left out.
func Diffs(before, after []DryRunFile) []forge.FileDiff {
	was := map[string]DryRunFile{}
	for _, f := range before {
		was[f.Path] = f
	}
	var out []forge.FileDiff
	for _, f := range after {
		old, there := was[f.Path]
		delete(was, f.Path)
		if there && string(old.Data) == string(f.Data) {
			continue
		}
		out = append(out, forge.Change{File: forge.File{Path: f.Path, Data: f.Data}, Was: old.Data, New: !there}.Diff())
	}
	for _, f := range before {
		if _, gone := was[f.Path]; gone {
			out = append(out, forge.Change{File: forge.File{Path: f.Path}, Was: f.Data, Delete: true}.Diff())
		}
	}
	return out
}

// PolicyInput is what policies judge of an attempt: the same as of the real
// use.
func PolicyInput(got Attempted, values map[string]any) map[string]any {
	return map[string]any{"template": got.Template.Ref.String(), "version": got.Template.Version, "owner": got.Team, "values": values,
		"repositories": got.Repos, "entities": got.Entities}
}
