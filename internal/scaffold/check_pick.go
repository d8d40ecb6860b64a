package scaffold

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/expr"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/form"
)

// checkPick checks what a field of a certain kind promises.
func (e *Engine) checkPick(ctx context.Context, v access.Viewer, t *Template, p form.Picked, values map[string]any) ([]fault.Field, error) {
	var out []fault.Field
	for _, value := range p.Values {
		if value == "" {
			continue
		}
		code, message, err := e.checkPicked(ctx, v, t, p, value, values)
		if err != nil {
			return nil, err
		}
		if message != "" {
			out = append(out, fault.Field{Field: p.Name, Code: code, Message: message})
		}
	}
	return out, nil
}

func (e *Engine) checkPicked(ctx context.Context, v access.Viewer, t *Template, p form.Picked, value string, values map[string]any) (code, message string, err error) {
	switch p.Field {
	case "EntityNamePicker":
		return e.checkName(ctx, value)
	case "EntityTagsPicker":
		return "tag", tagRule(value), nil
	case "OwnerPicker", "MyGroupsPicker", "EntityPicker", "OwnedEntityPicker", "MultiEntityPicker":
		return e.checkEntity(ctx, v, Picker{Field: p.Field, Options: p.Options, Strict: t.Strict}, value)
	case form.RepoField:
		return "repository", e.checkAddress(p.Options, value), nil
	case "RepoOwnerPicker":
		return "owner", checkRepoOwner(p.Options, value), nil
	case "RepoBranchPicker":
		return e.checkBranch(ctx, t, value, values)
	}
	return "", "", nil
}

var (
	pickedName = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)
	tagName    = regexp.MustCompile(`^[a-z0-9:+#]+(-[a-z0-9:+#]+)*$`)
)

// maxTag is how long names and tags of the catalog may be.
const maxTag = 63

func (e *Engine) checkName(ctx context.Context, name string) (code, message string, err error) {
	if len(name) > maxTag || !pickedName.MatchString(name) {
		return "pattern", "A name has letters, digits, dashes, underscores and dots, begins and ends with a letter or digit, and is at most 63 long.", nil
	}
	message, err = e.taken(ctx, catalog.Ref{Kind: "component", Namespace: catalog.DefaultNamespace, Name: name}.Canonical())
	return "taken", message, err
}

func tagRule(tag string) string {
	if len(tag) > maxTag || !tagName.MatchString(tag) {
		return fmt.Sprintf("“%s” cannot be a tag: tags have lower-case letters, digits, and : + # with single dashes between, at most 63.", tag)
	}
	return ""
}

// Picker is a form's field that offers entities.
type Picker struct {
	Field   string         // ui:field
	Options map[string]any // ui:options
	Strict  bool           // of a template that says so: only what exists will do
}

