package run

import "github.com/waymark-portal/waymark/internal/fault"

// Filter picks runs; empty fields pick all.
type Filter struct {
	By      string // actor
	Owner   string // group reference
	Subject string
	Lane    string
	Kind    string
	State   State  // a state, or "open" for all that are not over
	Before  string // a Page's Next
	Limit   int
}

// Page is one page of runs, newest first.
type Page struct {
	Items []Run
	Total int64 // of all pages, counted up to 1000
	Next  string
}

// ErrCursor means that a page was asked for with a cursor that we did not give.
var ErrCursor = fault.InvalidField("cursor", "unknown", "This page address is not one of ours; start from the first page.")
