package search

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Limits of the words that are kept for spelling.
const (
	minSpelled = 4
	maxSpelled = 24
)

// Spellable reports whether w is worth correcting: letters only and neither
// short nor endless. A wrong digit is another thing, not a slip.
func Spellable(w string) bool {
	if n := utf8.RuneCountInString(w); n < minSpelled || n > maxSpelled {
		return false
	}
	for _, r := range w {
		if r >= '0' && r <= '9' {
			return false
		}
	}
	return true
}

// Trigrams are the runs of three runes of w, with two blanks before it and one
// after it, each once.
func Trigrams(w string) []string {
	runes := []rune("  " + w + " ")
	out := make([]string, 0, len(runes))
	for i := 0; i+3 <= len(runes); i++ {
		out = append(out, string(runes[i:i+3]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Closest picks from known words the few that w was most likely meant to be,
// the best first; none when nothing is near.
func Closest(w string, known []string) []string {
	type near struct {
		word     string
		distance int
	}
	allowed := 1
	if utf8.RuneCountInString(w) >= 8 {
		allowed = 2
	}
	var found []near
	for _, k := range known {
		if d := min(distance(w, k), prefixDistance(w, k)); d <= allowed && k != w {
			found = append(found, near{k, d})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(len(a.word), len(b.word)), cmp.Compare(a.word, b.word))
	})
	var out []string
	for _, n := range found {
		if n.distance == found[0].distance && len(out) < 3 {
			out = append(out, n.word)
		}
	}
	return out
}

// prefixDistance compares w with the beginning of a longer word, so that a
// slip is forgiven before the word is typed to its end.
func prefixDistance(w, long string) int {
	a, b := []rune(w), []rune(long)
	if len(b) <= len(a) || len(a) < minSpelled+1 {
		return len(b)
	}
	return distance(w, string(b[:len(a)]))
}

// distance counts the insertions, deletions, changes and swaps of neighbours
// that lead from a to b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, now := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		now[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last, now = last, now, before
	}
	return last[len(y)]
}
