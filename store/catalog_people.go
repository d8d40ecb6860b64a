package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

// GroupsOf returns the groups, from trusted sources only, of which the user is
// a direct member, and these with all their parents.
func (s *Store) GroupsOf(ctx context.Context, user string) (direct, withParents []string, err error) {
	type row struct {
		ref    string
		direct bool
	}
	// A membership may be stated on either side, by a trusted file.
	rows, err := s.query(ctx, `
		WITH RECURSIVE up(ref, direct) AS (
			SELECT CASE WHEN r.source = ? THEN r.target ELSE r.source END, 1
			FROM relations r JOIN entity_bodies b ON b.ref = r.source AND b.trusted = 1
			WHERE (r.source = ? AND r.type = 'memberOf') OR (r.target = ? AND r.type = 'hasMember')
			UNION
			SELECT CASE WHEN r.source = up.ref THEN r.target ELSE r.source END, 0
			FROM up
			JOIN relations r ON (r.source = up.ref AND r.type = 'childOf') OR (r.target = up.ref AND r.type = 'parentOf')
			JOIN entity_bodies b ON b.ref = r.source AND b.trusted = 1
		)
		SELECT up.ref, MAX(up.direct)
		FROM up JOIN entity_bodies b ON b.ref = up.ref AND b.trusted = 1
		WHERE up.ref LIKE 'group:%'
		GROUP BY up.ref
		ORDER BY up.ref`, user, user, user)
	list, err := collect(rows, err, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.ref, &v.direct)
	})
	if err != nil {
		return nil, nil, err
	}
	for _, v := range list {
		if v.direct {
			direct = append(direct, v.ref)
		}
		withParents = append(withParents, v.ref)
	}
	return direct, withParents, nil
}

// UserByEmail returns the reference of the User of a trusted source with this
// address in spec.profile.email. An address that two users have is nobody's.
func (s *Store) UserByEmail(ctx context.Context, email string) (ref string, ok bool, err error) {
	if email == "" {
		return "", false, nil
	}
	var n int
	var first sql.NullString
	err = s.row(ctx, `SELECT COUNT(*), MIN(ref) FROM entity_bodies WHERE email = ? AND trusted = 1`, strings.ToLower(email)).Scan(&n, &first)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", false, err
	}
	return first.String, n == 1, nil
}
