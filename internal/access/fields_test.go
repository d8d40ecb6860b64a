package access_test

import (
	"errors"

	"github.com/waymark-portal/waymark/internal/fault"
)

// fields names the fields that a refusal blames.
func fields(err error) []string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.Field)
	}
	return out
}
