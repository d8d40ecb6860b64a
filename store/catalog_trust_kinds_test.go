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

// powerful are documents of the kinds that decide who is who and what runs,
// each under the name mallory, in several spellings.
var powerful = map[string]string{
	"user":      "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: mallory}\nspec: {memberOf: [payments], profile: {email: boss@example.com}}\n",
	"group":     "apiVersion: backstage.io/v1alpha1\nkind: GROUP\nmetadata: {name: mallory}\nspec: {type: team, children: [], parent: company, members: [ada]}\n",
	"template":  "apiVersion: scaffolder.backstage.io/v1beta3\nkind: template\nmetadata: {name: mallory, title: M}\nspec: {type: service, owner: payments, steps: [{id: a, name: a, action: debug:log}]}\n",
	"blueprint": "apiVersion: waymark.io/v1\nkind: Blueprint\nmetadata: {name: mallory}\nspec: {owner: payments}\n",
	"policy":    "apiVersion: waymark.io/v1\nkind: Policy\nmetadata: {name: mallory}\nspec: {owner: payments}\n",
	"user2":     "apiVersion: example.com/v1\nkind: uSeR\nmetadata: {name: mallory2}\nspec: {memberOf: [payments]}\n",
}

const harmless = "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: mallory}\nspec: {type: service, lifecycle: production, owner: payments}\n"

// registered makes a source that a person registered.
func registered(t *testing.T, s *store.Store, id string) {
	t.Helper()
	mustWrite(t, s, func(ctx context.Context, w tx.Tx) error {
		return s.PutCatalogSource(ctx, w, catalog.SourceState{Location: catalog.Location{ID: id, By: "user:default/mallory", Trusted: true}})
	})
}

// There is no way around the configuration by which a kind that decides who is
// who is accepted: each becomes a problem, and what stands beside it is kept.
func TestPowerfulKindsComeFromTrustedSourcesOnly(t *testing.T) {
	const org, team = "url:https://host/org/all.yaml", "url:https://host/team/info.yaml"
	toFile := func(target string) string {
		return "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: way}\nspec: {targets: ['" + target + "']}\n"
	}
	ways := []struct {
		name  string
		files func(doc string) host
		read  string // the source that is read
		by    bool   // a person registered it
	}{
		{"a source that is not marked", func(doc string) host { return host{"org/all.yaml": shop, "team/info.yaml": doc + harmless} }, team, false},
		{"a registered location", func(doc string) host { return host{"org/all.yaml": shop, "team/info.yaml": doc + harmless} }, team, true},
		{"a Location of a trusted source into another repository", func(doc string) host {
			return host{"org/all.yaml": shop + "---\n" + toFile("https://host/team/info.yaml"), "team/info.yaml": doc + harmless}
		}, org, false},
		{"a Location of a registered location beside it", func(doc string) host {
			return host{"org/all.yaml": shop, "team/info.yaml": toFile("./users.yaml"), "team/users.yaml": doc + harmless}
		}, team, true},
		{"a Location of a registered location into the trusted repository", func(doc string) host {
			return host{"org/all.yaml": shop, "team/info.yaml": toFile("https://host/org/other.yaml"), "org/other.yaml": doc + harmless}
		}, team, true},
		{"a Location into a repository and from there on", func(doc string) host {
			return host{"org/all.yaml": shop + "---\n" + toFile("https://host/team/info.yaml"), "team/info.yaml": strings.Replace(toFile("https://host/org/other.yaml"), "way", "way-on", 1),
				"org/other.yaml": doc + harmless}
		}, org, false},
	}
	for _, way := range ways {
		for kind, doc := range powerful {
			t.Run(way.name+"/"+kind, func(t *testing.T) {
				ctx, s := context.Background(), storetest.SQLite(t)
				locations := []catalog.Location{{ID: org, Trusted: true}}
				if way.by {
					registered(t, s, team)
				} else {
					locations = append(locations, catalog.Location{ID: team})
				}
				e := catalog.New(catalog.Options{Store: s, Locations: locations})
				e.RegisterFetcher("host", way.files(doc))
				r, err := e.ReadNow(ctx, way.read)
				if err != nil {
					t.Fatal(err)
				}
				refused := 0
				for _, p := range r.Problems {
					if p.Code == "untrusted" {
						refused++
					}
				}
				if refused != 1 {
					t.Errorf("%d documents refused as untrusted, want 1; problems %v", refused, r.Problems)
				}
				name := "mallory"
				if kind == "user2" {
					kind, name = "user", "mallory2"
				}
				if _, err := s.EntityJSON(ctx, boss, catalog.MustRef(kind+":default/"+name)); err == nil {
					t.Error("it was stored")
				}
				if _, err := s.EntityJSON(ctx, boss, catalog.MustRef("component:default/mallory")); err != nil {
					t.Errorf("what stood beside it was not: %v", err)
				}
			})
		}
	}
}

// A trusted entity is not taken over by another source that claims its name,
// and does not change sides when that one is read first.
func TestATrustedEntityIsNotTakenOver(t *testing.T) {
	const org, team = "url:https://host/org/all.yaml", "url:https://host/team/info.yaml"
	ctx, s := context.Background(), storetest.SQLite(t)
	registered(t, s, team)
	e := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: org, Trusted: true}}})
	e.RegisterFetcher("host", host{"org/all.yaml": shop,
		"team/info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: ada}\nspec: {memberOf: [company], profile: {email: boss@example.com}}\n"})
	for _, id := range []string{team, org, team} {
		if _, err := e.ReadNow(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if ref, ok, err := s.UserByEmail(ctx, "boss@example.com"); ok || err != nil {
		t.Errorf("boss@example.com is %s, %v", ref, err)
	}
	if ref, ok, err := s.UserByEmail(ctx, "ada@example.com"); !ok || ref != "user:default/ada" || err != nil {
		t.Errorf("ada@example.com is %q, %v", ref, err)
	}
}
