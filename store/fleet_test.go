package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waymark-portal/waymark/internal/access"
	made "github.com/waymark-portal/waymark/internal/fleet"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

const fleetTemplate = "template:default/go-rest-api"

var everything = access.System("test")

func templateVersion(version, text string) scaffold.Version {
	return scaffold.Version{Template: fleetTemplate, Version: version, Changelog: "About " + version,
		Snapshot: scaffold.Snapshot{Digest: "digest of " + text, File: "template.yaml",
			Files: []forge.File{{Path: "skeleton/run.sh", Mode: forge.Executable, Data: []byte("#!/bin/sh\n")}, {Path: "template.yaml", Data: []byte(text)}}}}
}

// see records that the template is at a version.
func see(t *testing.T, s *store.Store, version, text, problem string) {
	t.Helper()
	v := templateVersion(version, text)
	inTx(t, s, func(db tx.Tx) error {
		return s.SeeVersion(t.Context(), db, v, made.Head{Title: "Go REST API", Digest: v.Digest, Problem: problem})
	})
}

func inTx(t *testing.T, s *store.Store, f func(tx.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func keptBase(name, team, version string) scaffold.Base {
	return scaffold.Base{Host: forge.Host, Repository: team + "/" + name, Branch: "main", Commit: "c1", Template: fleetTemplate, Version: version, Digest: "digest of " + version,
		Run: "run_" + name, Entity: "component:default/" + name, Team: "group:default/" + team, By: "user:default/ada", Answers: json.RawMessage(`{"name":"` + name + `"}`),
		Files: []forge.File{{Path: "README.md", Data: []byte("# " + name + "\n")}}}
}

func keepBase(t *testing.T, s *store.Store, b scaffold.Base) made.Service {
	t.Helper()
	inTx(t, s, func(db tx.Tx) error { return s.KeepBase(t.Context(), db, b) })
	list, err := s.ServicesAt(t.Context(), everything, b.Host, b.Repository)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d services at %s, %v", len(list), b.Repository, err)
	}
	return list[0]
}

func TestVersionsInUseNeverChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		see(t, s, "1.0.0", "one", "")
		see(t, s, "1.0.0", "one, mended", "") // nothing uses it yet
		inTx(t, s, func(db tx.Tx) error { return s.UseVersion(ctx, db, templateVersion("1.0.0", "one, mended")) })
		err := s.Write(ctx, func(db tx.Tx) error { return s.UseVersion(ctx, db, templateVersion("1.0.0", "changed in use")) })
		if !errors.Is(err, scaffold.ErrVersionChanged) {
			t.Errorf("used with other content: %v", err)
		}
		see(t, s, "1.0.0", "changed in use", "a problem")
		see(t, s, "2.0.0", "two", "")
		list, err := s.TemplateVersions(ctx, everything, fleetTemplate)
		if err != nil || len(list) != 2 || list[0].Version != "2.0.0" || list[1].Seq != 1 || !list[1].Used || list[0].Used || list[1].Changelog != "About 1.0.0" {
			t.Fatalf("versions %+v, %v", list, err)
		}
		v, err := s.TemplateVersion(ctx, everything, fleetTemplate, "1.0.0")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(templateVersion("1.0.0", "one, mended").Snapshot, v.Snapshot); d != "" {
			t.Errorf("kept otherwise (-want +got):\n%s", d)
		}
		if _, err := s.TemplateVersion(ctx, everything, fleetTemplate, "9"); !errors.Is(err, scaffold.ErrNoVersion) {
			t.Errorf("unknown version: %v", err)
		}
	})
}

func TestBehind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		see(t, s, "1.0.0", "1.0.0", "")
		inTx(t, s, func(db tx.Tx) error { return s.UseVersion(ctx, db, templateVersion("1.0.0", "1.0.0")) })
		keepBase(t, s, keptBase("refund-api", "payments-team", "1.0.0"))
		see(t, s, "1.1.0", "1.1.0", "")
		see(t, s, "2.0.0", "2.0.0", "")
		newer := keepBase(t, s, keptBase("ledger-api", "payments-team", "1.1.0"))
		if newer.Behind != 1 || newer.BehindSince.IsZero() {
			t.Errorf("ledger-api is behind by %d since %s", newer.Behind, newer.BehindSince)
		}
		page, err := s.Fleet(ctx, everything, made.Query{State: made.Behind})
		if err != nil || len(page.Items) != 2 || page.Items[0].Name != "refund-api" || page.Items[0].Behind != 2 {
			t.Fatalf("behind: %+v, %v", page, err)
		}
		see(t, s, "1.0.0", "1.0.0", "") // the file went back
		if page, err = s.Fleet(ctx, everything, made.Query{State: made.Behind}); err != nil || len(page.Items) != 0 {
			t.Errorf("after going back: %+v, %v", page, err)
		}
		heads, err := s.TemplateHeads(ctx, everything)
		if err != nil || heads[fleetTemplate].Version != "1.0.0" || heads[fleetTemplate].Seq != 1 {
			t.Errorf("head %+v, %v", heads, err)
		}
	})
}

func TestFleetPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		see(t, s, "1.0.0", "1.0.0", "")
		want := map[string]bool{}
		for i := range 7 {
			b := keptBase(fmt.Sprintf("api-%d", i), []string{"red", "blue"}[i%2], "1.0.0")
			svc := keepBase(t, s, b)
			want[svc.ID] = true
			inTx(t, s, func(db tx.Tx) error {
				return s.SetDrift(ctx, db, svc.ID, i%3, []made.Drifted{{Path: "README.md", How: "changed"}}, "c2")
			})
		}
		for _, sort := range []string{made.ByBehind, made.ByDrift, made.ByName} {
			got := map[string]bool{}
			last := made.Service{Drift: 99}
			for q := (made.Query{Sort: sort, Limit: 2}); ; {
				page, err := s.Fleet(ctx, everything, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range page.Items {
					if got[x.ID] {
						t.Errorf("sorted by %s, %s comes twice", sort, x.Name)
					}
					if sort == made.ByDrift && x.Drift > last.Drift || sort == made.ByName && x.Name < last.Name {
						t.Errorf("sorted by %s, %s comes after %s", sort, x.Name, last.Name)
					}
					got[x.ID], last = true, x
				}
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("sorted by %s (-want +got):\n%s", sort, d)
			}
		}
		counts, err := s.FleetCounts(ctx, everything, made.Query{})
		if d := cmp.Diff([]made.Count{{Template: fleetTemplate, All: 7, Current: 7, Drifted: 4, Untouched: 3}}, counts); err != nil || d != "" {
			t.Errorf("counts: %v\n%s", err, d)
		}
		for q, n := range map[made.Query]int{{Team: "group:default/red"}: 4, {Text: "I-3"}: 1, {Text: "%"}: 0, {State: made.HasDrift}: 4, {State: made.Untouched}: 3, {State: made.NoBase}: 0, {State: made.Upgrading}: 0, {Template: "template:default/other"}: 0} {
			if page, err := s.Fleet(ctx, everything, q); err != nil || len(page.Items) != n {
				t.Errorf("%+v: %d services, want %d; %v", q, len(page.Items), n, err)
			}
		}
	})
}

// What others may know of a service leaves out answers and runs.
func TestFleetKeepsAnswersToTheTeam(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		see(t, s, "1.0.0", "1.0.0", "")
		svc := keepBase(t, s, keptBase("refund-api", "payments-team", "1.0.0"))
		other := access.Viewer{Reads: []string{"group:default/other"}}
		other.ID = "user:default/eve"
		got, err := s.Service(t.Context(), other, svc.ID)
		if err != nil || got.Answers != nil || got.Run != "" || got.By != "" {
			t.Errorf("others see %+v, %v", got, err)
		}
		other.Reads = []string{"group:default/payments-team"}
		if got, err = s.Service(t.Context(), other, svc.ID); err != nil || string(got.Answers) != `{"name":"refund-api"}` {
			t.Errorf("the team sees %s, %v", got.Answers, err)
		}
	})
}

func TestUpgradeMovesTheBase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		see(t, s, "1.0.0", "1.0.0", "")
		svc := keepBase(t, s, keptBase("refund-api", "payments-team", "1.0.0"))
		see(t, s, "2.0.0", "2.0.0", "")
		u := made.Upgrade{ID: "upg_1", Base: svc.ID, Template: fleetTemplate, Team: svc.Team, From: "1.0.0", To: "2.0.0", ToDigest: "d", Answers: json.RawMessage(`{"name":"refund-api","port":1}`), Run: "run_9", By: "user:default/ada"}
		inTx(t, s, func(db tx.Tx) error { return s.CreateUpgrade(ctx, db, u) })
		second := u
		second.ID, second.Run = "upg_2", "run_10"
		if err := s.Write(ctx, func(db tx.Tx) error { return s.CreateUpgrade(ctx, db, second) }); !errors.Is(err, made.ErrUpgrading) {
			t.Errorf("a second upgrade: %v", err)
		}
		inTx(t, s, func(db tx.Tx) error { return s.FailUpgrade(ctx, db, "run_9") })
		inTx(t, s, func(db tx.Tx) error { return s.ReclaimUpgrade(ctx, db, "run_9") })
		u.Branch, u.Commit, u.Report = "waymark/upgrade", "c9", made.Report{Parent: "c1", Conflicts: []forge.Conflict{{Path: "a", Kind: forge.BothChanged, Hunks: []forge.Hunk{{Line: 1}}}}}
		next := []forge.File{{Path: "README.md", Data: []byte("# new\n")}, {Path: "b", Data: []byte("b\n")}}
		inTx(t, s, func(db tx.Tx) error { return s.OpenUpgrade(ctx, db, u, next) })
		open, err := s.Service(ctx, everything, svc.ID)
		if err != nil || open.Upgrade.ID != "upg_1" || open.Upgrade.State != made.Open || open.Version != "1.0.0" || open.Behind != 1 {
			t.Fatalf("while open: %+v, %v", open, err)
		}
		if page, err := s.Fleet(ctx, everything, made.Query{State: made.Upgrading}); err != nil || len(page.Items) != 1 {
			t.Errorf("upgrading: %+v, %v", page, err)
		}
		kept, err := s.Upgrade(ctx, everything, "upg_1")
		if err != nil || kept.Report.Marked() != 1 || kept.ToSeq != 2 {
			t.Fatalf("upgrade %+v, %v", kept, err)
		}
		inTx(t, s, func(db tx.Tx) error { return s.SettleUpgrade(ctx, db, kept, made.Merged) })
		if err := s.Write(ctx, func(db tx.Tx) error { return s.SettleUpgrade(ctx, db, kept, made.Closed) }); !errors.Is(err, made.ErrSettled) {
			t.Errorf("closed after it was merged: %v", err)
		}
		after, err := s.Service(ctx, everything, svc.ID)
		if err != nil || after.Version != "2.0.0" || after.Behind != 0 || after.Upgrade.ID != "" || after.Drift != made.Unknown || string(after.Answers) != string(u.Answers) {
			t.Errorf("after: %+v, %v", after, err)
		}
		files, err := s.BaseFiles(ctx, everything, svc.ID)
		if d := cmp.Diff(next, files); err != nil || d != "" {
			t.Errorf("base after: %v\n%s", err, d)
		}
		entries, err := s.BaseEntries(ctx, everything, svc.ID)
		if d := cmp.Diff(forge.EntriesOf(next), entries); err != nil || d != "" {
			t.Errorf("manifest after: %v\n%s", err, d)
		}
	})
}

