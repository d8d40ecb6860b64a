package scaffold

import "github.com/waymark-portal/waymark/internal/run"

// RunFilter picks runs of templates; empty fields pick all.
type RunFilter struct {
	ID     run.ID
	By     []string // actors
	States []run.State
	Order  []RunOrder // the newest first without any
	Limit  int
	Offset int
}

// RunOrder is what runs are ordered by: created_at, status or created_by.
type RunOrder struct {
	By         string
	Descending bool
}
