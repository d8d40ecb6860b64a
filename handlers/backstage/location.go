package backstage

import (
	"context"
	"crypto/sha1" //nolint:gosec // Backstage names generated Locations so
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
)

// record is a location as the API shows it.
type record struct {
	ID        string `json:"id"` // sha1 of type:target, so it changes with them
	Type      string `json:"type"`
	Target    string `json:"target"`
	EntityRef string `json:"entityRef"`
	source    catalog.SourceState
}

// generated is how Backstage names the Location entity of a location.
const generated = "generated-"

// isGenerated reports whether a reference could be that of such an entity.
func isGenerated(ref catalog.Ref) bool {
	return strings.HasPrefix(ref.String(), "location:default/"+generated)
}

func newRecord(s catalog.SourceState) record {
	kind, target, _ := strings.Cut(s.ID, ":")
	id := locationID(s.ID)
	return record{ID: id, Type: kind, Target: target, EntityRef: "location:default/" + generated + id, source: s}
}

// locationID is the id of the location type:target.
func locationID(location string) string {
	sum := sha1.Sum([]byte(location)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// records are all locations that the configuration or a person named, by
// type and target, of which v may see anything. What engines and organisations
// bring is none.
func (h *Handler) records(ctx context.Context, v access.Viewer) ([]record, error) {
	all, err := h.Sources.SeenSources(ctx, v)
	if err != nil {
		return nil, err
	}
	out := []record{}
	for _, s := range all {
		if strings.HasPrefix(s.ID, "url:") || strings.HasPrefix(s.ID, "file:") {
			out = append(out, newRecord(s))
		}
	}
	return out, nil
}

// recordBy finds one location.
func (h *Handler) recordBy(ctx context.Context, v access.Viewer, match func(record) bool) (record, bool, error) {
	all, err := h.records(ctx, v)
	for _, r := range all {
		if match(r) {
			return r, true, err
		}
	}
	return record{}, false, err
}

// recordByID fails with NotFound.
func (h *Handler) recordByID(ctx context.Context, v access.Viewer, id string) (record, error) {
	r, ok, err := h.recordBy(ctx, v, func(r record) bool { return r.ID == id })
	if err == nil && !ok {
		err = notFound("Found no location with ID %s", id)
	}
	return r, err
}

// entity is the Location entity that stands for a location. The catalog does
// not keep it, since it says nothing that the source does not.
func (r record) entity() (json.RawMessage, error) {
	ref := catalog.Ref{Kind: "location", Namespace: catalog.DefaultNamespace, Name: generated + r.ID}
	return json.Marshal(map[string]any{
		"apiVersion": "backstage.io/v1alpha1",
		"kind":       "Location",
		"metadata": map[string]any{"uid": catalog.UID(ref), "etag": r.ID, "name": ref.Name, "namespace": ref.Namespace,
			"annotations": map[string]string{"backstage.io/managed-by-location": r.source.ID, "backstage.io/managed-by-origin-location": r.source.ID}},
		"spec":      map[string]string{"type": r.Type, "target": r.Target},
		"relations": []any{},
	})
}
