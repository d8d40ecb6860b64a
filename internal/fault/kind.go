package fault

import "errors"

var kindNames = [...]string{"internal", "not_found", "gone", "invalid", "conflict", "forbidden", "policy",
	"needs_waiver", "quota", "unauthenticated", "too_large", "too_many", "unavailable"}

// String is the kind's name for programs, in snake case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[Internal]
}

// KindOf returns the kind of the first fault in err's chain, Internal if
// there is none.
func KindOf(err error) Kind {
	var f *Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// Is reports whether err carries a fault of kind k.
func Is(err error, k Kind) bool {
	var f *Error
	return errors.As(err, &f) && f.Kind == k
}
