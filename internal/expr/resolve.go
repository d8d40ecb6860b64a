package expr

import (
	"context"
	"errors"
	"strconv"
)

// Place is where a text stands in its file.
type Place struct{ Line, Column int }

// Resolver renders every text in a structure, such as the input of a step.
type Resolver struct {
	Options
	Vars map[string]any
	// Places finds texts in their file by their path (steps[0].input.url).
	Places map[string]Place

	warnings, failed []*Error
}

// Resolved is a rendered structure. Failed is what could not be rendered; only
// strict templates have any, others keep the text as it was and warn.
type Resolved struct {
	Value    any
	Defined  bool // false: the whole was one undefined expression
	Warnings []*Error
	Failed   []*Error
}

// Resolve renders v, which stands at path. Keys of objects stay as they are;
// a key whose value is one undefined expression is left out. The error is the
// context's.
func (r *Resolver) Resolve(ctx context.Context, v any, path string) (Resolved, error) {
	r.warnings, r.failed = nil, nil
	out, defined, err := r.walk(ctx, v, path, 0)
	return Resolved{Value: out, Defined: defined, Warnings: r.warnings, Failed: r.failed}, err
}

func (r *Resolver) walk(ctx context.Context, v any, path string, depth int) (any, bool, error) {
	if depth > 100 {
		return nil, false, errors.New("this input is nested too deep")
	}
	switch v := v.(type) {
	case string:
		return r.text(ctx, v, path)
	case []any:
		out := make([]any, 0, len(v))
		for i, x := range v {
			y, defined, err := r.walk(ctx, x, path+"["+strconv.Itoa(i)+"]", depth+1)
			if err != nil {
				return nil, false, err
			}
			if defined {
				out = append(out, y)
			}
		}
		return out, true, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range sortedKeys(v) {
			y, defined, err := r.walk(ctx, v[k], path+"."+k, depth+1)
			if err != nil {
				return nil, false, err
			}
			if defined {
				out[k] = y
			}
		}
		return out, true, nil
	}
	return v, true, nil
}

func (r *Resolver) text(ctx context.Context, s, path string) (any, bool, error) {
	if !HasTags(s, r.Cookiecutter) {
		return s, true, nil
	}
	o := r.Options
	if p, ok := r.Places[path]; ok {
		o.Line, o.Column = p.Line, p.Column
	}
	t, err := Compile(s, o)
	var v Value
	if err == nil {
		v, err = t.Value(ctx, r.Vars)
		r.warnings = append(r.warnings, v.Warnings...)
	}
	var fault *Error
	switch {
	case err == nil:
		return v.Value, v.Defined, nil
	case !errors.As(err, &fault):
		return nil, false, err
	case r.Strict:
		r.failed = append(r.failed, fault)
	default:
		r.warnings = append(r.warnings, fault)
	}
	return s, true, nil
}
