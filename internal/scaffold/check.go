package scaffold

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
)

// prefix is of the field names in what is refused.
const prefix = "values."

func fieldsOf(err error) []fault.Field {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Fields
	}
	return nil
}

// Check finds everything that is wrong with values for a template: schema,
// unknown fields, what pickers promise, names that are taken. An empty list
// means that all is well. Fields are named values.…. What v may not see does
// not exist. Form, API and command line are checked by it alike.
func (e *Engine) Check(ctx context.Context, v access.Viewer, t *Template, values map[string]any) ([]fault.Field, error) {
	out, picks, err := t.judge(values)
	if err != nil {
		return nil, err
	}
	for _, p := range picks {
		more, err := e.checkPick(ctx, v, t, p, values)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	repo, err := e.checkRepo(ctx, t, values)
	return append(out, repo...), err
}

// Form is the form of a page of the template. It fails with form.ErrSchema for
// a page that cannot be shown; one without fields is an empty form.
func (p Page) Form() (*form.Schema, error) {
	s, err := form.Parse(p.Schema)
	if err == nil {
		return s, nil
	}
	var words map[string]json.RawMessage
	if json.Unmarshal(p.Schema, &words) != nil || words["properties"] != nil {
		return nil, err
	}
	return form.Parse([]byte(`{"type":"object"}`))
}

// checkSchema validates the values without asking anybody.
func (t *Template) checkSchema(values map[string]any) ([]fault.Field, error) {
	out, _, err := t.judge(values)
	return out, err
}

// judge validates the values page by page, each with its own fields and with
// the conditions decided by the values of all pages. It returns what pickers
// hold, to be looked up.
func (t *Template) judge(values map[string]any) (out []fault.Field, picks []form.Picked, err error) {
	known, dormant := map[string]bool{}, map[string]bool{}
	for _, p := range t.Pages {
		s, err := p.Form()
		if err != nil {
			return nil, nil, fmt.Errorf("page %q of %s: %w", p.Title, t.Ref, err)
		}
		e, err := s.Effect(values, nil, strings.TrimSuffix(prefix, "."))
		if err != nil {
			return nil, nil, err
		}
		own := map[string]any{}
		for _, name := range e.Names {
			known[name] = true
			if v, ok := values[name]; ok && v != nil {
				own[name] = v
			}
		}
		for _, name := range e.Dormant {
			dormant[name] = true
		}
		err = action.ValidateValue(e.Schema, prefix, own)
		fields := fieldsOf(err)
		if err != nil && len(fields) == 0 {
			return nil, nil, fmt.Errorf("page %q of %s: %w", p.Title, t.Ref, err)
		}
		out, picks = append(append(out, fields...), e.Faults...), append(picks, e.Picks...)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case known[name] || values[name] == nil:
		case dormant[name]:
			out = append(out, fault.Field{Field: prefix + name, Code: "dormant", Message: "This does not count with the other choices. Leave it out."})
		default:
			out = append(out, fault.Field{Field: prefix + name, Code: "unknown", Message: "There is no such field."})
		}
	}
	for i, f := range out {
		out[i].Message = t.friendly(f)
	}
	return dedupe(out), picks, nil
}

// defaults are the first values of the fields that count with values.
func (t *Template) defaults(values map[string]any) map[string]any {
	out := map[string]any{}
	for _, p := range t.Pages {
		s, err := p.Form()
		if err != nil {
			continue // checked before anything is made of it
		}
		for k, v := range s.Filled(values, nil) {
			if _, given := values[k]; !given {
				out[k] = v
			}
		}
	}
	return out
}

// friendly says in words what a name must look like.
func (t *Template) friendly(f fault.Field) string {
	if f.Code != "pattern" {
		return f.Message
	}
	for _, p := range t.Params() {
		if prefix+p.Name != f.Field {
			continue
		}
		if s, ok := p.Options["patternMessage"].(string); ok {
			return s
		}
	}
	return f.Message
}

func dedupe(in []fault.Field) []fault.Field {
	var out []fault.Field
	for _, f := range in {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// taken says why a name cannot be used, "" when it is free.
func (e *Engine) taken(ctx context.Context, ref catalog.Ref) (string, error) {
	_, err := e.o.Store.Entity(ctx, access.System("create"), ref)
	switch {
	case err == nil:
		return fmt.Sprintf("The catalog holds a %s %s already.", ref.Kind, ref.Name), nil
	case !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) && !fault.Is(err, fault.Invalid):
		return "", err
	}
	run, err := e.o.Store.MakingScaffold(ctx, ref.String())
	if err != nil || run == "" {
		return "", err
	}
	return fmt.Sprintf("%s is being made right now.", ref.Name), nil
}

// checkRepo looks whether the repositories that the steps would publish are
// free. A step whose address cannot be worked out yet is left alone: other
// fields are to be filled first.
func (e *Engine) checkRepo(ctx context.Context, t *Template, values map[string]any) ([]fault.Field, error) {
	x := e.dryExecution(t, Order{Values: t.filled(values)})
	var out []fault.Field
	for _, s := range t.Steps {
		in, _ := s.Input.(map[string]any)
		if s.Action != "publish:git" || in == nil || s.Each != nil {
			continue
		}
		r, err := x.resolve(ctx, in["repoUrl"], "", x.vars(false))
		address, _ := r.Value.(string)
		if err != nil || address == "" {
			continue
		}
		owner, name, err := forgeRepo(address)
		if err != nil {
			continue
		}
		message, err := e.repoTaken(ctx, Repo{owner, name})
		if err != nil {
			return nil, err
		}
		if message != "" {
			out = append(out, fault.Field{Field: t.nameField(), Code: "taken", Message: message})
		}
	}
	return out, nil
}

// nameField is the field to which faults of names belong.
func (t *Template) nameField() string {
	for _, name := range []string{t.NameParam()} {
		if name != "" {
			return prefix + name
		}
	}
	if p, ok := t.param("RepoUrlPicker"); ok {
		return prefix + p.Name
	}
	return "values"
}

// repoTaken says why a repository cannot be made, "" when its name is free. A
// reservation of a run that came to nothing is free.
func (e *Engine) repoTaken(ctx context.Context, r Repo) (string, error) {
	found, err := e.o.Store.Repository(ctx, r.Owner, r.Name)
	switch {
	case fault.Is(err, fault.NotFound):
		return "", nil
	case err != nil:
		return "", err
	case found.State == "ready":
		return fmt.Sprintf("The forge holds a repository %s already.", r.Slug()), nil
	}
	return "", nil
}
