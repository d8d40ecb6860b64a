package store

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/cost"
)

// What belongs to a hidden entity is hidden with it. The conditions below
// stand after others; they are empty for who sees everything, so that without
// rules nothing costs more.

// unhidden is the condition that the entity whose reference a column holds is
// not hidden by mask, with its arguments. An empty reference, or one of
// nothing, is not hidden.
func unhidden(column string, mask int64) (string, []any) {
	if mask == 0 {
		return "", nil
	}
	return ` AND NOT EXISTS (SELECT 1 FROM entities hidden WHERE hidden.ref = ` + column + ` AND (hidden.hidden_by & ?) <> 0)
		AND NOT EXISTS (SELECT 1 FROM tombstones hidden WHERE hidden.ref = ` + column + ` AND (hidden.hidden_by & ?) <> 0)`, []any{mask, mask}
}

// unhiddenEnvironment is the condition that neither an environment nor the
// service it is for is hidden from v.
func (s *Store) unhiddenEnvironment(v access.Viewer, table string) (string, []any) {
	mask := s.hiddenFrom(v)
	entity, args := unhidden(table+".entity", mask)
	service, more := unhidden(table+".service", mask)
	return entity + service, append(args, more...)
}

// unhiddenSubject is the condition that the subject of a run or event, an
// entity, an environment or a source of the catalog, is not hidden from v.
func (s *Store) unhiddenSubject(v access.Viewer, column string) (string, []any) {
	mask := s.hiddenFrom(v)
	if mask == 0 {
		return "", nil
	}
	itself, args := unhidden(column, mask)
	shown, more := s.unhiddenEnvironment(v, "shown")
	itself += ` AND (NOT EXISTS (SELECT 1 FROM entities h WHERE h.source = ` + column + ` AND (h.hidden_by & ?) <> 0)
		OR EXISTS (SELECT 1 FROM entities h WHERE h.source = ` + column + ` AND (h.hidden_by & ?) = 0))`
	args = append(args, mask, mask)
	return itself + ` AND (NOT EXISTS (SELECT 1 FROM environments shown WHERE shown.id = ` + column + `)
		OR EXISTS (SELECT 1 FROM environments shown WHERE shown.id = ` + column + shown + `))`, append(args, more...)
}

// unhiddenRepository is the condition that no entity which is hidden from v
// stands in a repository of the embedded forge.
func (s *Store) unhiddenRepository(v access.Viewer) (string, []any) {
	mask := s.hiddenFrom(v)
	if mask == 0 {
		return "", nil
	}
	return ` AND NOT EXISTS (
		SELECT 1 FROM entities hidden JOIN entity_bodies b ON b.ref = hidden.ref
		WHERE (hidden.hidden_by & ?) <> 0
			AND b.location LIKE '%://waymark/' || repositories.owner || '/' || repositories.name || '/%')`, []any{mask}
}

// unhiddenScopes is unhidden for the scopes of delivery tallies; empty when no
// hidden service has any.
func (s *Store) unhiddenScopes(ctx context.Context, v access.Viewer) (string, []any, error) {
	mask := s.hiddenFrom(v)
	if mask == 0 {
		return "", nil, nil
	}
	var n int
	err := s.row(ctx, `
		SELECT (SELECT COUNT(*) FROM entities h WHERE (h.hidden_by & ?) <> 0
				AND EXISTS (SELECT 1 FROM delivery_tallies t WHERE t.scope = h.ref))
			+ (SELECT COUNT(*) FROM tombstones h WHERE (h.hidden_by & ?) <> 0
				AND EXISTS (SELECT 1 FROM delivery_tallies t WHERE t.scope = h.ref))`, mask, mask).Scan(&n)
	if err != nil || n == 0 {
		return "", nil, err
	}
	where, args := unhidden("delivery_tallies.scope", mask)
	return where, args, nil
}

// hiddenOf are those of the references that are hidden from v.
func (s *Store) hiddenOf(ctx context.Context, v access.Viewer, refs []string) (map[string]bool, error) {
	mask := s.hiddenFrom(v)
	if mask == 0 || len(refs) == 0 {
		return nil, nil
	}
	in := s.inList("ref")
	rows, err := s.query(ctx, `
		SELECT ref FROM entities WHERE (hidden_by & ?) <> 0 AND `+in+`
		UNION ALL
		SELECT ref FROM tombstones WHERE (hidden_by & ?) <> 0 AND `+in, mask, listArg(refs), mask, listArg(refs))
	list, err := collect(rows, err, scanText)
	return setOf(list), err
}

// hideLines makes unallocated what is hidden from v.
func (s *Store) hideLines(ctx context.Context, v access.Viewer, lines []cost.Line) error {
	if s.hiddenFrom(v) == 0 {
		return nil
	}
	keys := map[string]bool{}
	for _, l := range lines {
		keys[l.Key] = true
	}
	hidden, err := s.hiddenOf(ctx, v, slices.Collect(maps.Keys(keys)))
	for i, l := range lines {
		if hidden[l.Key] {
			lines[i].Key = cost.Unallocated
		}
	}
	return err
}

// Sight names what the visibility rules leave to v: it is the same for all who
// see the same, so that answers may be kept for them together.
func (s *Store) Sight(v access.Viewer) string { return strconv.FormatInt(s.hiddenFrom(v), 36) }

// RepositoryHidden reports whether a repository of the embedded forge holds
// something that is hidden from v: then the whole of it is.
func (s *Store) RepositoryHidden(ctx context.Context, v access.Viewer, owner, name string) (bool, error) {
	unhidden, args := s.unhiddenRepository(v)
	if unhidden == "" {
		return false, nil
	}
	var open int
	err := s.row(ctx, `SELECT COUNT(*) FROM repositories WHERE owner = ? AND name = ?`+unhidden, append([]any{owner, name}, args...)...).Scan(&open)
	return open == 0, err
}
