package handlers

import (
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/views/ui"
	"github.com/waymark-portal/waymark/views/workshopview"
)

// result is what the page shows of a try.
func (b *bench) result() (workshopview.Result, error) {
	got := *b.got
	out := workshopview.Result{Failed: failed(got)}
	for _, f := range got.Flaws {
		out.Flaws = append(out.Flaws, b.flaw(f))
		if f.Warning {
			out.Warnings++
		}
	}
	total := 0
	for _, f := range got.Files {
		total += len(f.Data)
	}
	out.Summary = ui.Plural(len(got.Files), "file", "files") + ", " + ui.Bytes(int64(total))
	b.showFiles(&out)
	for _, l := range got.Log {
		out.Log = append(out.Log, workshopview.Line{Step: l.Step, Level: l.Level, Text: l.Text})
	}
	for _, r := range got.Repos {
		out.Facts = append(out.Facts, ui.Pair{Key: "Repository", Value: r, Mono: true})
	}
	for _, e := range got.Entities {
		kind, name, _ := strings.Cut(e, ":")
		out.Facts = append(out.Facts, ui.Pair{Key: "Catalog " + kind, Value: name, Mono: true})
	}
	return out, b.judge(&out)
}

// judge asks the policies about what would be made.
func (b *bench) judge(out *workshopview.Result) error {
	got := b.got
	if b.h.Judge == nil || got.Template == nil || out.Failed {
		return nil
	}
	d, err := b.h.Judge.Check(b.c.Request().Context(), scaffold.ActionName, scaffold.PolicyInput(*got, b.values))
	if err != nil {
		return err
	}
	for _, v := range d.Violations {
		out.Rules = append(out.Rules, workshopview.Rule{Name: v.Rule, Severity: v.Severity, Message: v.Message, Fix: v.Fix})
	}
	out.RulesOK = "No rule is broken."
	return nil
}

// linesAround is how many lines of the source stand before and after the one in
// question.
const linesAround = 2

func (b *bench) flaw(f scaffold.Flaw) workshopview.Flaw {
	out := workshopview.Flaw{Warning: f.Warning, Message: f.Message, Hint: f.Suggestion, Where: f.Field}
	if f.Expression != "" && !strings.Contains(f.Message, f.Expression) {
		out.Message += " (in " + f.Expression + ")"
	}
	if f.File == "" || f.Line == 0 {
		return out
	}
	out.Where = f.File + ":" + strconv.Itoa(f.Line)
	if f.Column > 0 {
		out.Where += ":" + strconv.Itoa(f.Column)
	}
	lines := strings.Split(b.sourceOf(f.File), "\n")
	for n := max(1, f.Line-linesAround); n <= min(len(lines), f.Line+linesAround) && f.Line <= len(lines); n++ {
		out.Source = append(out.Source, workshopview.SourceLine{N: n, Text: cutLine(lines[n-1]), At: n == f.Line})
	}
	return out
}

// cutLine keeps very long lines short.
func cutLine(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}

// sourceOf is the text of a file that was sent, "" when there is none.
func (b *bench) sourceOf(file string) string {
	if file == "template.yaml" {
		return b.text
	}
	for _, f := range b.files {
		if f.Path == path.Clean(file) && utf8.Valid(f.Data) {
			return string(f.Data)
		}
	}
	return ""
}

// fewFiles are opened at once.
const fewFiles = 4

// showFiles compares the files with those of the try before, or each with the
// one of the skeleton that it was made from.
func (b *bench) showFiles(out *workshopview.Result) {
	before := b.previous
	out.Against = ", compared with the try before"
	if !b.compared {
		before, out.Against = b.skeleton(), ", compared with the skeleton"
	}
	diffs := map[string]workshopview.File{}
	for _, d := range scaffold.Diffs(before, b.got.Files) {
		if d.Deleted {
			if b.compared {
				out.Gone = append(out.Gone, d.Path)
			}
			continue
		}
		f := workshopview.File{Note: "changed", Tone: ui.Info, Diff: workshopview.NewDiff(d.Text)}
		if d.Created {
			f.Note, f.Tone, f.Diff = "new", ui.Good, nil
		}
		diffs[d.Path] = f
	}
	shown := 0
	for _, made := range b.got.Files {
		f, differs := diffs[made.Path]
		f.Path = made.Path
		if !differs {
			f.Note, f.Tone = "the same", ui.Neutral
		}
		switch {
		case !utf8.Valid(made.Data) || strings.Contains(string(made.Data), "\x00"):
			f.Note, f.Diff = "not text", nil
		case len(made.Data) <= maxShownFile && shown+len(made.Data) <= maxShownFiles:
			f.Text, shown = string(made.Data), shown+len(made.Data)
		}
		f.Open = f.Note == "changed" && (b.compared || len(b.got.Files) <= fewFiles)
		out.Files = append(out.Files, f)
	}
}

// skeleton are the files that were sent under the names that they will have:
// without their first folder and the ending of templates.
func (b *bench) skeleton() []scaffold.DryRunFile {
	var out []scaffold.DryRunFile
	for _, f := range b.files {
		if _, rest, ok := strings.Cut(f.Path, "/"); ok {
			out = append(out, scaffold.DryRunFile{Path: strings.TrimSuffix(rest, ".njk"), Data: f.Data})
		}
	}
	return out
}
