package store

import "context"

// TrustedEntity reports whether a trusted source holds ref. Access reads such
// entities only.
func (s *Store) TrustedEntity(ctx context.Context, ref string) (bool, error) {
	var one int
	err := s.row(ctx, `SELECT 1 FROM entity_bodies WHERE ref = ? AND trusted = 1`, ref).Scan(&one)
	if isNone(err) {
		return false, nil
	}
	return err == nil, err
}

// GroupAncestors returns the groups above group by trusted sources, nearest
// first; false when no trusted source holds the group.
func (s *Store) GroupAncestors(ctx context.Context, group string) ([]string, bool, error) {
	known, err := s.TrustedEntity(ctx, group)
	if err != nil || !known {
		return nil, false, err
	}
	rows, err := s.query(ctx, `
		WITH RECURSIVE up(ref, depth) AS (
			SELECT CAST(? AS TEXT), 0
			UNION
			SELECT CASE WHEN r.source = up.ref THEN r.target ELSE r.source END, up.depth + 1
			FROM up
			JOIN relations r ON (r.source = up.ref AND r.type = 'childOf') OR (r.target = up.ref AND r.type = 'parentOf')
			JOIN entity_bodies b ON b.ref = r.source AND b.trusted = 1
			WHERE up.depth < 20
		)
		SELECT ref FROM up WHERE depth > 0 AND ref <> ? GROUP BY ref ORDER BY MIN(depth), ref`, group, group)
	list, err := collect(rows, err, func(r scanner) (ref string, err error) { return ref, r.Scan(&ref) })
	return list, true, err
}
