package provision

import (
	"errors"

	"github.com/waymark-portal/waymark/internal/fault"
)

// ErrNotFound means that there is no such environment, or none that the
// caller may see.
var ErrNotFound = fault.New(fault.NotFound, "There is no such environment.")

// ErrNoPlan means that a run has made no plan.
var ErrNoPlan = fault.New(fault.NotFound, "There is no plan.")

// ErrNoSecret means that there is no such secret, or none that the caller may
// see.
var ErrNoSecret = fault.New(fault.NotFound, "There is no such secret.")

// ErrTaken means that the owner has an environment of that name.
var ErrTaken = &fault.Error{Kind: fault.Conflict,
	Public: "This owner has an environment of that name already. Nothing was made; choose another name.",
	Fields: []fault.Field{{Field: "name", Code: "taken", Message: "This owner has an environment of that name already. Choose another name."}}}

// ErrMoved means that an environment changed while it was looked at.
var ErrMoved = fault.New(fault.Conflict, "The environment has just changed. Look at it again; nothing was done.")

// ErrPlanUsed means that a plan was applied, or begun to be, before.
var ErrPlanUsed = fault.New(fault.Conflict, "This plan was used already. A new one is needed.")

// fieldsOf returns the fields of a fault Invalid, nil for any other error.
func fieldsOf(err error) []fault.Field {
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		return f.Fields
	}
	return nil
}
