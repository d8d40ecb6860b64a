package api

// List is how every list is answered: the items of this page, how many there
// are in all, and the cursor of the next page (empty on the last).
type List[T any] struct {
	Items []T    `json:"items"`
	Total int    `json:"total"`
	Next  string `json:"next,omitempty"`
}
