package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// ownershipCache keeps who owns what at one generation, by what is hidden.
type ownershipCache struct {
	mu   sync.Mutex
	kept map[int64]catalog.Ownership
}

// Ownership returns who answers for what, the owners with most first, those
// that do not exist before the others. The answer is shared: change nothing.
func (s *Store) Ownership(ctx context.Context, v access.Viewer) (catalog.Ownership, error) {
	list, err := s.entityList(ctx)
	if err != nil {
		return catalog.Ownership{}, err
	}
	mask := list.relevant(s.hiddenFrom(v))
	const most = 32
	c := &list.ownership
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.kept[mask]
	if !ok {
		if c.kept == nil || len(c.kept) >= most {
			c.kept = map[int64]catalog.Ownership{}
		}
		o = list.ownershipOf(mask)
		c.kept[mask] = o
	}
	return o, nil
}

// ListCounts returns how many entities of each kind across finds, how many
// there are in all, and how many nobody owns.
func (s *Store) ListCounts(ctx context.Context, v access.Viewer, across catalog.Filter) (kinds []catalog.Count, total, unowned int, err error) {
	list, err := s.entityList(ctx)
	if err != nil {
		return nil, 0, 0, err
	}
	mask := s.hiddenFrom(v)
	return list.found(across, mask).facets[fieldNames[fieldKind]], list.total(mask), len(list.found(catalog.Filter{Unowned: true}, mask).order), nil
}

// ownershipOf passes once over the list.
func (l *entityList) ownershipOf(mask int64) catalog.Ownership {
	var o catalog.Ownership
	exist := l.owners(mask)
	kindless := l.terms.numbers(kindsWithoutOwner)
	kinds := map[uint32]map[uint32]int{} // by owner
	orphans := map[uint32]int{}
	for _, e := range l.entries {
		if e.hidden&mask != 0 {
			continue
		}
		owner, kind := e.fields[fieldOwner], e.fields[fieldKind]
		if e.orphan {
			o.Orphaned++
			orphans[owner]++
		}
		if owner == 0 && slices.Contains(kindless, kind) {
			continue
		}
		o.Total++
		switch {
		case owner == 0:
			o.Ownerless++
			continue
		case exist[owner]:
			o.Owned++
		default:
			o.Gone++
		}
		if kinds[owner] == nil {
			kinds[owner] = map[uint32]int{}
		}
		kinds[owner][kind]++
	}
	texts := l.terms.texts()
	for owner, counts := range kinds {
		c := catalog.OwnerCount{Ref: texts[owner], Gone: !exist[owner], Orphaned: orphans[owner], Kinds: make(map[string]int, len(counts))}
		for kind, n := range counts {
			c.N += n
			c.Kinds[texts[kind]] = n
		}
		o.Owners = append(o.Owners, c)
	}
	slices.SortFunc(o.Owners, func(a, b catalog.OwnerCount) int {
		return cmp.Or(boolFirst(a.Gone, b.Gone), b.N-a.N, strings.Compare(a.Ref, b.Ref))
	})
	return o
}

// boolFirst orders true before false.
func boolFirst(a, b bool) int { return flag(b) - flag(a) }
