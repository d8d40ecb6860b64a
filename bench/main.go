// Command bench measures the built server on this machine: it generates a
// catalog, starts the server on loopback, drives it for a bounded time, reads
// CPU and memory of its process from /proc, and prints one table beside the
// budgets. It ends by itself.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	binary := flag.String("server", "bin/waymark", "the built server")
	n := flag.Int("n", 10000, "components in the catalog")
	database := flag.String("database", "", "postgres:// address of an empty database; empty: SQLite")
	seconds := flag.Int("seconds", 4, "how long each line is measured")
	flag.Parse()
	if err := run(*binary, *n, *database, time.Duration(*seconds)*time.Second); err != nil {
		log.Fatal(err)
	}
}

// token is the administrator's token of the measured server.
const token = "bench-token-0123456789abcdef0123456789abcdef"

func run(binary string, n int, database string, d time.Duration) error {
	dir, err := os.MkdirTemp("", "waymark-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	total, err := generate(filepath.Join(dir, "catalog"), n)
	if err != nil {
		return err
	}
	s := &server{binary: binary, dir: dir, database: database}
	began := time.Now()
	if err := s.start(); err != nil {
		return err
	}
	defer s.stop()
	took, err := s.waitForEntities(total, began)
	if err != nil {
		return err
	}
	fmt.Printf("%d components, %d entities\n\n", n, total)
	fmt.Printf("%-52s %10s %10s\n", "what", "measured", "budget")
	row("taking them in from files into an empty catalog", seconds(took), "6 s")
	if err := restart(s); err != nil {
		return err
	}
	for _, l := range lines(n) {
		if err := measure(s, l, d); err != nil {
			return err
		}
	}
	fmt.Println("\nCPU is user and system time of the server's process per request, at 1 and at 32 connections; p99 in brackets.")
	return nil
}

// settle is how long the server has to finish what a start sets off.
const settle = 5 * time.Second

// restart measures start to first answer and memory at rest.
func restart(s *server) error {
	time.Sleep(settle)
	s.stop()
	began := time.Now()
	if err := s.start(); err != nil {
		return err
	}
	row("start to first answer", seconds(time.Since(began)), "0.3 s")
	time.Sleep(settle)
	rss, err := s.resident()
	if err != nil {
		return err
	}
	row("resident, idle", fmt.Sprintf("%.0f MB", float64(rss)/1e6), "60 MB")
	return nil
}

// line is one kind of request.
type line struct {
	what   string
	path   func(i int) string
	budget string
}

func lines(n int) []line {
	fixed := func(p string) func(int) string { return func(int) string { return p } }
	return []line{
		{"fixed answer (/healthz)", fixed("/healthz"), "0.04 ms"},
		{"entity by name, JSON", func(i int) string {
			return fmt.Sprintf("/api/catalog/entities/by-name/component/default/component-%06d", i%n)
		}, "0.10 ms"},
		{"HTML: catalog page, 25 rows, facets", fixed("/catalog?kind=component"), "1.2 ms"},
		{"HTML: catalog page, kind and type", fixed("/catalog?kind=component&type=service"), "1.2 ms"},
		{"HTML: entity page", func(i int) string { return fmt.Sprintf("/catalog/default/component/component-%06d", i%n) }, "0.8 ms"},
		{"HTML: home", fixed("/"), "1.5 ms"},
		{"search", fixed("/api/v1/search?q=ledger"), "5 ms"},
	}
}

func measure(s *server, l line, d time.Duration) error {
	res, err := s.get(l.path(0))
	if err != nil {
		return err
	}
	io.Copy(io.Discard, res.Body) // only the status matters
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		row(l.what, "status "+res.Status, l.budget)
		return nil
	}
	one, err := s.drive(1, d, l.path)
	if err != nil {
		return err
	}
	many, err := s.drive(32, d, l.path)
	if err != nil {
		return err
	}
	row(l.what, fmt.Sprintf("%.2f / %.2f ms (p99 %.0f ms, %d/s)", one.cpu, many.cpu, many.p99, many.perSecond), l.budget)
	return nil
}

func row(what, measured, budget string) { fmt.Printf("%-52s %-38s %s\n", what, measured, budget) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// generate writes n components with groups, systems, APIs and relations, 500 a
// file, always the same, and returns how many entities there are.
func generate(dir string, n int) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	docs := documents(n)
	for k := 0; k < len(docs); k += 500 {
		name := filepath.Join(dir, fmt.Sprintf("entities-%04d.yaml", k/500))
		if err := os.WriteFile(name, []byte(strings.Join(docs[k:min(k+500, len(docs))], "---\n")), 0o644); err != nil {
			return 0, err
		}
	}
	return len(docs), nil
}
