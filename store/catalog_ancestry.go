package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// maxLocations bounds the Location entities of one source that are looked at.
const maxLocations = 5000

// EntityAncestry tells why an entity is in the catalog: the entity, then the
// Location entities that led to it, nearest first, and the source. It fails as
// Entity does.
func (s *Store) EntityAncestry(ctx context.Context, v access.Viewer, ref catalog.Ref) (catalog.Ancestry, error) {
	e, err := s.Entity(ctx, v, ref)
	if err != nil {
		return catalog.Ancestry{}, err
	}
	a := catalog.Ancestry{Source: catalog.SourceState{Location: catalog.Location{ID: e.Source.ID}}}
	var locations []catalog.Entity
	if !strings.HasPrefix(e.Source.ID, catalog.EnginePrefix) {
		if locations, err = s.sourceLocations(ctx, v, e.Source.ID); err != nil {
			return a, fmt.Errorf("ancestry of %s: %w", ref, err)
		}
	}
	a.Items = catalog.Ascend(e, locations)
	rows, err := s.query(ctx, `
		SELECT s.id, s.registered_by, s.trusted, s.version, s.read_at, s.took_us, s.files, s.error, 0, 0
		FROM catalog_sources s
		WHERE s.id = ?`, e.Source.ID)
	list, err := collect(rows, err, scanSource)
	if len(list) > 0 {
		a.Source = list[0]
	}
	return a, err
}

// sourceLocations are the Location entities of a source with their places.
func (s *Store) sourceLocations(ctx context.Context, v access.Viewer, source string) ([]catalog.Entity, error) {
	rows, err := s.query(ctx, `
		SELECT b.body, b.location, b.document, b.line, b.version, e.source, e.file
		FROM entities e JOIN entity_bodies b ON b.ref = e.ref
		WHERE e.source = ? AND e.ref LIKE 'location:%' AND (e.hidden_by & ?) = 0
		ORDER BY e.ref
		LIMIT ?`, source, s.hiddenFrom(v), maxLocations)
	return collect(rows, err, func(r scanner) (catalog.Entity, error) {
		var body string
		var src catalog.Source
		if err := r.Scan(&body, &src.Location, &src.Document, &src.Line, &src.Version, &src.ID, &src.File); err != nil {
			return catalog.Entity{}, err
		}
		e, err := catalog.Decode([]byte(body))
		e.Source = src
		return e, err
	})
}
