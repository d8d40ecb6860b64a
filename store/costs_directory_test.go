package store_test

import (
	"context"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// A file that anybody may register takes neither a cloud account nor a
// repository from an entity of a trusted source, whatever its name.
func TestTrustedMappingsWin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		claim := func(name, owner string, trusted bool) catalog.Written {
			e := catalog.Entity{Ref: catalog.Ref{Kind: "component", Namespace: "default", Name: name}, APIVersion: "backstage.io/v1alpha1", Kind: "Component",
				Metadata: catalog.Metadata{Name: name, Namespace: "default", Annotations: map[string]string{
					"waymark.io/cloud-accounts": "1234", "waymark.io/cloud-resources": "arn:one", "github.com/project-slug": "bank/ledger"}},
				Spec: map[string]any{"owner": owner}, Source: catalog.Source{ID: "file:" + name, File: name}}
			body, hash, err := e.Encode()
			if err != nil {
				t.Fatal(err)
			}
			e.Hash = hash
			return catalog.Written{Entity: e, Body: body, Trusted: trusted, New: true}
		}
		err := s.Write(ctx, func(w tx.Tx) error {
			return s.PutEntities(ctx, w, []catalog.Written{claim("aaa", "group:default/evil", false), claim("ledger", "group:default/bank", true), claim("zzz", "group:default/evil", false)})
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.CostDirectory(ctx, anyone)
		if err != nil {
			t.Fatal(err)
		}
		const want = "component:default/ledger"
		if a, r := d.Accounts["1234"].Service, d.Resources["arn:one"].Service; a != want || r != want {
			t.Errorf("the account is %s's, the resource %s's, want %s", a, r, want)
		}
		if got, err := s.ComponentOfRepository(ctx, anyone, "bank/ledger"); err != nil || got != want {
			t.Errorf("the repository is %s's, %v, want %s", got, err, want)
		}
	})
}
