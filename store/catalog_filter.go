package store

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/waymark-portal/waymark/internal/catalog"
)

// result is what a filter finds: the places in the list, in the order asked
// for, and the facets.
type result struct {
	order  []int32
	facets map[string][]catalog.Count
}

// resultCache keeps results of one generation, bounded by the sum of their
// lengths.
type resultCache struct {
	mu   sync.Mutex
	kept map[string]*result
	size int
}

// maxKept bounds the places that one generation's results may hold: 4 MB.
const maxKept = 1 << 20

// maxFacet bounds the values of one facet; facetSize is what the facets of one
// result weigh beside its places, at most.
const (
	maxFacet  = 100
	facetSize = 6000
)

// found returns what f finds among what mask leaves, without regard to paging.
func (l *entityList) found(f catalog.Filter, mask int64) *result {
	mask = l.relevant(mask)
	key := filterKey(f, mask)
	c := l.results
	c.mu.Lock()
	r := c.kept[key]
	c.mu.Unlock()
	if r != nil {
		return r
	}
	r = l.find(f, mask)
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(r.order) + facetSize
	if c.size += size; c.kept == nil || c.size > maxKept {
		c.kept, c.size = map[string]*result{}, size
	}
	c.kept[key] = r
	return r
}

func filterKey(f catalog.Filter, mask int64) string {
	var b strings.Builder
	b.WriteString(strconv.FormatInt(mask, 36))
	b.WriteByte(1)
	for _, list := range [][]string{f.Kinds, f.Types, f.Owners, f.Lifecycles, f.Systems, f.Tags, f.Sources} {
		for _, v := range list {
			b.WriteString(v)
			b.WriteByte(0)
		}
		b.WriteByte(1)
	}
	if f.Unowned {
		b.WriteByte('u')
	}
	if f.Refs != nil {
		b.WriteByte('r')
		b.WriteString(strings.Join(f.Refs, "\x00"))
	}
	b.WriteByte(1)
	b.WriteString(string(f.State))
	b.WriteByte(1)
	b.WriteString(strings.ToLower(f.Text))
	b.WriteByte(1)
	b.WriteString(f.Sort)
	return b.String()
}

// find passes once over the list, without what mask hides. An entity that fails exactly one field is
// counted in that field's facet only, so that each facet shows what choosing
// another value would find.
func (l *entityList) find(f catalog.Filter, mask int64) *result {
	want := [fieldSum][]uint32{}
	for i, values := range [fieldSum][]string{f.Kinds, f.Types, f.Owners, f.Lifecycles, f.Systems, f.Tags} {
		want[i] = l.terms.numbers(values)
	}
	texts := l.terms.texts()
	var counts [fieldSum][]int32
	for i := range counts {
		counts[i] = make([]int32, len(texts))
	}
	passes := l.others(f, mask)
	r := &result{}
	for at, e := range l.entries {
		if e.hidden&mask != 0 || !passes(e) {
			continue
		}
		switch failed, n := e.fails(&want); n {
		case 0:
			r.order = append(r.order, int32(at))
			for i := range fieldSum {
				e.count(counts[i], i)
			}
		case 1:
			e.count(counts[failed], failed)
		}
	}
	r.facets = facetsOf(counts, texts)
	l.sort(r.order, f.Sort)
	return r
}

// fails returns a field that e does not satisfy and how many there are.
func (e *listEntry) fails(want *[fieldSum][]uint32) (field, n int) {
	for i := range singleFields {
		if len(want[i]) > 0 && !slices.Contains(want[i], e.fields[i]) {
			field, n = i, n+1
		}
	}
	if tags := want[fieldTag]; len(tags) > 0 && !slices.ContainsFunc(e.tags, func(t uint32) bool { return slices.Contains(tags, t) }) {
		field, n = fieldTag, n+1
	}
	return field, n
}

func (e *listEntry) count(counts []int32, field int) {
	if field < singleFields {
		counts[e.fields[field]]++
		return
	}
	for _, t := range e.tags {
		counts[t]++
	}
}

// others are the conditions that are no facets.
func (l *entityList) others(f catalog.Filter, mask int64) func(*listEntry) bool {
	text := strings.ToLower(strings.TrimSpace(f.Text))
	sources := l.terms.numbers(f.Sources)
	var owners map[uint32]bool
	if f.Unowned || f.State == catalog.OwnerGone {
		owners = l.owners(mask)
	}
	ownerless := l.terms.numbers(kindsWithoutOwner)
	refs := setOf(f.Refs)
	return func(e *listEntry) bool {
		switch {
		case refs != nil && !refs[e.ref], !l.in(e, f.State, owners):
			return false
		case len(sources) > 0 && !slices.Contains(sources, e.source):
			return false
		case f.Unowned && (owners[e.fields[fieldOwner]] || slices.Contains(ownerless, e.fields[fieldKind])):
			return false
		}
		return text == "" || strings.Contains(e.text, text)
	}
}

