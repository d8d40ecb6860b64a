package policy

import "github.com/waymark-portal/waymark/internal/fault"

// Filter picks decisions; empty fields pick all.
type Filter struct {
	Environment string
	Rule        string
	Denied      bool // only those that stopped something
	Before      string
	Limit       int
}

// Page is one page of decisions, newest first.
type Page struct {
	Items []Decision
	Total int64 // of all pages, counted up to 1000
	Next  string
}

// Count is how often a rule was kept, broken and waived.
type Count struct {
	Passed int64 `json:"passed"`
	Broken int64 `json:"broken"`
	Waived int64 `json:"waived"`
}

// ErrCursor means that a page was asked for with a cursor that we did not give.
var ErrCursor = fault.InvalidField("cursor", "unknown", "This page address is not one of ours; start from the first page.")
