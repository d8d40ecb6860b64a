package remote

import (
	"errors"
	"slices"
	"testing"

	"github.com/waymark-portal/waymark/internal/fault"
)

func TestAllPages(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		page func(n int) ([]int, int, error)
		want []int
		fail func(error) bool
	}{
		"one":     {func(n int) ([]int, int, error) { return []int{n}, 0, nil }, []int{1}, nil},
		"three":   {func(n int) ([]int, int, error) { return []int{n}, (n + 1) % 4, nil }, []int{1, 2, 3}, nil},
		"broken":  {func(n int) ([]int, int, error) { return []int{n}, n + 1, broken }, nil, func(err error) bool { return errors.Is(err, broken) }},
		"endless": {func(n int) ([]int, int, error) { return []int{n}, n + 1, nil }, nil, func(err error) bool { return fault.Is(err, fault.Unavailable) }},
		"circle":  {func(int) ([]int, int, error) { return []int{1}, 1, nil }, nil, func(err error) bool { return fault.Is(err, fault.Unavailable) }},
	} {
		got, err := allPages(c.page)
		if c.fail == nil && (err != nil || !slices.Equal(got, c.want)) || c.fail != nil && (got != nil || !c.fail(err)) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