// owners are the terms of groups and users that exist and mask leaves.
func (l *entityList) owners(mask int64) map[uint32]bool {
	kinds := l.terms.numbers([]string{"group", "user"})
	var refs []string
	for _, e := range l.entries {
		if e.hidden&mask == 0 && slices.Contains(kinds, e.fields[fieldKind]) {
			refs = append(refs, e.ref)
		}
	}
	out := make(map[uint32]bool, len(refs))
	for _, n := range l.terms.numbers(refs) {
		out[n] = true
	}
	return out
}

func (l *entityList) sort(order []int32, by string) {
	switch by {
	case "-name":
		slices.Reverse(order)
	case "changed":
		slices.SortFunc(order, func(a, b int32) int { return l.compare(l.entries[a], l.entries[b], by) })
	}
}

func facetsOf(counts [fieldSum][]int32, texts []string) map[string][]catalog.Count {
	out := make(map[string][]catalog.Count, fieldSum)
	for i, list := range counts {
		var values []catalog.Count
		for term, n := range list {
			if n > 0 && term > 0 {
				values = append(values, catalog.Count{Value: texts[term], N: int(n)})
			}
		}
		slices.SortFunc(values, func(a, b catalog.Count) int { return cmp.Or(b.N-a.N, strings.Compare(a.Value, b.Value)) })
		out[fieldNames[i]] = values[:min(len(values), maxFacet)]
	}
	return out
}

// page cuts one page out of what f finds and returns its references.
func (l *entityList) page(f catalog.Filter, mask int64) ([]string, catalog.Page) {
	const usual, most = 25, 500
	limit := f.Limit
	if limit <= 0 {
		limit = usual
	}
	limit = min(limit, most)
	r := l.found(f, mask)
	p := catalog.Page{Total: len(r.order)}
	if f.Facets {
		p.Facets = r.facets
	}
	from := l.after(r.order, f)
	to := min(from+limit, len(r.order))
	refs := make([]string, 0, to-from)
	for _, at := range r.order[from:to] {
		refs = append(refs, l.entries[at].ref)
	}
	if len(refs) > 0 {
		p.From = from + 1
	}
	if to < len(r.order) {
		p.Next = l.cursor(r.order[to-1], f.Sort)
	}
	switch {
	case from > limit:
		p.Prev = l.cursor(r.order[from-limit-1], f.Sort)
	case from > 0:
		p.Prev = catalog.FirstPage
	}
	return refs, p
}

// cursor names the place after an entity by what it is ordered by, so that it
// stays right when others come and go.
func (l *entityList) cursor(at int32, sort string) string {
	e := l.entries[at]
	key := e.title
	if sort == "changed" {
		key = e.changed
	}
	return base64.RawURLEncoding.EncodeToString([]byte(key + "\x00" + e.ref))
}

// after returns the place in order behind the filter's cursor. A cursor that
// cannot be read is the beginning.
func (l *entityList) after(order []int32, f catalog.Filter) int {
	raw, err := base64.RawURLEncoding.DecodeString(f.After)
	key, ref, ok := strings.Cut(string(raw), "\x00")
	if err != nil || !ok || f.After == catalog.FirstPage {
		return 0
	}
	last := &listEntry{title: key, changed: key, ref: ref}
	i, same := slices.BinarySearchFunc(order, last, func(at int32, last *listEntry) int {
		return l.compare(l.entries[at], last, f.Sort)
	})
	if same {
		i++
	}
	return i
}

func (l *entityList) compare(a, b *listEntry, sort string) int {
	switch sort {
	case "-name":
		return byTitle(b, a)
	case "changed":
		return cmp.Or(strings.Compare(b.changed, a.changed), strings.Compare(a.ref, b.ref))
	}
	return byTitle(a, b)
}

// relevant are the bits of mask that some entity has, so that viewers from
// whom the same is hidden share their results.
func (l *entityList) relevant(mask int64) int64 {
	if mask == 0 {
		return 0
	}
	var any int64
	for hidden := range l.covered() {
		any |= hidden
	}
	return mask & any
}
