package scaffold

import (
	"context"
	"fmt"
	"maps"

	"github.com/waymark-portal/waymark/internal/catalog"
)

// Trial is what a run would make.
type Trial struct {
	Files    []TrialFile    `json:"files"`
	Log      []string       `json:"log"`
	Skipped  []string       `json:"skipped,omitempty"` // ids of steps that would be skipped
	Output   map[string]any `json:"output"`
	Repos    []string       `json:"repositories"` // owner/name
	Entities []string       `json:"entities"`     // references

	repos    []Repo
	places   []hosted
	entities []catalog.Entity
	sources  *sources
	trees    []Published
}

// TrialFile is one file of a trial.
type TrialFile struct {
	Path string `json:"path"`
	Size int    `json:"size"`
	Text string `json:"-"`
}

func (e *Engine) dryExecution(t *Template, o Order) *execution {
	return &execution{engine: e, tmpl: t, order: o, run: "run_dry", dry: true, secrets: map[string]any{}, work: NewWorkspace(),
		outputs: map[string]any{}, sources: newSources(), log: func(string, string) {}, note: func(string) {}}
}

// filled are the values with the defaults of the schema and, so that strict
// templates may ask for what is optional, null for what was left empty.
func (t *Template) filled(values map[string]any) map[string]any {
	out := maps.Clone(values)
	if out == nil {
		out = map[string]any{}
	}
	defaults := t.defaults(values)
	for _, p := range t.Params() {
		if _, ok := out[p.Name]; ok || p.Secret {
			continue
		}
		if v, ok := defaults[p.Name]; ok {
			out[p.Name] = v
		} else if t.Strict {
			out[p.Name] = nil
		}
	}
	return out
}

// Try goes through all steps without touching anything outside: it makes the
// files, and says what would be published and registered.
func (e *Engine) Try(ctx context.Context, t *Template, o Order, secrets map[string]any) (Trial, error) {
	x := e.dryExecution(t, o)
	x.secrets = secrets
	trial := Trial{}
	room := maxTrialLog
	x.log = func(level, text string) {
		text, _ = x.hide(text).(string)
		if room -= len(text) + 8; room > 0 {
			trial.Log = append(trial.Log, level+": "+text)
		}
	}
	steps := o.Steps
	if steps == nil {
		steps = t.Steps
	}
	for _, s := range steps {
		skipped, err := x.step(ctx, s)
		if err != nil {
			return trial, fmt.Errorf("step %q: %w", s.Name, err)
		}
		if skipped != "" {
			trial.Skipped = append(trial.Skipped, s.ID)
		}
	}
	out, err := x.result(ctx)
	if err != nil {
		return trial, fmt.Errorf("output: %w", err)
	}
	trial.Output, trial.repos, trial.entities, trial.sources, trial.trees = out, x.repos, entities(x.work), x.sources, x.trees
	for _, p := range x.work.Paths() {
		f, _ := x.work.Get(p)
		trial.Files = append(trial.Files, TrialFile{p, len(f.Data), string(f.Data)})
	}
	trial.places = x.places
	for _, p := range x.places {
		trial.Repos = append(trial.Repos, p.at.String())
	}
	for _, r := range x.repos {
		trial.Repos = append(trial.Repos, r.Slug())
	}
	for _, n := range trial.entities {
		trial.Entities = append(trial.Entities, n.Ref.String())
	}
	return trial, nil
}
