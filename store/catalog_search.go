package store

import (
	"context"
	"strings"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/search"
	"github.com/waymark-portal/waymark/internal/tx"
)

func searchKey(ref string) string { return "entity:" + ref }

// indexEntities puts entities into the search index.
func (s *Store) indexEntities(ctx context.Context, t tx.Tx, _ int64, list []catalog.Written) error {
	docs := make([]search.Doc, len(list))
	for i, e := range list {
		docs[i] = entityDoc(e.Entity)
	}
	return s.PutSearch(ctx, t, docs)
}

// entityDoc is what search knows of an entity: its words, not its spec.
func entityDoc(e catalog.Entity) search.Doc {
	words := []string{e.Metadata.Description, e.Type(), e.Lifecycle(), strings.Join(e.Metadata.Tags, " ")}
	for _, l := range e.Metadata.Links {
		words = append(words, l.Title)
	}
	if email := e.Profile("email"); email != "" {
		words = append(words, email)
	}
	return search.Doc{
		Key: searchKey(e.Ref.String()), Source: "catalog", Kind: e.Ref.Kind, Title: e.Title(), Name: e.Metadata.Name,
		Context: strings.TrimSpace(e.Owner().Name + " " + e.System().Name),
		Text:    strings.TrimSpace(strings.Join(words, "\n")), URL: e.Ref.Path(), Owner: e.Owner().String(), Entity: e.Ref.String(),
	}
}
