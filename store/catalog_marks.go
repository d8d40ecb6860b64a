package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// orphanSet are the orphans of one list.
type orphanSet struct {
	once sync.Once
	refs map[string]bool
}

func (l *entityList) orphaned(ref string) bool {
	l.orphans.once.Do(func() {
		l.orphans.refs = map[string]bool{}
		for _, e := range l.entries {
			if e.orphan {
				l.orphans.refs[e.ref] = true
			}
		}
	})
	return l.orphans.refs[ref]
}

// troubled keeps for a moment how many problems which entities have, by what
// is hidden.
type troubled struct {
	mu   sync.Mutex
	kept map[int64]trouble
}

type trouble struct {
	refs map[string]int
	at   time.Time
}

// maxTroubled bounds the entities that are kept; lists mark no more.
const maxTroubled = 20_000

// RowMarks returns what is wrong with entities of a list that v sees; those
// with which nothing is are missing. It may be a second old.
func (s *Store) RowMarks(ctx context.Context, v access.Viewer, refs []catalog.Ref) (map[catalog.Ref]catalog.Mark, error) {
	list, err := s.entityList(ctx)
	if err != nil {
		return nil, err
	}
	problems, err := s.troubledEntities(ctx, v)
	out := map[catalog.Ref]catalog.Mark{}
	for _, r := range refs {
		ref := r.String()
		if m := (catalog.Mark{Orphan: list.orphaned(ref), Problems: problems[ref]}); m != (catalog.Mark{}) {
			out[r] = m
		}
	}
	return out, err
}

// troubledEntities are the entities with problems that v may see. The map is
// shared: change nothing.
func (s *Store) troubledEntities(ctx context.Context, v access.Viewer) (map[string]int, error) {
	c, now, mask := &s.troubled, time.Now(), s.hiddenFrom(v)
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.kept[mask]; ok && now.Sub(t.at) < countFor {
		return t.refs, nil
	}
	open, err := s.problemsOpenTo(ctx, v)
	if err != nil {
		return nil, err
	}
	type row struct {
		ref string
		n   int
	}
	rows, err := s.query(ctx, `SELECT p.entity, COUNT(*) FROM catalog_problems p WHERE p.entity <> ''`+open.text+` GROUP BY p.entity LIMIT ?`,
		append(slices.Clip(open.args), maxTroubled)...)
	list, err := collect(rows, err, func(r scanner) (x row, err error) { return x, r.Scan(&x.ref, &x.n) })
	if err != nil {
		return nil, err
	}
	t := trouble{make(map[string]int, len(list)), now}
	for _, x := range list {
		t.refs[x.ref] = x.n
	}
	const most = 16
	if c.kept == nil || len(c.kept) >= most {
		c.kept = map[int64]trouble{}
	}
	c.kept[mask] = t
	return t.refs, nil
}
