package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table has a column for each size and database.
type table struct{ columns []*column }

type column struct {
	name  string
	order []string
	cells map[string]cell
}

type cell struct {
	measured, budget string
	over             bool
}

func (t *table) column(n int, database string) *column {
	c := &column{name: fmt.Sprintf("%d %s", n, database), cells: map[string]cell{}}
	t.columns = append(t.columns, c)
	return c
}

func (c *column) add(what, measured, budget string, over bool) {
	if _, ok := c.cells[what]; !ok {
		c.order = append(c.order, what)
	}
	c.cells[what] = cell{measured, budget, over}
}

// print writes the table; what is over its budget has a ! behind it.
func (t *table) print(w io.Writer) {
	if len(t.columns) == 0 {
		return
	}
	const first, width = 44, 34
	fmt.Fprintf(w, "\n%-*s", first, "")
	for _, c := range t.columns {
		fmt.Fprintf(w, "%-*s", width, c.name+" (budget)")
	}
	fmt.Fprintln(w)
	for _, what := range t.columns[0].order {
		line := pad(what, first)
		for _, c := range t.columns {
			x, ok := c.cells[what]
			text := x.measured
			if x.over {
				text += " !"
			}
			if ok && x.budget != "" {
				text += " (" + x.budget + ")"
			}
			line += pad(text, width)
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(w, "\nThree numbers are ms of CPU per request, user and system, of the server and on PostgreSQL of its database processes,\nat 1, 8 and 32 connections; p99 is in ms at 32. ! is over its budget.")
}

func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(1, n-utf8.RuneCountInString(s)))
}
