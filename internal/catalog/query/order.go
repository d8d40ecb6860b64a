package query

import "github.com/waymark-portal/waymark/internal/fault"

// ParseOrder reads `order` parameters: asc:field or desc:field, all of them.
// Another form is fault Invalid.
func ParseOrder(values []string) ([]Order, error) {
	return nil, fault.New(fault.Unavailable, "Orders are not there yet.")
}

// ParseOrderField reads `orderField` parameters: field or field,asc or
// field,desc. Only the first counts. Another form is fault Invalid.
func ParseOrderField(values []string) ([]Order, error) {
	return nil, fault.New(fault.Unavailable, "Orders are not there yet.")
}