// Kinds are the kinds of entity that the picker offers; none: all.
func (p Picker) Kinds() []string {
	var out []string
	for _, f := range p.filters() {
		for _, k := range f["kind"].Values {
			if k = strings.ToLower(k); !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
		if len(f["kind"].Values) == 0 {
			return nil
		}
	}
	return out
}

// Pick is what the picker asks the catalog for on behalf of v.
func (p Picker) Pick(v access.Viewer, text string, limit int) catalog.Pick {
	q := catalog.Pick{Any: p.filters(), Text: text, Limit: limit}
	own := append([]string{}, v.Groups...)
	switch p.Field {
	case "MyGroupsPicker":
		q.Refs = own
	case "OwnedEntityPicker":
		q.Owners = append(own, v.ID)
	}
	return q
}

// Free reports whether other values are welcome too: Backstage lets people
// write anything unless a template says otherwise. An owner must exist, since
// somebody has to answer for what is made.
func (p Picker) Free() bool {
	if p.Field == "OwnerPicker" || p.Field == "MyGroupsPicker" {
		return false
	}
	if free, said := p.Options["allowArbitraryValues"].(bool); said {
		return free
	}
	owners := func(kind string) bool { return kind == "group" || kind == "user" }
	kinds := p.Kinds()
	return !p.Strict && (len(kinds) == 0 || !owners(kinds[0]) || slices.ContainsFunc(kinds, func(k string) bool { return !owners(k) }))
}

// filters are catalogFilter, or the older allowedKinds, or what the field
// offers without either.
func (p Picker) filters() []catalog.PickFilter {
	given := p.Options["catalogFilter"]
	if kinds := p.Options["allowedKinds"]; given == nil && kinds != nil {
		given = map[string]any{"kind": kinds}
	}
	var out []catalog.PickFilter
	switch f := given.(type) {
	case map[string]any:
		out = append(out, pickFilter(f))
	case []any:
		for _, x := range f {
			if m, ok := x.(map[string]any); ok {
				out = append(out, pickFilter(m))
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	switch p.Field {
	case "OwnerPicker":
		return []catalog.PickFilter{{"kind": {Values: []string{"group", "user"}}}}
	case "MyGroupsPicker":
		return []catalog.PickFilter{{"kind": {Values: []string{"group"}}}}
	}
	return nil
}

func pickFilter(m map[string]any) catalog.PickFilter {
	out := catalog.PickFilter{}
	for field, v := range m {
		switch v := v.(type) {
		case []any:
			term := catalog.PickTerm{}
			for _, x := range v {
				term.Values = append(term.Values, fmt.Sprint(x))
			}
			out[field] = term
		case map[string]any:
			exists, _ := v["exists"].(bool)
			out[field] = catalog.PickTerm{Exists: exists}
		default:
			out[field] = catalog.PickTerm{Values: []string{fmt.Sprint(v)}}
		}
	}
	return out
}

// Ref is the full reference that a value of the picker stands for; false when
// it is none.
func (p Picker) Ref(value string) (catalog.Ref, bool) {
	kind, _ := p.Options["defaultKind"].(string)
	if kinds := p.Kinds(); kind == "" && len(kinds) > 0 {
		kind = kinds[0]
	}
	if kind == "" {
		kind = "component"
	}
	ns, _ := p.Options["defaultNamespace"].(string)
	ref, err := catalog.ParseRef(value, strings.ToLower(kind), ns)
	return ref.Canonical(), err == nil
}

// Canonical is a value as Backstage's pickers give it to the steps: the full
// reference if it is one, else what was written.
func (p Picker) Canonical(value string) string {
	if ref, ok := p.Ref(value); ok && value != "" {
		return ref.String()
	}
	return value
}

// checkEntity looks a picked entity up. What does not exist and what may not
// be seen answer alike.
func (e *Engine) checkEntity(ctx context.Context, v access.Viewer, p Picker, value string) (code, message string, err error) {
	ref, ok := p.Ref(value)
	if !ok {
		if p.Free() {
			return "", "", nil
		}
		return "reference", fmt.Sprintf("“%s” is not a reference such as kind:namespace/name.", value), nil
	}
	q := p.Pick(v, "", 1)
	if q.Refs == nil || slices.Contains(q.Refs, ref.String()) {
		q.Refs = []string{ref.String()}
	} else {
		return "member", fmt.Sprintf("You are not a member of %s.", ref.Name), nil
	}
	found, err := e.o.Store.PickEntities(ctx, v, q)
	if err != nil || found.Total > 0 {
		return "", "", err
	}
	_, err = e.o.Store.Entity(ctx, v, ref)
	switch {
	case err == nil:
		return e.refuseExisting(p, ref)
	case !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone):
		return "", "", err
	case p.Free():
		return "", "", nil
	}
	return e.refuseMissing(ctx, v, p, ref)
}

// refuseExisting says why something that exists will not do.
func (e *Engine) refuseExisting(p Picker, ref catalog.Ref) (code, message string, err error) {
	if kinds := p.Kinds(); len(kinds) > 0 && !slices.Contains(kinds, ref.Kind) {
		return "kind", fmt.Sprintf("This must be a %s, not a %s.", strings.Join(kinds, " or "), ref.Kind), nil
	}
	if p.Field == "OwnedEntityPicker" {
		return "owned", fmt.Sprintf("%s belongs to none of your groups.", ref.Name), nil
	}
	return "filter", fmt.Sprintf("%s is not among what this template lets one choose.", ref.Name), nil
}

func (e *Engine) refuseMissing(ctx context.Context, v access.Viewer, p Picker, ref catalog.Ref) (code, message string, err error) {
	message = fmt.Sprintf("There is no %s “%s”.", ref.Kind, ref.Name)
	near, err := e.o.Store.PickEntities(ctx, v, p.Pick(v, "", 500))
	if err != nil {
		return "", "", err
	}
	names := make([]string, len(near.Items))
	for i, s := range near.Items {
		names[i] = s.Ref.Name
	}
	if s := expr.Nearest(ref.Name, names); s != "" {
		message += fmt.Sprintf(" Did you mean %s?", s)
	}
	return "missing", message, nil
}
