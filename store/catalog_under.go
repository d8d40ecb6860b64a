package store

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

// SourcesUnder returns the sources that lie in a repository, by the address of
// its page, or that read files of it through Locations, by id. Letters' case
// does not matter, as it does not to hosts.
func (s *Store) SourcesUnder(ctx context.Context, repository string) ([]string, error) {
	at := strings.ToLower("url:" + strings.TrimSuffix(repository, "/"))
	in := at + "/"
	n := utf8.RuneCountInString(in)
	rows, err := s.query(ctx, `
		SELECT id FROM catalog_sources
		WHERE lower(id) = ? OR lower(id) = ? OR lower(substr(id, 1, ?)) = ?
		UNION
		SELECT source FROM catalog_files
		WHERE lower(substr(path, 1, ?)) = ?`, at, at+".git", n, in, n, in)
	out, err := collect(rows, err, scanText)
	slices.Sort(out)
	return out, err
}
