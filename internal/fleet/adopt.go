package fleet

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
)

// SourceTemplate is the annotation by which an entity names the template that
// it was made from.
const SourceTemplate = "backstage.io/source-template"

// adoptAtOnce is how many services are recorded in one transaction.
const adoptAtOnce = 200

// Adopted is an entity that names its template, but was not made here.
type Adopted struct{ Entity, Template string }

// Adopt records the entities that say which template they were made from, so
// that the fleet shows them as well: their base is not known. Those that no
// longer say so are forgotten.
func (e *Engine) Adopt(ctx context.Context) error {
	where, err := query.ParseFilters([]string{"metadata.annotations." + SourceTemplate})
	if err != nil {
		return err
	}
	var all []Adopted
	err = e.o.Store.StreamEntities(ctx, system, where, nil, func(body json.RawMessage) error {
		if a, ok := adopted(body); ok {
			all = append(all, a)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("entities with a template: %w", err)
	}
	for begin := 0; begin < len(all); begin += adoptAtOnce {
		part := all[begin:min(begin+adoptAtOnce, len(all))]
		err := e.o.Store.Write(ctx, func(t tx.Tx) error { return e.o.Store.AdoptServices(ctx, t, part) })
		if err != nil {
			return err
		}
	}
	return e.o.Store.Write(ctx, func(t tx.Tx) error { return e.o.Store.ForgetAdopted(ctx, t) })
}

// adopted reads an entity; not ok when what it names is no template.
func adopted(body json.RawMessage) (Adopted, bool) {
	var doc struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Name, Namespace string
			Annotations     map[string]string
		} `json:"metadata"`
	}
	if json.Unmarshal(body, &doc) != nil || doc.Kind == "Template" {
		return Adopted{}, false
	}
	template, err := catalog.ParseRef(doc.Metadata.Annotations[SourceTemplate], "template", "")
	if err != nil || template.Canonical().Kind != "template" {
		return Adopted{}, false
	}
	ref := catalog.Ref{Kind: doc.Kind, Namespace: doc.Metadata.Namespace, Name: doc.Metadata.Name}
	if ref.Namespace == "" {
		ref.Namespace = catalog.DefaultNamespace
	}
	return Adopted{Entity: ref.Canonical().String(), Template: template.Canonical().String()}, true
}
