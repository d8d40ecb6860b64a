// Command bench measures the built server on this machine: it generates a
// catalog, starts the server on loopback, drives it for a bounded time, reads
// CPU and memory from /proc, and prints one table beside the budgets. It ends
// by itself.
//
//	go run ./bench                                  everything
//	go run ./bench -n 10000 -database sqlite        under two minutes
//	go run ./bench -n 100000 -database postgres -only 'facets|memory'
//
// PostgreSQL needs a server on this machine whose role may create databases:
// WAYMARK_BENCH_POSTGRES, else WAYMARK_TEST_POSTGRES, names it.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are what the command line asks for.
type options struct {
	binary   string
	sizes    []int
	database []string
	postgres string // address of the server
	each     time.Duration
	only     *regexp.Regexp // lines to measure
}

func main() {
	log.SetFlags(0)
	o, err := parse(os.Args[1:])
	if err == nil {
		err = run(o)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	f.StringVar(&o.binary, "server", "bin/waymark", "the built server")
	sizes := f.String("n", "10000,100000", "components in the catalog, one or more sizes")
	databases := f.String("database", "sqlite,postgres", "databases to measure on")
	f.StringVar(&o.postgres, "postgres", cmp.Or(os.Getenv("WAYMARK_BENCH_POSTGRES"), os.Getenv("WAYMARK_TEST_POSTGRES")), "postgres:// address of a server that may create databases")
	f.DurationVar(&o.each, "each", 1500*time.Millisecond, "how long each line is measured at each number of connections")
	only := f.String("only", "", "measure only lines that match this pattern")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for _, s := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 100 {
			return o, fmt.Errorf("-n %q: want numbers of at least 100", s)
		}
		o.sizes = append(o.sizes, n)
	}
	for _, d := range strings.Split(*databases, ",") {
		if d != "sqlite" && d != "postgres" {
			return o, fmt.Errorf("-database %q: want sqlite, postgres or both", d)
		}
		o.database = append(o.database, d)
	}
	var err error
	o.only, err = regexp.Compile(*only)
	return o, err
}

// run measures every size on every database and prints the table.
func run(o options) error {
	if o.postgres == "" && slices.Contains(o.database, "postgres") {
		fmt.Fprintln(os.Stderr, "PostgreSQL is left out: set WAYMARK_BENCH_POSTGRES to the address of a server.")
		o.database = slices.DeleteFunc(o.database, func(d string) bool { return d == "postgres" })
	}
	t := &table{}
	for _, n := range o.sizes {
		for _, d := range o.database {
			if err := measureOne(o, t, n, d); err != nil {
				return fmt.Errorf("%d on %s: %w", n, d, err)
			}
		}
	}
	t.print(os.Stdout)
	return nil
}

// measureOne measures one size on one database.
func measureOne(o options, t *table, n int, database string) error {
	dir, err := os.MkdirTemp("", "waymark-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := &server{binary: o.binary, dir: dir}
	if database == "postgres" {
		drop, err := s.createDatabase(o.postgres)
		if err != nil {
			return err
		}
		defer drop()
	}
	defer s.stop()
	return (&suite{server: s, o: o, n: n, column: t.column(n, database)}).run()
}
