package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// seedPeople makes two groups, one below the other, a third beside them, and
// who is in them; what is said of x comes from a file that is not trusted.
func seedPeople(t *testing.T, s *store.Store) {
	t.Helper()
	sql := []string{}
	for _, name := range strings.Fields("group:default/up group:default/down group:default/side user:default/a user:default/b user:default/c user:default/x") {
		trusted := "1"
		if name == "user:default/x" {
			trusted = "0"
		}
		sql = append(sql, `INSERT INTO entities (ref, kind, title, description, type, lifecycle, owner, system, tags, source, file, generation, changed_at)
			VALUES ('`+name+`', '', '', '', '', '', '', '', '[]', '', '', 1, '')`,
			`INSERT INTO entity_bodies (ref, hash, location, document, line, version, trusted, orphan, email, body)
			VALUES ('`+name+`', '', '', 1, 1, '', `+trusted+`, 0, '', '{}')`)
	}
	for _, edge := range []string{"group:default/down childOf group:default/up", "user:default/a memberOf group:default/up",
		"user:default/b memberOf group:default/down", "group:default/side hasMember user:default/c", "user:default/x memberOf group:default/up"} {
		f := strings.Fields(edge)
		sql = append(sql, `INSERT INTO relations (source, type, target) VALUES ('`+strings.Join(f, `', '`)+`')`)
	}
	for _, q := range sql {
		if _, err := s.WriteDB().Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func TestAudience(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, v := context.Background(), access.System("test")
		seedPeople(t, s)
		n, err := s.CountUsers(ctx, v)
		if err != nil || n != 3 {
			t.Errorf("users: %d, %v; want the 3 of trusted files", n, err)
		}
		for groups, want := range map[string]string{
			"group:default/up":                      "user:default/a user:default/b",
			"group:default/down":                    "user:default/b",
			"group:default/up group:default/side":   "user:default/a user:default/b user:default/c",
			"group:default/none":                    "",
			"group:default/down group:default/down": "user:default/b",
		} {
			got, err := s.MembersOf(ctx, v, strings.Fields(groups))
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("members of %s: %v, %v; want %s", groups, got, err, want)
			}
		}
		if got, err := s.MembersOf(ctx, v, nil); err != nil || len(got) != 0 {
			t.Errorf("members of nothing: %v, %v", got, err)
		}
	})
}
