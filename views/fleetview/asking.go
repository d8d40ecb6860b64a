package fleetview

import (
	"github.com/waymark-portal/waymark/internal/form"
	"github.com/waymark-portal/waymark/views/ui"
)

// Asking is the form of what a newer version asks for.
type Asking struct {
	Fields []form.Field
	Faults []ui.FieldFault
	Said   string // why it was refused
}
