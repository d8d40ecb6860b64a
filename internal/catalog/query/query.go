// Package query is the language in which the catalog API is asked: filters,
// predicates, orders, cursors and the fields of an answer. It knows nothing of
// storage; the store compiles a Predicate to what its tables can answer.
//
// Fields are dotted paths into an entity as the API shows it, compared without
// regard to case, and so are values. Lists are transparent: a field of an
// entity may have several values, and a comparison holds when one of them does.
package query

import (
	"encoding/json"
)

// Predicate is a condition on an entity. Nil holds for every entity. The forms
// are All, Any, Not, Exists, In, HasPrefix and Related.
type Predicate interface {
	predicate()
}

// All holds when each of its parts does; none: always.
type All []Predicate

// Any holds when one of its parts does; none: never.
type Any []Predicate

// Not holds when Of does not.
type Not struct{ Of Predicate }

// Exists holds when Field has a value, or has none if Want is false. A null
// and a text that is too long to be compared count as values.
type Exists struct {
	Field string
	Want  bool
}

// In holds when Field has one of the values.
type In struct {
	Field  string
	Values []string
}

// HasPrefix holds when a value of Field begins with Prefix.
type HasPrefix struct {
	Field  string
	Prefix string
}

// Related holds for an entity with a relation of the type to one of the
// targets, canonical references; no targets: to anything at all.
type Related struct {
	Type    string
	Targets []string
}

func (All) predicate()       {}
func (Any) predicate()       {}
func (Not) predicate()       {}
func (Exists) predicate()    {}
func (In) predicate()        {}
func (HasPrefix) predicate() {}
func (Related) predicate()   {}

// ByRef is the Order.Field that orders by the entity's reference.
const ByRef = ":ref"

// Order is one key of an order. Entities without the field come last in both
// directions, unless the request drops them.
type Order struct {
	Field string
	Desc  bool
}

// The limits of a page.
const (
	DefaultLimit = 200
	MaxLimit     = 5000
	// Unset as a Request.Limit stands for the limit of the cursor, or the
	// default without one.
	Unset = -1
)

// Request asks for one page of entities.
type Request struct {
	Where Predicate
	// Order has the keys; none: by metadata.uid. Equal entities keep an order
	// of their own that does not change from page to page.
	Order []Order
	// Text keeps what has it as a part of one of TextFields; none: of the
	// first order field, else of metadata.uid.
	Text       string
	TextFields []string
	// Limit is the size of the page, at most MaxLimit; 0 asks for the total
	// alone; see Unset.
	Limit  int
	Offset int
	// Cursor is Page.Next or Page.Prev of another answer. It brings everything
	// of its request but Limit.
	Cursor string
	// Total asks for Page.Total, which is 0 otherwise.
	Total bool
	// DropMissing leaves out what has no value for the first order field.
	DropMissing bool
	// Posted is set when Where was a predicate of a body: cursors then say so,
	// and clients send them in a body again.
	Posted bool
}

// Page is the answer to a Request.
type Page struct {
	Items []json.RawMessage // in the shape of the API
	Total int
	Next  string // cursor of the next page; empty on the last
	Prev  string // cursor of the page before; empty on the first
}
