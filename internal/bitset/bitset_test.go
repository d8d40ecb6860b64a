package bitset

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// random returns n different numbers below limit, ascending.
func random(r *rand.Rand, n int, limit int64) []int64 {
	m := map[int64]bool{}
	for len(m) < n {
		m[r.Int64N(limit)] = true
	}
	return slices.Sorted(maps.Keys(m))
}

func setOf(ids []int64) Set {
	var s Set
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

func TestSetsAgreeWithMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		limit := 1 + r.Int64N(50_000)
		a, b := random(r, int(r.Int64N(min(limit, 3000))), limit), random(r, int(r.Int64N(min(limit, 300))), limit)
		inB := map[int64]bool{}
		for _, id := range b {
			inB[id] = true
		}
		var and, minus []int64
		for _, id := range a {
			if inB[id] {
				and = append(and, id)
			} else {
				minus = append(minus, id)
			}
		}
		or := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(a), b...))))
		sa, sb := setOf(a), setOf(b)
		both := sa.Clone()
		both.Or(sb)
		for name, c := range map[string]struct {
			got  Set
			want []int64
		}{"and": {sa.And(sb), and}, "minus": {sa.Minus(sb), minus}, "or": {both, or}, "itself": {sa, a}} {
			got := slices.Collect(c.got.All)
			if !slices.Equal(got, c.want) || c.got.Len() != len(c.want) {
				t.Fatalf("%s: %d of %d", name, len(got), len(c.want))
			}
			back := slices.Collect(c.got.Backward)
			slices.Reverse(back)
			if !slices.Equal(back, c.want) {
				t.Fatalf("%s backward: %d of %d", name, len(back), len(c.want))
			}
		}
		if n := sa.AndLen(sb); n != len(and) {
			t.Fatalf("AndLen %d, want %d", n, len(and))
		}
	}
}

func TestAddRemoveHas(t *testing.T) {
	var s Set
	s.Add(-1)
	s.Add(0)
	s.Add(64)
	s.Remove(1 << 20)
	s.Remove(-5)
	if !s.Has(0) || !s.Has(64) || s.Has(63) || s.Has(-1) || s.Has(1<<30) || s.Len() != 2 {
		t.Errorf("set %v", s)
	}
	s.Remove(64)
	if s.Has(64) || s.Len() != 1 {
		t.Errorf("after removal %v", s)
	}
}

func TestChunksAreReadAsWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 2, 1000, 1023, 1024, 1025, 9000, 1 << ChunkBits} {
		first := int64(5 << ChunkBits)
		var c Chunk
		var want []int64
		for _, id := range random(r, n, 1<<ChunkBits) {
			c.Set(first+id, true)
			want = append(want, first+id)
		}
		data := c.Encode()
		if len(data) > chunkBytes || n == 0 && data != nil {
			t.Errorf("%d numbers take %d bytes", n, len(data))
		}
		if got := DecodeChunk(data); *got != c {
			t.Errorf("%d numbers are read otherwise", n)
		}
		s := setOf([]int64{1})
		s.OrChunk(5, data)
		s.OrChunk(-1, data)
		if got := slices.Collect(s.All); !slices.Equal(got, append([]int64{1}, want...)) {
			t.Errorf("%d numbers give %d in a set", n, len(got))
		}
		if n > 0 {
			c.Set(want[0], false)
			if Set(c[:]).Len() != n-1 {
				t.Errorf("%d after one of %d was taken out", Set(c[:]).Len(), n)
			}
		}
	}
}

func FuzzLists(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Add([]byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		ids := DecodeList(nil, data) // whatever it is, it must end
		if !slices.IsSorted(ids) || len(ids) > 0 && ids[0] < 0 {
			return
		}
		if got := DecodeList(nil, EncodeList(ids)); !slices.Equal(got, ids) {
			t.Fatalf("%v is read as %v", ids, got)
		}
	})
}
