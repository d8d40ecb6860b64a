package catalog

import (
	"cmp"
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// DefaultNamespace is where entities live that name none.
const DefaultNamespace = "default"

// Ref names an entity: kind, namespace and name. Two references are the same
// when their String is; letters keep the case in which they were written.
type Ref struct {
	Kind, Namespace, Name string
}

// String is the canonical form kind:namespace/name, in lower case. The zero
// Ref is the empty text.
func (r Ref) String() string {
	if r == (Ref{}) {
		return ""
	}
	return strings.ToLower(r.Kind + ":" + r.Namespace + "/" + r.Name)
}

// Canonical returns r in lower case.
func (r Ref) Canonical() Ref {
	return Ref{strings.ToLower(r.Kind), strings.ToLower(r.Namespace), strings.ToLower(r.Name)}
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// Path is where the entity's page is.
func (r Ref) Path() string {
	c := r.Canonical()
	return "/catalog/" + c.Namespace + "/" + c.Kind + "/" + c.Name
}

// Compare orders references by their canonical form.
func (r Ref) Compare(o Ref) int { return cmp.Compare(r.String(), o.String()) }

// ParseRef reads [kind:][namespace/]name. What is missing is taken from the
// defaults; an empty part, or a missing kind without a default, is fault
// Invalid. An empty default namespace means "default". Characters are not
// checked: a reference may name what no file can hold.
func ParseRef(s, defaultKind, defaultNamespace string) (Ref, error) {
	if defaultNamespace == "" {
		defaultNamespace = DefaultNamespace
	}
	r := Ref{Kind: defaultKind, Namespace: defaultNamespace, Name: s}
	colon, slash := strings.IndexByte(s, ':'), strings.IndexByte(s, '/')
	if colon >= 0 && (slash < 0 || colon < slash) {
		r.Kind, r.Name = s[:colon], s[colon+1:]
	}
	if i := strings.IndexByte(r.Name, '/'); i >= 0 {
		r.Namespace, r.Name = r.Name[:i], r.Name[i+1:]
	}
	if r.Namespace == "" || r.Name == "" || (r.Kind == "" && colon >= 0) {
		return Ref{}, badRef(s, "is not of the form [kind:][namespace/]name")
	}
	if r.Kind == "" {
		return Ref{}, badRef(s, "needs its kind written, as in component:"+s)
	}
	return r, nil
}

// MustRef is ParseRef for constants; it panics on a bad one.
func MustRef(s string) Ref {
	r, err := ParseRef(s, "", "")
	if err != nil {
		panic(err)
	}
	return r
}

func badRef(s, why string) error {
	const longest = 80
	if len(s) > longest {
		s = s[:longest] + "…"
	}
	return fault.Newf(fault.Invalid, "The reference %q %s.", s, why)
}
