package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/cost"
)

// The annotations that map what a provider bills to an entity: lists with
// commas.
const (
	resourcesAnnotation = "waymark.io/cloud-resources"
	accountsAnnotation  = "waymark.io/cloud-accounts"
)

// CostDirectory implements cost.Catalog.
func (s *Store) CostDirectory(ctx context.Context, v access.Viewer) (cost.Directory, error) {
	d := cost.Directory{Teams: map[string]bool{}, Services: map[string]string{}, Resources: map[string]cost.Place{}, Accounts: map[string]cost.Place{}}
	rows, err := s.query(ctx, `
		SELECT ref, owner
		FROM entities
		WHERE kind IN ('Component', 'Group') AND (hidden_by & ?) = 0`, s.hiddenFrom(v))
	list, err := collect(rows, err, func(r scanner) (p [2]string, err error) { return p, r.Scan(&p[0], &p[1]) })
	if err != nil {
		return d, fmt.Errorf("owners: %w", err)
	}
	for _, p := range list {
		if strings.HasPrefix(p[0], "group:") {
			d.Teams[p[0]] = true
		} else {
			d.Services[p[0]] = p[1]
		}
	}
	return d, s.costMappings(ctx, v, d)
}

// costMappings adds what annotations map explicitly. Of two that claim the
// same, a trusted source wins, then the first by reference.
func (s *Store) costMappings(ctx context.Context, v access.Viewer, d cost.Directory) error {
	rows, err := s.query(ctx, `
		SELECT b.body, e.owner
		FROM entity_bodies b
		JOIN entities e ON e.ref = b.ref
		WHERE b.body LIKE ? AND (e.hidden_by & ?) = 0
		ORDER BY b.trusted, b.ref DESC`, `%"waymark.io/cloud-%`, s.hiddenFrom(v))
	type found struct{ body, owner string }
	list, err := collect(rows, err, func(r scanner) (f found, err error) { return f, r.Scan(&f.body, &f.owner) })
	if err != nil {
		return fmt.Errorf("cost mappings: %w", err)
	}
	for _, f := range list {
		e, err := catalog.Decode([]byte(f.body))
		if err != nil {
			return err
		}
		p := placeOf(e, f.owner)
		for _, id := range splitList(e.Metadata.Annotations[resourcesAnnotation]) {
			d.Resources[id] = p
		}
		for _, id := range splitList(e.Metadata.Annotations[accountsAnnotation]) {
			d.Accounts[id] = p
		}
	}
	return nil
}

func placeOf(e catalog.Entity, owner string) cost.Place {
	p := cost.Place{Team: owner}
	switch e.Ref.Kind {
	case "component":
		p.Service = e.Ref.String()
	case "group":
		p.Team = e.Ref.String()
	}
	return p
}

func splitList(s string) []string {
	var out []string
	for _, id := range strings.Split(s, ",") {
		if id = strings.TrimSpace(id); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// ComponentOfRepository returns the component whose annotation
// github.com/project-slug is repository (owner/name), empty without one. Of two
// that claim it, a trusted source wins.
func (s *Store) ComponentOfRepository(ctx context.Context, v access.Viewer, repository string) (string, error) {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	unhidden, more := unhidden("b.ref", s.hiddenFrom(v))
	rows, err := s.query(ctx, `
		SELECT b.ref
		FROM entity_bodies b
		WHERE b.ref LIKE 'component:%' AND b.body LIKE ? ESCAPE '\'`+unhidden+`
		ORDER BY b.trusted DESC, b.ref
		LIMIT 1`, append([]any{`%"github.com/project-slug":"` + escape.Replace(repository) + `"%`}, more...)...)
	list, err := collect(rows, err, func(r scanner) (ref string, err error) { return ref, r.Scan(&ref) })
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}
