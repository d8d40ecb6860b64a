package store

import (
	"context"

	"github.com/waymark-portal/waymark/internal/access"
)

// CountUsers implements voice.People. Users of trusted sources count.
func (s *Store) CountUsers(ctx context.Context, _ access.Viewer) (int, error) {
	var n int
	err := s.row(ctx, `SELECT COUNT(*) FROM entity_bodies WHERE ref LIKE 'user:%' AND trusted = 1`).Scan(&n)
	return n, err
}

// MembersOf implements voice.People. A membership may be stated on either
// side, by a trusted file.
func (s *Store) MembersOf(ctx context.Context, _ access.Viewer, groups []string) ([]string, error) {
	const most = 50 // keeps the texts of this query a bounded set
	if len(groups) > most {
		groups = groups[:most]
	}
	if len(groups) == 0 {
		return nil, nil
	}
	rows, err := s.query(ctx, `
		WITH RECURSIVE down(ref) AS (
			SELECT ref FROM entity_bodies WHERE ref IN (`+marks(len(groups))+`) AND trusted = 1
			UNION
			SELECT CASE WHEN r.source = down.ref THEN r.target ELSE r.source END
			FROM down
			JOIN relations r ON (r.target = down.ref AND r.type = 'childOf') OR (r.source = down.ref AND r.type = 'parentOf')
			JOIN entity_bodies b ON b.ref = r.source AND b.trusted = 1
		)
		SELECT DISTINCT CASE WHEN r.source = down.ref THEN r.target ELSE r.source END
		FROM down
		JOIN relations r ON (r.target = down.ref AND r.type = 'memberOf') OR (r.source = down.ref AND r.type = 'hasMember')
		JOIN entity_bodies b ON b.ref = r.source AND b.trusted = 1
		ORDER BY 1`, anys(groups)...)
	return collect(rows, err, func(r scanner) (string, error) {
		var ref string
		return ref, r.Scan(&ref)
	})
}
