package query

import (
	"strings"

	"github.com/waymark-portal/waymark/internal/fault"
)

// ParseOrder reads `order` parameters: asc:field or desc:field, all of them.
// Another form is fault Invalid.
func ParseOrder(values []string) ([]Order, error) {
	var out []Order
	for _, v := range values {
		direction, field, ok := strings.Cut(v, ":")
		desc, known := descending(direction)
		if field = strings.TrimSpace(field); !ok || !known || field == "" {
			return nil, fault.Newf(fault.Invalid, "Invalid order parameter '%s', expected '<asc or desc>:<field name>'", short(v))
		}
		out = append(out, Order{field, desc})
	}
	return out, nil
}

// ParseOrderField reads `orderField` parameters: field or field,asc or
// field,desc. Only the first counts. Another form is fault Invalid.
func ParseOrderField(values []string) ([]Order, error) {
	if len(values) == 0 {
		return nil, nil
	}
	field, direction, directed := strings.Cut(values[0], ",")
	desc, known := descending(strings.TrimSpace(direction))
	switch field = strings.TrimSpace(field); {
	case field == "":
		return nil, fault.New(fault.Invalid, "Invalid order field, a field name is missing")
	case directed && !known:
		return nil, fault.New(fault.Invalid, "Invalid order field order, must be asc or desc")
	}
	return []Order{{field, desc}}, nil
}

func descending(s string) (desc, known bool) {
	return s == "desc", s == "asc" || s == "desc"
}
