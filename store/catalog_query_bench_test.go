package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/catalog"
	"github.com/waymark-portal/waymark/internal/catalog/query"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

// benchSize is how many components benchmarks have: WAYMARK_BENCH_N, or 10,000.
func benchSize(b *testing.B) int {
	text := os.Getenv("WAYMARK_BENCH_N")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkQueries measures the catalog API's lines of the performance table,
// in processor time of this process (on PostgreSQL the client's part alone):
// warm, as most requests find it, and cold, right after the catalog changed.
func BenchmarkQueries(b *testing.B) {
	s := storetest.SQLite
	if os.Getenv("WAYMARK_BENCH_POSTGRES") != "" {
		s = storetest.Postgres
	}
	n := benchSize(b)
	x := queryBench{b: b, s: s(b), ctx: context.Background()}
	id := "file:" + bigCatalog(b, n)
	e := catalog.New(catalog.Options{Store: x.s, Locations: []catalog.Location{{ID: id, Trusted: true}}})
	began, used := time.Now(), cpu()
	r, err := e.ReadNow(x.ctx, id)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("taken in: %d entities in %s, %s processor", r.Added, time.Since(began).Round(time.Millisecond), (cpu() - used).Round(time.Millisecond))
	x.all(n)
}

type queryBench struct {
	b   *testing.B
	s   *store.Store
	ctx context.Context
}

func (x queryBench) all(n int) {
	component := query.In{Field: "kind", Values: []string{"component"}}
	service := query.All{component, query.In{Field: "spec.type", Values: []string{"service"}}}
	byName := []query.Order{{Field: "metadata.name"}}
	page := query.Request{Limit: 20, Total: true, Order: byName, DropMissing: true}
	first, typed, text, three, deep := page, page, page, page, page
	first.Where, typed.Where, text.Where = component, service, component
	three.Where = append(service, query.In{Field: "spec.lifecycle", Values: []string{"production"}}, query.In{Field: "metadata.tags", Values: []string{"go"}})
	text.Text, text.TextFields = fmt.Sprintf("%d", n-7), []string{"metadata.name", "metadata.title"}
	many := text
	many.Text = "o"
	deep.Where, deep.Offset = component, n/2
	owned := page
	owned.Where = query.All{component, query.In{Field: "relations.ownedby", Values: []string{"group:default/group-0001"}}}
	for _, c := range []struct {
		name string
		r    query.Request
	}{{"first page with total", first}, {"kind and type", typed}, {"text", text}, {"text that nearly all have", many}, {"four conditions", three}, {"owned by", owned}, {"by uid", query.Request{Limit: 20, Total: true}}} {
		x.run(c.name, func() error {
			p, err := x.s.QueryEntities(x.ctx, anyone, c.r)
			if err == nil && (len(p.Items) == 0 || p.Total == 0) {
				return fmt.Errorf("%d of %d", len(p.Items), p.Total)
			}
			return err
		})
	}
	x.run("far page", func() error {
		_, err := x.s.QueryEntities(x.ctx, anyone, deep)
		return err
	})
	x.run("facets of types and tags", func() error {
		_, err := x.s.EntityFacets(x.ctx, anyone, component, []string{"spec.type", "metadata.tags"})
		return err
	})
	ref := catalog.MustRef(fmt.Sprintf("component:default/component-%06d", n/2))
	x.run("entity by name", func() error {
		_, err := x.s.EntityJSON(x.ctx, anyone, ref)
		return err
	})
	x.run("entity by uid", func() error {
		_, err := x.s.EntityByUID(x.ctx, anyone, catalog.UID(ref))
		return err
	})
	x.b.Run("stream all", func(b *testing.B) {
		for b.Loop() {
			bytes := 0
			err := x.s.StreamEntities(x.ctx, anyone, nil, nil, func(raw json.RawMessage) error {
				bytes += len(raw)
				return nil
			})
			if err != nil || bytes == 0 {
				b.Fatal(err)
			}
		}
	})
	x.b.Run("one entity changed", func(b *testing.B) {
		e := catalog.New(catalog.Options{Store: x.s})
		i, used := 0, cpu()
		for b.Loop() {
			i++
			err := x.s.Write(x.ctx, func(t tx.Tx) error {
				return e.Put(x.ctx, t, "engine:bench", []catalog.Entity{{Ref: catalog.Ref{Kind: "Gadget", Namespace: "default", Name: "g"},
					Spec: map[string]any{"type": "service", "owner": "group-0001", "n": i}}})
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((cpu()-used).Microseconds())/float64(b.N), "cpu-µs/op")
	})
}

// run measures f warm and cold.
func (x queryBench) run(name string, f func() error) {
	x.b.Run(name+", warm", func(b *testing.B) {
		if err := f(); err != nil {
			b.Fatal(err)
		}
		used := cpu()
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((cpu()-used).Microseconds())/float64(b.N), "cpu-µs/op")
	})
	x.b.Run(name+", cold", func(b *testing.B) {
		var used time.Duration
		for b.Loop() {
			b.StopTimer()
			err := x.s.Write(x.ctx, func(t tx.Tx) error {
				_, err := t.SQL().ExecContext(x.ctx, `UPDATE catalog_generations SET generation = generation + 1`)
				return err
			})
			before := cpu()
			b.StartTimer()
			if err == nil {
				err = f()
			}
			if used += cpu() - before; err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
	})
}