func TestDroppedBases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keepBase(t, s, keptBase("refund-api", "payments-team", "1.0.0"))
		keepBase(t, s, keptBase("ledger-api", "payments-team", "1.0.0"))
		inTx(t, s, func(db tx.Tx) error { return s.DropBase(t.Context(), db, "run_refund-api") })
		page, err := s.Fleet(t.Context(), everything, made.Query{})
		if err != nil || len(page.Items) != 1 || page.Items[0].Name != "ledger-api" {
			t.Errorf("left %+v, %v", page, err)
		}
	})
}

func TestAdoptedServices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		b := keptBase("ledger-api", "payments-team", "1.0.0")
		keepBase(t, s, b)
		list := []made.Adopted{{Entity: "component:default/nobody", Template: fleetTemplate}, {Entity: b.Entity, Template: fleetTemplate}}
		inTx(t, s, func(db tx.Tx) error { return s.AdoptServices(ctx, db, list) })
		inTx(t, s, func(db tx.Tx) error { return s.ForgetAdopted(ctx, db) })
		page, err := s.Fleet(ctx, everything, made.Query{})
		if err != nil || len(page.Items) != 1 || !page.Items[0].Known() {
			t.Errorf("what is not in the catalog, or was made here, was adopted: %+v, %v", page, err)
		}
	})
}

func TestForgetVersions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		see(t, s, "1.0.0", "1.0.0", "")
		inTx(t, s, func(db tx.Tx) error { return s.UseVersion(ctx, db, templateVersion("1.0.0", "1.0.0")) })
		see(t, s, "1.1.0", "1.1.0", "")
		see(t, s, "1.2.0", "1.2.0", "")
		if err := s.ForgetVersions(ctx, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		list, err := s.TemplateVersions(ctx, everything, fleetTemplate)
		if err != nil || len(list) != 2 || list[0].Version != "1.2.0" || list[1].Version != "1.0.0" {
			t.Errorf("left %+v, %v", list, err)
		}
		for _, v := range []string{"1.0.0", "1.2.0"} {
			if _, err := s.TemplateVersion(ctx, everything, fleetTemplate, v); err != nil {
				t.Errorf("files of %s: %v", v, err)
			}
		}
	})
}

// Lists of a large fleet: with 100,000 services a page takes 0.4 ms, counting
// all of them 27 ms.
func BenchmarkFleet(b *testing.B) {
	s := storetest.SQLite(b)
	ctx := context.Background()
	err := s.Write(ctx, func(db tx.Tx) error {
		v := templateVersion("1.0.0", "1.0.0")
		if err := s.SeeVersion(ctx, db, v, made.Head{Title: "Go REST API", Digest: v.Digest}); err != nil {
			return err
		}
		for i := range 20_000 {
			if err := s.KeepBase(ctx, db, keptBase(fmt.Sprintf("service-%06d", i*7919%20_000), fmt.Sprintf("team-%d", i%300), "1.0.0")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for name, q := range map[string]made.Query{"first": {}, "behind": {State: made.Behind}, "team": {Team: "group:default/team-7"}, "name": {Sort: made.ByName}, "drift": {Sort: made.ByDrift, State: made.HasDrift}, "text": {Text: "service-0999"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Fleet(ctx, everything, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.FleetCounts(ctx, everything, made.Query{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
