package search

import (
	"cmp"
	"slices"
	"strings"
)

// Candidate is a hit before ranking: what the database says about it.
type Candidate struct {
	ID                       int64
	Kind, Owner, Title, Name string
	Rank                     float64 // the database's own, higher is better
}

// kindWeight prefers things over texts about them when all else is equal.
var kindWeight = map[string]float64{
	"component": 0.3, "api": 0.25, "system": 0.3, "group": 0.2, "user": 0.2, "resource": 0.15,
	"template": 0.25, "blueprint": 0.25, "action": 0.2, "environment": 0.2, "docs": 0.1,
}

// Rank orders candidates for q: exact name, title, the database's own rank,
// kind, own team. It changes Rank to the final score.
func Rank(q Query, terms []Term, all []Candidate) {
	best := 0.0
	for _, c := range all {
		best = max(best, c.Rank)
	}
	asked := Normal(q.Text)
	for i := range all {
		c := &all[i]
		score := 0.0
		if best > 0 {
			score = c.Rank / best
		}
		score += nameScore(asked, terms, Normal(c.Title))
		if c.Name != "" && c.Name != c.Title {
			score = max(score, c.Rank/max(best, 1e-9)+nameScore(asked, terms, Normal(c.Name)))
		}
		score += kindWeight[c.Kind]
		if c.Owner != "" && slices.Contains(q.Teams, c.Owner) {
			score += 0.15
		}
		c.Rank = score
	}
	slices.SortStableFunc(all, func(a, b Candidate) int {
		return cmp.Or(-cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
	})
}

// nameScore says how well a name answers the question.
func nameScore(asked string, terms []Term, name string) float64 {
	switch {
	case name == "":
		return 0
	case name == asked:
		return 4
	case strings.HasPrefix(name, asked):
		return 2
	}
	words := strings.Fields(name)
	found := 0
	for _, t := range terms {
		if slices.ContainsFunc(words, t.matches) {
			found++
		}
	}
	if found == 0 {
		return 0
	}
	return float64(found) / float64(len(terms)) * (1 + 0.3/float64(len(words)))
}

// Facets counts candidates by kind and owner; each leaves its own filter out.
func Facets(q Query, all []Candidate) (kinds, owners []Facet) {
	byKind, byOwner := map[string]int{}, map[string]int{}
	for _, c := range all {
		if q.wantsOwner(c) {
			byKind[c.Kind]++
		}
		if q.wantsKind(c) && c.Owner != "" {
			byOwner[c.Owner]++
		}
	}
	return sorted(byKind), sorted(byOwner)
}

func (q Query) wantsKind(c Candidate) bool {
	return len(q.Kinds) == 0 || slices.Contains(q.Kinds, c.Kind)
}

func (q Query) wantsOwner(c Candidate) bool {
	return len(q.Owners) == 0 || slices.Contains(q.Owners, c.Owner)
}

func sorted(counts map[string]int) []Facet {
	out := make([]Facet, 0, len(counts))
	for v, n := range counts {
		out = append(out, Facet{v, n})
	}
	slices.SortFunc(out, func(a, b Facet) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// Filter keeps the candidates that q's filters let through.
func Filter(q Query, all []Candidate) []Candidate {
	if len(q.Kinds) == 0 && len(q.Owners) == 0 {
		return all
	}
	var out []Candidate
	for _, c := range all {
		if q.wantsKind(c) && q.wantsOwner(c) {
			out = append(out, c)
		}
	}
	return out
}
