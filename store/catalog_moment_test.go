package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// team is how many entities of a writer always change together.
const team = 20

// proofTime is how long a proof under load lasts on each database.
func proofTime() time.Duration {
	if slices.Contains(strings.Split(os.Getenv("WAYMARK_TEST_REQUIRE"), ","), "core") {
		return 30 * time.Second
	}
	return 2 * time.Second
}

// fleet is a catalog in which two writers change twenty entities each, all of
// them at once: lifecycle, owner and relations tell the same round.
type fleet struct {
	t      *testing.T
	store  *store.Store
	engine *catalog.Engine
	asked  atomic.Int64
	rounds [2]int
}

func (f *fleet) write(ctx context.Context, writer, round int) error {
	var list []catalog.Entity
	for i := range team {
		list = append(list, catalog.Entity{Ref: catalog.Ref{Kind: "Component", Namespace: "default", Name: fmt.Sprintf("w%d-%02d", writer, i)},
			Spec: map[string]any{"type": fmt.Sprint("writer-", writer), "lifecycle": fmt.Sprint("round-", round), "owner": fmt.Sprint("group:default/team-", round%3),
				"dependsOn": []any{fmt.Sprint("resource:default/target-", round%4)}}})
	}
	return f.store.Write(ctx, func(t tx.Tx) error {
		if err := f.engine.Put(ctx, t, fmt.Sprint("engine:writer-", writer), list); err != nil {
			return err
		}
		return f.count(ctx, t)
	})
}

var counter = catalog.Ref{Kind: "Resource", Namespace: "default", Name: "counter"}

// count adds one to what both writers share.
func (f *fleet) count(ctx context.Context, t tx.Tx) error {
	if _, err := f.store.HeldRefs(ctx, t, []string{counter.String()}); err != nil {
		return err
	}
	n := 0
	bodies, err := f.store.HeldBodies(ctx, t, []string{counter.String()})
	if err != nil {
		return err
	}
	for _, b := range bodies {
		e, err := catalog.Decode(b)
		if err != nil {
			return err
		}
		if _, err := fmt.Sscan(e.Text("count"), &n); err != nil {
			return err
		}
	}
	return f.engine.Put(ctx, t, "engine:counter", []catalog.Entity{{Ref: counter, Spec: map[string]any{"type": "n", "owner": "x", "count": fmt.Sprint(n + 1)}}})
}

// one fails unless a writer's entities tell one round: rounds holds what each
// of them said.
func (f *fleet) one(what string, rounds map[string]int) {
	if len(rounds) > 1 {
		f.t.Errorf("%s tells of more than one moment: %v", what, rounds)
	}
}

// page asks for all of a writer's entities with total and facets.
func (f *fleet) page(ctx context.Context, writer int) error {
	p, err := f.store.Entities(ctx, anyone, catalog.Filter{Types: []string{fmt.Sprint("writer-", writer)}, Facets: true, Limit: 100})
	if err != nil {
		return err
	}
	rounds := map[string]int{}
	for _, e := range p.Items {
		full := strings.TrimPrefix(e.Lifecycle, "round-")
		rounds[full]++
		var n int
		fmt.Sscan(full, &n)
		if e.Owner.Name != fmt.Sprint("team-", n%3) {
			f.t.Errorf("round %d is owned by %s", n, e.Owner)
		}
	}
	for _, c := range p.Facets["lifecycle"] {
		rounds[strings.TrimPrefix(c.Value, "round-")] += 0
		if c.N != team {
			f.t.Errorf("the facet of %s counts %d, want %d", c.Value, c.N, team)
		}
	}
	f.one("a page", rounds)
	if p.Total != team || len(p.Items) != team {
		f.t.Errorf("total %d, %d items; want %d", p.Total, len(p.Items), team)
	}
	return nil
}

// owned asks by what changes: all of a writer's entities are there or none.
func (f *fleet) owned(ctx context.Context, writer int) error {
	p, err := f.store.Entities(ctx, anyone, catalog.Filter{Types: []string{fmt.Sprint("writer-", writer)}, Owners: []string{"group:default/team-1"}, Limit: 7})
	if err == nil && (p.Total != 0 && p.Total != team || len(p.Items) != min(p.Total, 7)) {
		f.t.Errorf("owned by one team: total %d, %d items; want all or none", p.Total, len(p.Items))
	}
	return err
}

