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
	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
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
// unknown fields, owners that do not exist, names that are taken. An empty
// list means that all is well. Fields are named values.…. What v may not see
// does not exist.
func (e *Engine) Check(ctx context.Context, v access.Viewer, t *Template, values map[string]any) ([]fault.Field, error) {
	out, err := t.checkSchema(values)
	if err != nil {
		return nil, err
	}
	for _, p := range t.Params() {
		value, _ := values[p.Name].(string)
		if value == "" {
			continue
		}
		more, err := e.checkParam(ctx, v, p, value)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	repo, err := e.checkRepo(ctx, t, values)
	return append(out, repo...), err
}

// checkSchema validates the values page by page, each with its own fields.
func (t *Template) checkSchema(values map[string]any) ([]fault.Field, error) {
	var out []fault.Field
	known := map[string]bool{}
	for _, p := range t.Pages {
		own := map[string]any{}
		for _, q := range p.params {
			known[q.Name] = true
			if v, ok := values[q.Name]; ok {
				own[q.Name] = v
			}
		}
		err := action.ValidateValue(p.schema(), prefix, own)
		fields := fieldsOf(err)
		if err != nil && len(fields) == 0 {
			return nil, fmt.Errorf("page %q of %s: %w", p.Title, t.Ref, err)
		}
		out = append(out, fields...)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !known[name] {
			out = append(out, fault.Field{Field: prefix + name, Code: "unknown", Message: "There is no such field."})
		}
	}
	for i, f := range out {
		out[i].Message = t.friendly(f)
	}
	return dedupe(out), nil
}

// schema is the page as JSON Schema of the draft that template authors write.
func (p Page) schema() json.RawMessage {
	s := strings.TrimSpace(string(p.Schema))
	if strings.Contains(s, `"$schema"`) {
		return p.Schema
	}
	return json.RawMessage(`{"$schema":"http://json-schema.org/draft-07/schema#",` + strings.TrimPrefix(s, "{"))
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

// checkParam checks what a field of a certain kind promises.
func (e *Engine) checkParam(ctx context.Context, viewer access.Viewer, p Param, v string) ([]fault.Field, error) {
	refuse := func(code, format string, args ...any) []fault.Field {
		return []fault.Field{{Field: prefix + p.Name, Code: code, Message: fmt.Sprintf(format, args...)}}
	}
	switch p.Field {
	case "EntityNamePicker":
		ref := catalog.Ref{Kind: "component", Namespace: catalog.DefaultNamespace, Name: v}.Canonical()
		taken, err := e.taken(ctx, ref)
		if err != nil || taken == "" {
			return nil, err
		}
		return refuse("taken", "%s", taken), nil
	case "OwnerPicker", "MyGroupsPicker", "EntityPicker", "OwnedEntityPicker":
		return e.checkEntity(ctx, viewer, p, v, refuse)
	case "RepoUrlPicker":
		if _, _, err := forgeRepo(v); err != nil {
			return refuse("repository", "%s", publicText(err)), nil
		}
	}
	return nil, nil
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

// kindsOf are the kinds that a picker offers.
func kindsOf(p Param) []string {
	var out []string
	add := func(v any) {
		switch v := v.(type) {
		case string:
			out = append(out, strings.ToLower(v))
		case []any:
			for _, s := range texts(v) {
				out = append(out, strings.ToLower(s))
			}
		}
	}
	switch f := p.Options["catalogFilter"].(type) {
	case map[string]any:
		add(f["kind"])
	case []any:
		for _, x := range f {
			if m, ok := x.(map[string]any); ok {
				add(m["kind"])
			}
		}
	}
	add(p.Options["allowedKinds"])
	if len(out) == 0 {
		switch p.Field {
		case "OwnerPicker":
			return []string{"group", "user"}
		case "MyGroupsPicker":
			return []string{"group"}
		}
	}
	return out
}

// Kinds are the kinds of entity that the picker named field offers.
func Kinds(field string, options map[string]any) []string {
	return kindsOf(Param{Field: field, Options: options})
}

func (p Param) defaultKind() string {
	if k, ok := p.Options["defaultKind"].(string); ok && k != "" {
		return strings.ToLower(k)
	}
	if kinds := kindsOf(p); len(kinds) > 0 {
		return kinds[0]
	}
	return "component"
}

// checkEntity looks a picked entity up. What does not exist and what may not
// be seen answer alike.
func (e *Engine) checkEntity(ctx context.Context, viewer access.Viewer, p Param, v string, refuse func(string, string, ...any) []fault.Field) ([]fault.Field, error) {
	ref, err := catalog.ParseRef(v, p.defaultKind(), "")
	if err != nil {
		return refuse("reference", "%s", publicText(err)), nil
	}
	ref = ref.Canonical()
	kinds := kindsOf(p)
	if len(kinds) > 0 && !slices.Contains(kinds, ref.Kind) {
		return refuse("kind", "This must be a %s, not a %s.", strings.Join(kinds, " or "), ref.Kind), nil
	}
	_, err = e.o.Store.Entity(ctx, viewer, ref)
	if err == nil {
		return nil, nil
	}
	if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
		return nil, err
	}
	if free, ok := p.Options["allowArbitraryValues"].(bool); ok && free && p.Field == "EntityPicker" {
		return nil, nil
	}
	message := fmt.Sprintf("There is no %s “%s”.", ref.Kind, ref.Name)
	near, err := e.o.Store.EntityOptions(ctx, viewer, []string{ref.Kind}, "", 500)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(near))
	for i, s := range near {
		names[i] = s.Ref.Name
	}
	if s := expr.Nearest(ref.Name, names); s != "" {
		message += fmt.Sprintf(" Did you mean %s?", s)
	}
	return refuse("missing", "%s", message), nil
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
