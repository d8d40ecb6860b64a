package createview

import (
	"strings"

	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/views/ui"
)

func faults(in []form.Fault) []ui.FieldFault {
	out := make([]ui.FieldFault, len(in))
	for i, f := range in {
		out[i] = ui.FieldFault{ID: f.ID, Label: f.Label, Message: f.Message}
	}
	return out
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// shortRef is the name of a reference in the default namespace.
func shortRef(ref string) string {
	if _, rest, ok := strings.Cut(ref, ":"); ok {
		return strings.TrimPrefix(rest, "default/")
	}
	return ref
}

func starWord(c Card) string {
	if c.Starred {
		return "unstar"
	}
	return "star"
}

func pressed(on bool) string {
	if on {
		return "true"
	}
	return "false"
}
