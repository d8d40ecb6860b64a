package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func TestSourcesUnder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		err := s.Write(ctx, func(t tx.Tx) error {
			for _, id := range []string{"url:https://github.com/Acme/Shop/blob/main/a.yaml", "url:https://github.com/acme/shop", "url:https://github.com/acme/shop.git",
				"url:https://github.com/acme/shopping", "url:https://github.com/acme/shopping/blob/main/a.yaml", "file:/srv", "file:/other"} {
				if err := s.PutCatalogSource(ctx, t, catalog.SourceState{Location: catalog.Location{ID: id}}); err != nil {
					return err
				}
			}
			return s.PutCatalogFiles(ctx, t, "file:/srv", []catalog.FileState{{Path: "a.yaml"}, {Path: "url:https://github.com/acme/shop/blob/main/x.yaml"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.SourcesUnder(ctx, "https://github.com/acme/shop")
		want := "file:/srv url:https://github.com/Acme/Shop/blob/main/a.yaml url:https://github.com/acme/shop url:https://github.com/acme/shop.git"
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("got %q %v, want %q", got, err, want)
		}
		if got, err := s.SourcesUnder(ctx, "https://github.com/acme/none"); err != nil || len(got) > 0 {
			t.Errorf("a repository of nobody: %q %v", got, err)
		}
	})
}
