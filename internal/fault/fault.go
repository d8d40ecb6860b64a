// Package fault names the ways in which a request can be refused. Engines and
// the store say what happened; the edge (web) alone turns it into a status and
// a page. It imports the standard library only.
package fault

import (
	"fmt"
	"time"
)

// Kind says what went wrong; the zero value means that the fault is ours.
type Kind uint8

// The kinds, with the status that the edge answers.
const (
	Internal        Kind = iota // 500
	NotFound                    // 404, also for what is hidden from the caller
	Gone                        // 410
	Invalid                     // 422 on a page, 400 on the API; see Fields
	Conflict                    // 409
	Forbidden                   // 403
	Policy                      // 403, see Violations
	NeedsWaiver                 // 422, see Violations
	Quota                       // 403, see Current and Limit
	Unauthenticated             // 401
	TooLarge                    // 413
	TooMany                     // 429, see RetryAfter
	Unavailable                 // 503
)

// Field is one fault of an input: the field as a dotted path ("" for the
// whole input), a code for programs, a sentence for people.
type Field struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Violation is one broken policy rule.
type Violation struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"` // advisory, soft-mandatory or hard-mandatory
	Message  string `json:"message"`
	Resource string `json:"resource,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

// Error is a refusal. Public is a whole sentence that a person may read; it
// never holds a secret or an internal detail.
type Error struct {
	Kind       Kind
	Public     string
	Fields     []Field
	Violations []Violation
	Current    int64 // Quota: what is in use
	Limit      int64 // Quota: what is allowed
	RetryAfter time.Duration
	cause      error
}

// New makes a refusal of the given kind.
func New(k Kind, public string) *Error { return &Error{Kind: k, Public: public} }

// Newf is New with a format.
func Newf(k Kind, format string, args ...any) *Error {
	return New(k, fmt.Sprintf(format, args...))
}

// InvalidFields refuses an input for the given fields, all at once.
func InvalidFields(fields ...Field) *Error {
	public := "Some of what was entered cannot be used. Nothing was changed."
	if len(fields) == 1 && fields[0].Message != "" {
		public = fields[0].Message
	}
	return &Error{Kind: Invalid, Public: public, Fields: fields}
}

// InvalidField refuses an input for one field.
func InvalidField(field, code, message string) *Error {
	return InvalidFields(Field{Field: field, Code: code, Message: message})
}

// Because returns a copy of e that wraps cause for the log; the public text
// stays as it is.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Error is the text for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Public + ": " + e.cause.Error()
	}
	return e.Public
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is a fault of the same kind and public text, so
// that a copy made by Because still matches its original.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Public == e.Public
}
