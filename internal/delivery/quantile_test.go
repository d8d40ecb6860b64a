package delivery

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestQuantile(t *testing.T) {
	tests := []struct {
		name   string
		values []int64
		q      float64
		want   float64
	}{
		{"interpolates", []int64{10, 20, 30, 100}, .5, 25},
		{"odd", []int64{100, 10, 20}, .5, 20},
		{"one", []int64{7}, .9, 7},
		{"p75", []int64{10, 20, 30, 100}, .75, 47.5},
		{"p90", []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, .9, 10},
		{"equal", []int64{5, 5, 5, 5}, .5, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := quantile(tt.values, tt.q); !ok || got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	if _, ok := quantile(nil, .5); ok {
		t.Error("no values have a median")
	}
}

func TestQuantileIsThatOfTheSortedValues(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		v := make([]int64, 1+r.IntN(60))
		for i := range v {
			v[i] = r.Int64N(20)
		}
		sorted := slices.Sorted(slices.Values(v))
		for _, q := range []float64{0, .25, .5, .75, .9, 1} {
			rank := q * float64(len(v)-1)
			k := int(rank)
			want := float64(sorted[k])
			if k+1 < len(sorted) {
				want += (rank - float64(k)) * float64(sorted[k+1]-sorted[k])
			}
			if got, _ := quantile(slices.Clone(v), q); got != want {
				t.Fatalf("quantile %v of %v is %v, want %v", q, v, got, want)
			}
		}
	}
}

func TestTallyKeepsItsForm(t *testing.T) {
	a := Tally{Days: [7]int64{1, 0, 3}, Failed: 1, Rework: 2, Unknown: 1, Impossible: 4, Leads: []int64{0, 5, 5, 1 << 40}, Recoveries: []int64{9}}
	got, err := DecodeTally(a.Encode())
	if err != nil || !got.Equal(a) {
		t.Errorf("%+v, %v; want %+v", got, err, a)
	}
	for _, bad := range [][]byte{nil, {2}, a.Encode()[:9], append(a.Encode(), 0), {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f}} {
		if _, err := DecodeTally(bad); err == nil {
			t.Errorf("%v was read", bad)
		}
	}
}

func TestTallyReplace(t *testing.T) {
	a := Tally{Leads: []int64{1, 2, 2, 3, 9}, Failed: 2}
	got := a.Replace(Tally{Leads: []int64{2, 9}, Failed: 1}, Tally{Leads: []int64{0, 4, 10}, Failed: 0})
	if want := (Tally{Leads: []int64{0, 1, 2, 3, 4, 10}, Failed: 1}); !got.Equal(want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func FuzzDecodeTally(f *testing.F) {
	f.Add(Tally{Leads: []int64{1, 2}}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		DecodeTally(b) // must not panic or take memory without bound
	})
}
