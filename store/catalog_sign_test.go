package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/bitset"
)

// What a kept column finds is what a plain look at each value finds.
func TestKeptColumnFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	const letters = "abcd ü-"
	for _, n := range []int{0, 1, signBlock - 1, signBlock, signBlock + 1, 5 * signBlock} {
		k := &keptColumn{}
		var values []string
		for i := range n {
			var b strings.Builder
			for range r.IntN(9) {
				b.WriteRune([]rune(letters)[r.IntN(len([]rune(letters)))])
			}
			values = append(values, b.String())
			k.add(b.String(), int64(i))
		}
		k.sign()
		for range 300 {
			term := "zzz"
			if n > 0 && r.IntN(4) > 0 {
				v := values[r.IntN(n)]
				from := r.IntN(len(v) + 1)
				term = v[from:min(len(v), from+1+r.IntN(5))]
			}
			if term == "" {
				continue
			}
			var got bitset.Set
			k.find(term, &got)
			var want bitset.Set
			for i, v := range values {
				if strings.Contains(v, term) {
					want.Add(int64(i))
				}
			}
			if fmt.Sprint(got.Minus(want).Len(), want.Minus(got).Len()) != "0 0" {
				t.Fatalf("%d values, %q: %d too many, %d missing", n, term, got.Minus(want).Len(), want.Minus(got).Len())
			}
		}
	}
}

func TestFoundCacheKeepsWhatIsAskedFor(t *testing.T) {
	var c foundCache
	c.put(1, "hot", "kept", 10)
	const size = maxFound / 100
	for i := range 1000 {
		c.put(1, fmt.Sprint("cold ", i), i, size)
		if got := c.get(1, "hot"); got != "kept" {
			t.Fatalf("after %d others: %v", i, got)
		}
		sum := 0
		for _, m := range []map[string]found{c.kept, c.old} {
			for _, v := range m {
				sum += v.size
			}
		}
		if sum > maxFound {
			t.Fatalf("%d bytes are kept, more than %d", sum, maxFound)
		}
	}
	if c.get(1, "cold 0") != nil {
		t.Error("what nobody asks for is kept")
	}
	if c.get(2, "hot") != nil {
		t.Error("an answer of another generation")
	}
}
