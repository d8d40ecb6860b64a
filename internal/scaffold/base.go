package scaffold

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
)

// Again is what is to be rendered again for a repository that was made before.
type Again struct {
	Host, Repository string
	Values           map[string]any // the answers
	Team, By         string
}

// Rendering is what a template makes for a repository.
type Rendering struct {
	Files  []forge.File   // by path
	Values map[string]any // with defaults filled in
	Log    []string       // warnings
}

// Render makes the files that t would publish to a repository, without
// touching anything outside. Answers that t does not ask for are left out;
// what it asks for and is not answered is fault Invalid, with its fields.
func (e *Engine) Render(ctx context.Context, t *Template, a Again) (Rendering, error) {
	values := map[string]any{}
	secrets := map[string]any{}
	for _, p := range t.Params() {
		if p.Secret {
			secrets[p.Name] = "" // it goes to hosts, never into files
			continue
		}
		if v, ok := a.Values[p.Name]; ok && v != nil {
			values[p.Name] = v
		}
	}
	values = t.filled(values)
	if wrong, err := t.unanswered(values); err != nil || len(wrong) > 0 {
		if err == nil {
			err = fault.InvalidFields(wrong...)
		}
		return Rendering{Values: values}, err
	}
	o := Order{Template: t.Ref.String(), Version: t.Version, Steps: t.Steps, Output: t.Output, Values: values, Team: a.Team, By: a.By}
	if ref, err := catalog.ParseRef(a.By, "", ""); err == nil && ref.Kind == "user" {
		if user, err := e.o.Store.Entity(ctx, access.System("create"), ref); err == nil {
			o.User, o.Email = user.Body(), user.Profile("email")
		}
	}
	trial, err := e.Try(ctx, t, o, secrets)
	if err != nil {
		return Rendering{Values: values}, fmt.Errorf("render %s %s: %w", t.Ref, t.Version, err)
	}
	i := slices.IndexFunc(trial.trees, func(p Published) bool {
		return p.Host == a.Host && strings.EqualFold(p.Repository, a.Repository)
	})
	if i < 0 {
		return Rendering{Values: values}, fault.Newf(fault.Invalid, "%s %s does not publish %s/%s any more with these answers, so nothing can be merged into it.", t.Title, t.Version, a.Host, a.Repository)
	}
	r := Rendering{Files: slices.Clone(trial.trees[i].Files), Values: values}
	slices.SortFunc(r.Files, func(x, y forge.File) int { return strings.Compare(x.Path, y.Path) })
	for _, l := range trial.Log {
		if w, ok := strings.CutPrefix(l, "warn: "); ok {
			r.Log = append(r.Log, w)
		}
	}
	return r, nil
}

// unanswered are the faults of values against the schema of the form, without
// asking whether names are free: what they name is there already.
func (t *Template) unanswered(values map[string]any) ([]fault.Field, error) {
	given := map[string]any{}
	for k, v := range values {
		if v != nil {
			given[k] = v
		}
	}
	return t.checkSchema(given)
}

// AnswersOf reads kept answers.
func AnswersOf(kept json.RawMessage) (map[string]any, error) {
	out := map[string]any{}
	if len(kept) == 0 {
		return out, nil
	}
	if err := json.Unmarshal(kept, &out); err != nil {
		return nil, fmt.Errorf("kept answers: %w", err)
	}
	return out, nil
}

// Missing says, a sentence each, what kept answers lack for this version.
func (t *Template) Missing(values map[string]any) []string {
	given := map[string]any{}
	for _, p := range t.Params() {
		if v, ok := values[p.Name]; ok && !p.Secret {
			given[p.Name] = v
		}
	}
	wrong, err := t.unanswered(t.filled(given))
	if err != nil {
		return []string{"The form of this version cannot be read."}
	}
	var out []string
	for _, w := range wrong {
		out = append(out, strings.TrimPrefix(w.Field, prefix)+": "+w.Message)
	}
	return out
}

// Asks is the form of what this version asks for beside kept answers: new
// fields, and those whose answers do not fit any more. Nil when it is nothing.
func (t *Template) Asks(values map[string]any) (json.RawMessage, error) {
	wrong, err := t.unanswered(t.filled(values))
	if err != nil {
		return nil, err
	}
	ask := map[string]bool{}
	for _, w := range wrong {
		name, _, _ := strings.Cut(strings.TrimPrefix(w.Field, prefix), ".")
		ask[name] = true
	}
	properties, required := map[string]any{}, []string{}
	for _, page := range t.Pages {
		var schema map[string]any
		if err := json.Unmarshal(page.Schema, &schema); err != nil {
			return nil, fmt.Errorf("page %q of %s: %w", page.Title, t.Ref, err)
		}
		for _, p := range page.params {
			_, answered := values[p.Name]
			def, ok := object(schema, "properties")[p.Name]
			if !ok || p.Secret || answered && !ask[p.Name] {
				continue
			}
			properties[p.Name] = def
			if slices.Contains(texts(schema["required"]), p.Name) {
				required = append(required, p.Name)
			}
		}
	}
	if len(properties) == 0 {
		return nil, nil
	}
	return json.Marshal(map[string]any{"type": "object", "properties": properties, "required": required})
}
