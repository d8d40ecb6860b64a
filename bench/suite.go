package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// suite is everything that is measured of one size on one database.
type suite struct {
	*server
	o        options
	n, total int
	column   *column
}

// settle is how long the server has to finish what a start sets off.
const settle = 4 * time.Second

func (s *suite) run() error {
	var err error
	if s.total, err = generate(filepath.Join(s.dir, "catalog"), s.n); err != nil {
		return err
	}
	for _, step := range []func() error{s.takeIn, s.restart, s.read, s.change, s.lines, s.export} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// takeIn measures the first reading, from start to the last entity.
func (s *suite) takeIn() error {
	began := time.Now()
	if err := s.start(); err != nil {
		return err
	}
	took, err := s.waitForEntities(s.total, began)
	if err != nil {
		return err
	}
	cpu, err := s.cpu()
	if err != nil {
		return err
	}
	s.note("taking in, empty catalog", fmt.Sprintf("%.1f s (CPU %.1f s)", took.Seconds(), cpu.Seconds()), s.either("6 s", "40 s"), took > s.limit(6*time.Second, 40*time.Second))
	time.Sleep(settle)
	return s.memory("memory, idle after taking in", 90, 0)
}

// restart measures start to first answer and memory at rest.
func (s *suite) restart() error {
	s.stop()
	began := time.Now()
	if err := s.start(); err != nil {
		return err
	}
	took := time.Since(began)
	s.note("start to first answer", fmt.Sprintf("%.2f s", took.Seconds()), "0.3 s", took > 300*time.Millisecond)
	time.Sleep(settle)
	return s.memory("memory, idle after a start", 60, 0)
}

// memory notes what the server holds; no limit at the larger size is zero.
func (s *suite) memory(what string, small, large int64) error {
	rss, err := s.resident()
	if err != nil {
		return err
	}
	limit, budget := small, fmt.Sprint(small, " MB")
	if s.n > smallSize {
		limit, budget = large, "-"
		if large > 0 {
			budget = fmt.Sprint(large, " MB")
		}
	}
	s.note(what, fmt.Sprintf("%d MB", rss/1e6), budget, limit > 0 && rss/1e6 > limit)
	return nil
}

// read measures a reading that finds nothing new.
func (s *suite) read() error {
	began := time.Now()
	id, err := s.act("refresh-source", fmt.Sprintf(`{"source": %q}`, s.location()))
	if err != nil {
		return err
	}
	if err := s.waitForRun(id); err != nil {
		return err
	}
	took := time.Since(began)
	s.note("unchanged re-read, as a run", fmt.Sprintf("%.2f s", took.Seconds()), s.either("0.5 s", "5 s"), took > s.limit(500*time.Millisecond, 5*time.Second))
	return nil
}

// change measures how long one changed file of 500 entities takes to show.
func (s *suite) change() error {
	names, err := filepath.Glob(filepath.Join(s.dir, "catalog", "*.yaml"))
	if err != nil || len(names) == 0 {
		return fmt.Errorf("no files: %w", err)
	}
	last := names[len(names)-1]
	text, err := os.ReadFile(last)
	if err != nil {
		return err
	}
	changed := strings.ReplaceAll(string(text), "keeps every", "holds every")
	began := time.Now()
	if err := os.WriteFile(last, []byte(changed), 0o644); err != nil {
		return err
	}
	if err := s.waitForText(fmt.Sprintf("/api/catalog/entities/by-name/component/default/component-%06d", s.n-1), "holds every"); err != nil {
		return err
	}
	took := time.Since(began)
	s.note("one changed file of up to 500 is visible", fmt.Sprintf("%.2f s", took.Seconds()), "1 s", took > time.Second)
	return nil
}

// lines measures every kind of request.
func (s *suite) lines() error {
	for _, l := range lines(s.n) {
		if !s.o.only.MatchString(l.what) {
			continue
		}
		if err := s.line(l); err != nil {
			return err
		}
	}
	s.note("memory, most under all of this", fmt.Sprintf("%d MB", s.peak.Load()/1e6), s.either("200 MB", "-"), s.n <= smallSize && s.peak.Load() > 200e6)
	return nil
}

func (s *suite) line(l line) error {
	res, err := s.get(l.path(0))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK {
		s.note(l.what, "answers "+res.Status, "", true)
		return err
	}
	limit := l.limit(s.n, s.pg != nil)
	if l.first {
		took, err := s.firsts(l)
		if err != nil {
			return err
		}
		s.note(l.what, fmt.Sprintf("%.1f ms CPU", took), fmt.Sprintf("%g ms", limit), took > limit)
		return nil
	}
	var cell strings.Builder
	var worst float64
	var p99 float64
	for i, conns := range []int{1, 8, 32} {
		f, err := s.drive(conns, s.o.each, l.path)
		if err != nil {
			return err
		}
		if i > 0 {
			cell.WriteString(" ")
		}
		fmt.Fprintf(&cell, "%.2f", f.cpu)
		worst, p99 = max(worst, f.cpu), f.p99
	}
	fmt.Fprintf(&cell, " p99 %.0f", p99)
	s.note(l.what, cell.String(), fmt.Sprintf("%g ms", limit), worst > limit)
	return nil
}

// export measures memory while everything is streamed.
func (s *suite) export() error {
	before, err := s.resident()
	if err != nil {
		return err
	}
	s.peak.Store(before)
	stop := s.watch()
	began := time.Now()
	res, err := s.get("/api/catalog/entities")
	if err != nil {
		return err
	}
	size, err := io.Copy(io.Discard, res.Body)
	res.Body.Close()
	stop()
	if err != nil || res.StatusCode != http.StatusOK {
		s.note("exporting all", "answers "+res.Status, "", true)
		return err
	}
	grown := (s.peak.Load() - before) / 1e6
	s.note("exporting all: memory grows by", fmt.Sprintf("%d MB, %.1f s, %d MB", grown, time.Since(began).Seconds(), size/1e6), "20 MB", grown > 20)
	return nil
}

// smallSize is the size for which the budgets are written.
const smallSize = 10_000

// either is the budget of the smaller or of the larger size.
func (s *suite) either(small, large string) string {
	if s.n > smallSize {
		return large
	}
	return small
}

func (s *suite) limit(small, large time.Duration) time.Duration {
	if s.n > smallSize {
		return large
	}
	return small
}

// note puts a cell into the table and says it at once.
func (s *suite) note(what, measured, budget string, over bool) {
	s.column.add(what, measured, budget, over)
	fmt.Fprintf(os.Stderr, "%-16s %-44s %s\n", s.column.name, what, measured)
}