// single asks for one entity: its fields and its relations agree.
func (f *fleet) single(ctx context.Context, writer int) error {
	ref := catalog.MustRef(fmt.Sprintf("component:default/w%d-07", writer))
	raw, err := f.store.EntityJSON(ctx, anyone, ref)
	if err != nil {
		return err
	}
	var e struct {
		Spec struct {
			Lifecycle string `json:"lifecycle"`
		} `json:"spec"`
		Relations []struct {
			Type   string `json:"type"`
			Target string `json:"targetRef"`
		} `json:"relations"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	var n int
	fmt.Sscanf(e.Spec.Lifecycle, "round-%d", &n)
	for _, r := range e.Relations {
		if r.Type == "dependsOn" && r.Target != fmt.Sprint("resource:default/target-", n%4) {
			f.t.Errorf("JSON of round %d depends on %s", n, r.Target)
		}
	}
	whole, err := f.store.Entity(ctx, anyone, ref)
	if err != nil {
		return err
	}
	fmt.Sscanf(whole.Lifecycle(), "round-%d", &n)
	for _, r := range whole.Relations {
		if r.Type == "dependsOn" && r.Target.Name != fmt.Sprint("target-", n%4) {
			f.t.Errorf("round %d depends on %s", n, r.Target)
		}
	}
	return nil
}

// queried asks as clients of the API do: a page with total, and facets.
func (f *fleet) queried(ctx context.Context, writer int) error {
	where := query.In{Field: "spec.type", Values: []string{fmt.Sprint("writer-", writer)}}
	p, err := f.store.QueryEntities(ctx, anyone, query.Request{Where: where, Limit: 100, Total: true})
	if err != nil {
		return err
	}
	rounds := map[string]int{}
	for _, raw := range p.Items {
		round, _, _ := strings.Cut(string(raw[strings.Index(string(raw), `"round-`)+len(`"round-`):]), `"`)
		rounds[round]++
		var n int
		fmt.Sscan(round, &n)
		if want := fmt.Sprintf(`{"type":"dependsOn","targetRef":"resource:default/target-%d"}`, n%4); !strings.Contains(string(raw), want) {
			f.t.Errorf("round %d in the API without %s", n, want)
		}
	}
	f.one("a page of the API", rounds)
	if p.Total != team || len(p.Items) != team {
		f.t.Errorf("API: total %d, %d items; want %d", p.Total, len(p.Items), team)
	}
	counts, err := f.store.EntityFacets(ctx, anyone, where, []string{"spec.lifecycle", "spec.owner"})
	for facet, list := range counts {
		if len(list) != 1 || list[0].N != team {
			f.t.Errorf("facet %s: %v; want one value, %d times", facet, list, team)
		}
	}
	return err
}

// Two writers and thirty-two readers: no error, no lost update, and every
// answer is from one moment.
func TestAnswersAreOfOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := &fleet{t: t, store: s, engine: catalog.New(catalog.Options{Store: s})}
		ctx, cancel := context.WithTimeout(context.Background(), proofTime()+3*time.Minute)
		defer cancel()
		for w := range 2 {
			if err := f.write(ctx, w, 0); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		end := time.Now().Add(proofTime())
		const least = 5 // rounds, however slow the machine
		var writing atomic.Int64
		writing.Store(2)
		for w := range 2 {
			all.Go(func() {
				defer writing.Add(-1)
				for round := 1; (time.Now().Before(end) || round <= least) && !t.Failed(); round++ {
					if err := f.write(ctx, w, round); err != nil {
						t.Errorf("writer %d: %v", w, err)
						return
					}
					f.rounds[w] = round
				}
			})
		}
		for i := range 32 {
			ask := []func(context.Context, int) error{f.page, f.owned, f.single, f.queried}[i%4]
			all.Go(func() {
				for writing.Load() > 0 && !t.Failed() {
					if err := ask(ctx, i/4%2); err != nil {
						t.Errorf("reader: %v", err)
						return
					}
					f.asked.Add(1)
				}
			})
		}
		all.Wait()
		f.settled(ctx)
	})
}

// settled checks that nothing that was written is lost.
func (f *fleet) settled(ctx context.Context) {
	f.t.Logf("%d and %d rounds, %d answers", f.rounds[0], f.rounds[1], f.asked.Load())
	for w, n := range f.rounds {
		e, err := f.store.Entity(ctx, anyone, catalog.MustRef(fmt.Sprintf("component:default/w%d-19", w)))
		if err != nil || e.Lifecycle() != fmt.Sprint("round-", n) {
			f.t.Errorf("writer %d: %s, %v; want round %d", w, e.Lifecycle(), err, n)
		}
	}
	e, err := f.store.Entity(ctx, anyone, counter)
	if want := fmt.Sprint(f.rounds[0] + f.rounds[1] + 2); err != nil || e.Text("count") != want {
		f.t.Errorf("counted %s, %v; want %s", e.Text("count"), err, want)
	}
	if f.rounds[0] < 2 || f.rounds[1] < 2 || f.asked.Load() < 100 {
		f.t.Error("too little happened to prove anything")
	}
}
