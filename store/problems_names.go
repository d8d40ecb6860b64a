package store

import (
	"context"
	"fmt"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
)

// maxNames bounds the unknown names of one kind of record.
const maxNames = 1000

// records are where names of services and teams come in from elsewhere.
var records = []struct{ what, names string }{
	{"deployments", `SELECT DISTINCT service AS name FROM deployments`},
	{"incidents", `SELECT DISTINCT service AS name FROM incidents`},
	{"bills", `SELECT DISTINCT service AS name FROM cost_cells UNION SELECT DISTINCT team FROM cost_cells`},
}

// CheckNames makes a problem of each service and team that something was
// recorded of and that the catalog neither holds nor held.
func (s *Store) CheckNames(ctx context.Context) error {
	for _, r := range records {
		rows, err := s.query(ctx, `
			SELECT n.name
			FROM (`+r.names+`) n
			WHERE n.name LIKE '%:%/%'
				AND NOT EXISTS (SELECT 1 FROM entities e WHERE e.ref = n.name)
				AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE t.ref = n.name)
			LIMIT ?`, maxNames)
		names, err := collect(rows, err, scanText)
		if err != nil {
			return fmt.Errorf("names of %s: %w", r.what, err)
		}
		var list []catalog.Problem
		for _, name := range names {
			list = append(list, catalog.Unheard(r.what, name))
		}
		err = s.Write(ctx, func(t tx.Tx) error {
			return s.ReplaceProblems(ctx, t, catalog.RecordsSource, []string{r.what}, list)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
