package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/waymark-portal/waymark/internal/memo"
)

// The list of entities is kept in memory: a few words of each, so that any
// filter, its total and its facets cost no pass over the database. A reader
// compares one number, the catalog's generation, and brings the list up to it
// by what changed since. At 12,700 entities it holds about 3 MB.

// listEntry is one entity as filters see it. The numbers are terms.
type listEntry struct {
	ref     string
	title   string // in lower case, the order of lists
	text    string // name and title in lower case, for search
	changed string
	hidden  int64 // the visibility rules that cover it, as entities.hidden_by
	orphan  bool  // its source no longer holds it
	source  uint32
	fields  [singleFields]uint32 // kind, type, owner, lifecycle, system
	tags    []uint32
}

// The fields that filters and facets know. Tags come last: an entity has many.
const (
	fieldKind = iota
	fieldType
	fieldOwner
	fieldLifecycle
	fieldSystem
	singleFields
	fieldTag = singleFields
	fieldSum = singleFields + 1
)

var fieldNames = [fieldSum]string{"kind", "type", "owner", "lifecycle", "system", "tag"}

// entityList is the catalog at one generation. It never changes.
type entityList struct {
	generation int64
	entries    []*listEntry // by title, then reference
	terms      *terms
	results    *resultCache
	masks      maskCounts
	ownership  ownershipCache
	orphans    orphanSet
}

// maskCounts keeps how many entities have which visibility rules: a few pairs,
// however many entities there are.
type maskCounts struct {
	once sync.Once
	n    map[int64]int
}

// total is how many entities mask leaves.
func (l *entityList) total(mask int64) int {
	if mask == 0 {
		return len(l.entries)
	}
	total := 0
	for hidden, n := range l.covered() {
		if hidden&mask == 0 {
			total += n
		}
	}
	return total
}

// covered counts the entities by the visibility rules that cover them.
func (l *entityList) covered() map[int64]int {
	l.masks.once.Do(func() {
		l.masks.n = map[int64]int{}
		for _, e := range l.entries {
			l.masks.n[e.hidden]++
		}
	})
	return l.masks.n
}

// catalogCache holds the newest list.
type catalogCache struct {
	mu   sync.Mutex // held while a new list is made
	list atomic.Pointer[entityList]
}

// generationKey is under what one answer remembers the catalog's generation.
type generationKey struct{}

// entityList returns the list at the catalog's present generation.
func (s *Store) entityList(ctx context.Context) (*entityList, error) {
	now, err := memo.Get(ctx, generationKey{}, s.CatalogGeneration)
	if err != nil {
		return nil, err
	}
	if l := s.catalog.list.Load(); l != nil && l.generation >= now {
		return l, nil
	}
	s.catalog.mu.Lock()
	defer s.catalog.mu.Unlock()
	old := s.catalog.list.Load()
	if old != nil && old.generation >= now {
		return old, nil
	}
	if old == nil {
		old = &entityList{generation: -1, terms: newTerms()}
	}
	var l *entityList
	err = s.atOnce(ctx, func(ctx context.Context) (err error) {
		l, err = s.grownList(ctx, old)
		return err
	})
	if err == nil {
		s.catalog.list.Store(l)
	}
	return l, err
}

// grownList brings old up to the generation of the moment that it reads at.
func (s *Store) grownList(ctx context.Context, old *entityList) (*entityList, error) {
	to, err := s.CatalogGeneration(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, `
		SELECT ref, kind, title, type, lifecycle, owner, system, tags, source, changed_at, hidden_by,
			EXISTS (SELECT 1 FROM entity_bodies b WHERE b.ref = entities.ref AND b.orphan = 1)
		FROM entities
		WHERE generation > ? AND generation <= ?`, old.generation, to)
	fresh, err := collect(rows, err, old.terms.scanEntry)
	if err != nil {
		return nil, err
	}
	rows, err = s.query(ctx, `SELECT ref FROM tombstones WHERE generation > ? AND generation <= ?`, old.generation, to)
	removed, err := collect(rows, err, scanText)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(fresh, byTitle)
	out := make(map[string]bool, len(fresh)+len(removed))
	for _, ref := range removed {
		out[ref] = true
	}
	for _, e := range fresh {
		out[e.ref] = true
	}
	return &entityList{generation: to, entries: merged(old.entries, fresh, out), terms: old.terms, results: &resultCache{}}, nil
}

// merged joins two ordered lists, leaving out those of old that are in out.
func merged(old, fresh []*listEntry, out map[string]bool) []*listEntry {
	list := make([]*listEntry, 0, len(old)+len(fresh))
	for _, e := range old {
		if out[e.ref] {
			continue
		}
		for len(fresh) > 0 && byTitle(fresh[0], e) < 0 {
			list, fresh = append(list, fresh[0]), fresh[1:]
		}
		list = append(list, e)
	}
	return append(list, fresh...)
}

func byTitle(a, b *listEntry) int {
	return cmp.Or(strings.Compare(a.title, b.title), strings.Compare(a.ref, b.ref))
}

// terms numbers the texts that entities share. Zero is the empty text.
type terms struct {
	mu     sync.RWMutex
	number map[string]uint32
	text   []string
}

func newTerms() *terms {
	return &terms{number: map[string]uint32{"": 0}, text: []string{""}}
}

func (t *terms) add(s string) uint32 {
	t.mu.RLock()
	n, ok := t.number[s]
	t.mu.RUnlock()
	if ok {
		return n
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n = uint32(len(t.text))
	s = strings.Clone(s)
	t.number[s], t.text = n, append(t.text, s)
	return n
}

// numbers turns filter values into terms; an unknown one becomes a number
// that no entity has.
func (t *terms) numbers(values []string) []uint32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := make([]uint32, len(values))
	for i, v := range values {
		n, ok := t.number[v]
		if !ok {
			n = ^uint32(0)
		}
		out[i] = n
	}
	return out
}

func (t *terms) texts() []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.text
}

func (t *terms) scanEntry(r scanner) (*listEntry, error) {
	var kind, title, typ, lifecycle, owner, system, tags, source string
	e := &listEntry{}
	if err := r.Scan(&e.ref, &kind, &title, &typ, &lifecycle, &owner, &system, &tags, &source, &e.changed, &e.hidden, &e.orphan); err != nil {
		return nil, err
	}
	ref := splitRef(e.ref)
	e.title = strings.ToLower(title)
	e.text = e.title
	if e.title != ref.Name {
		e.text = ref.Name + "\n" + e.title
	}
	e.source = t.add(source)
	for i, v := range [singleFields]string{ref.Kind, typ, owner, lifecycle, system} {
		e.fields[i] = t.add(v)
	}
	if len(tags) > 2 {
		for tag := range strings.SplitSeq(tags[1:len(tags)-1], ",") { // tags hold neither comma nor quote
			e.tags = append(e.tags, t.add(strings.Trim(tag, `"`)))
		}
	}
	return e, nil
}
