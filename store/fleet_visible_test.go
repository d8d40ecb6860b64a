package store_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/catalog"
	upgrades "github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
)

// zebraPath is a template of which outsiders may not know.
const zebraPath = "template:default/zebra-path"

// hiddenFleet makes a hidden service of a hidden template, with an upgrade.
func hiddenFleet(t *testing.T, s *store.Store) {
	t.Helper()
	write(t, s, func(w tx.Tx) error {
		c := t.Context()
		e := catalog.Entity{Ref: catalog.MustRef(zebraPath), APIVersion: scaffold.APIVersion, Kind: "Template",
			Metadata: catalog.Metadata{Name: "zebra-path", Namespace: "default"}, Spec: map[string]any{"owner": "hr", "type": "service"}}
		body, hash, err := e.Encode()
		if err != nil {
			return err
		}
		e.Hash = hash
		if err := s.PutEntities(c, w, []catalog.Written{{Entity: e, Body: body, New: true, Trusted: true}}); err != nil {
			return err
		}
		v := scaffold.Version{Template: zebraPath, Version: "1"}
		if err := s.SeeVersion(c, w, v, upgrades.Head{Template: zebraPath, Title: "Zebra path", Version: "1"}); err != nil {
			return err
		}
		return s.KeepBase(c, w, scaffold.Base{Host: "git.example.com", Repository: "hr/zebra-repo", Template: zebraPath, Version: "1",
			Entity: "component:default/zebra-repo", Team: "group:default/hr", Run: "run_z", By: "user:default/hal", Answers: json.RawMessage(`{}`)})
	})
	u := upgrades.Upgrade{ID: "upg_z", Base: zebraService(t.Context(), s).ID, Template: zebraPath, Team: "group:default/hr", From: "1", To: "2",
		Answers: json.RawMessage(`{}`), Run: "run_zu", Bulk: "blk_z", By: "user:default/hal"}
	write(t, s, func(w tx.Tx) error {
		if err := s.CreateUpgrade(t.Context(), w, u); err != nil {
			return err
		}
		return s.OpenUpgrade(t.Context(), w, u, nil)
	})
}

// zebraService is the hidden service, as the system sees it.
func zebraService(c context.Context, s *store.Store) upgrades.Service {
	list, err := s.ServicesOf(c, access.System("test"), "component:default/zebra-repo")
	if err != nil || len(list) != 1 {
		return upgrades.Service{}
	}
	return list[0]
}

// someZebras says zebra for each thing of a list that is anonymous.
func someZebras[T any](list []T, err error) (any, error) {
	return strings.Repeat(zebra, len(list)), err
}

func init() {
	type read = func(context.Context, *store.Store, access.Viewer) (any, error)
	for name, f := range map[string]read{
		"Fleet": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.Fleet(c, v, upgrades.Query{})
		},
		"FleetCounts": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.FleetCounts(c, v, upgrades.Query{})
		},
		"FleetTeams": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return someZebras(s.FleetTeams(c, v))
		},
		"Service": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.Service(c, v, zebraService(c, s).ID)
		},
		"ServicesOf": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.ServicesOf(c, v, "component:default/zebra-repo")
		},
		"ServicesIn": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.ServicesIn(c, v, []string{zebraService(c, s).ID})
		},
		"ServicesAt": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.ServicesAt(c, v, "git.example.com", "hr/zebra-repo")
		},
		"StaleDrift": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.StaleDrift(c, v, "9999", 10)
		},
		"Upgrade": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.Upgrade(c, v, "upg_z")
		},
		"UpgradeOf": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.UpgradeOf(c, v, "run_zu")
		},
		"UpgradesOf": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.UpgradesOf(c, v, zebraService(c, s).ID)
		},
		"UpgradesIn": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.UpgradesIn(c, v, "blk_z")
		},
		"OpenUpgrades":  func(c context.Context, s *store.Store, v access.Viewer) (any, error) { return s.OpenUpgrades(c, v) },
		"TemplateHeads": func(c context.Context, s *store.Store, v access.Viewer) (any, error) { return s.TemplateHeads(c, v) },
		"TemplateVersions": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.TemplateVersions(c, v, zebraPath)
		},
		"TemplateVersion": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.TemplateVersion(c, v, zebraPath, "1")
		},
		"PickEntities": func(c context.Context, s *store.Store, v access.Viewer) (any, error) {
			return s.PickEntities(c, v, catalog.Pick{Text: zebra, Limit: 10})
		},
	} {
		visibleReads[name] = f
	}
	for name, why := range map[string]string{"Draft": "one's own", "Drafts": "one's own",
		"BaseEntries": "the fleet engine's, of a service that Service has shown", "BaseFiles": "the fleet engine's, of a service that Service has shown"} {
		showsNothingOfEntities[name] = why
	}
}
