package createview

import (
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
