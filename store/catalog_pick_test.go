package store_test

import (
	"context"
	"testing"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func TestPickers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		hiddenShop(t, s)
		useRules(t, s, hrRule)
		ctx := context.Background()
		kind := func(k ...string) []catalog.PickFilter { return []catalog.PickFilter{{"kind": {Values: k}}} }
		all, err := s.PickEntities(ctx, boss, catalog.Pick{Any: kind("Component"), Limit: 100})
		if err != nil || all.Total < 4 || len(all.Items) != all.Total {
			t.Fatalf("%d of %d, %v", len(all.Items), all.Total, err)
		}
		for name, p := range map[string]catalog.Pick{
			"by kind": {Any: kind("Component"), Limit: 100}, "by text": {Text: "zebra", Limit: 100}, "by ref": {Refs: []string{"component:default/zebra-pay"}, Limit: 5},
			"by owner":      {Owners: []string{"group:default/hr"}, Limit: 100},
			"by terms":      {Any: []catalog.PickFilter{{"kind": {Values: []string{"component"}}, "metadata.tags": {Exists: true}}}, Limit: 100},
			"terms and ref": {Any: []catalog.PickFilter{{"metadata.tags": {Exists: true}}}, Refs: []string{"component:default/zebra-pay"}, Limit: 5},
		} {
			got, err := s.PickEntities(ctx, outsider, p)
			if err != nil || mentions(t, got) {
				t.Errorf("%s shows what is hidden: %+v %v", name, got, err)
			}
			seen, err := s.PickEntities(ctx, boss, p)
			if err != nil || seen.Total <= got.Total || !mentions(t, seen) {
				t.Errorf("%s: %d for the boss, %d for others, %v", name, seen.Total, got.Total, err)
			}
		}
		exact, err := s.PickEntities(ctx, boss, catalog.Pick{Any: append(kind("system"), catalog.PickFilter{"kind": {Values: []string{"API"}}, "spec.type": {Values: []string{"GRPC"}}}), Text: "Zeb", Limit: 1})
		if err != nil || exact.Total != 2 || len(exact.Items) != 1 {
			t.Errorf("one of several filters: %+v %v", exact, err)
		}
	})
}

func BenchmarkPick(b *testing.B) {
	s := storetest.SQLite(b)
	ctx := context.Background()
	id := "file:" + bigCatalog(b, 80_000)
	if _, err := catalog.New(catalog.Options{Store: s, Locations: []catalog.Location{{ID: id, Trusted: true}}}).ReadNow(ctx, id); err != nil {
		b.Fatal(err)
	}
	for name, p := range map[string]catalog.Pick{
		"kind and text":    {Any: []catalog.PickFilter{{"kind": {Values: []string{"Component"}}, "spec.type": {Values: []string{"service"}}}}, Text: "worker 777", Limit: 21},
		"beginning":        {Any: []catalog.PickFilter{{"kind": {Values: []string{"Component"}}}}, Limit: 21},
		"by an annotation": {Any: []catalog.PickFilter{{"metadata.annotations.github.com/project-slug": {Exists: true}}}, Text: "worker 777", Limit: 21},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got, err := s.PickEntities(ctx, anyone, p); err != nil || len(got.Items) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}
