package event

import (
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
)

// Filter picks events; empty fields pick all.
type Filter struct {
	Type    string // a type, or a prefix that ends in a dot: run.
	Subject string
	By      string // actor
	From    time.Time
	To      time.Time // exclusive
	Before  string    // a Page's Next
	Limit   int
}

// Page is one page of events, newest first.
type Page struct {
	Items []Sealed
	Total int64 // of all pages, counted up to 1000
	Next  string
}

// ErrCursor means that a page was asked for with a cursor that we did not give.
var ErrCursor = fault.InvalidField("cursor", "unknown", "This page address is not one of ours; start from the first page.")
