package run

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/waymark-portal/waymark/internal/tx"
)

const (
	flushEvery = 80 * time.Millisecond
	batch      = 200      // lines in one write
	highWater  = 2000     // lines kept in memory before the program has to wait
	maxLines   = 200000   // lines of one run by one attempt; what follows is not kept
	maxLog     = 64 << 20 // bytes, likewise
)

// journal collects a run's lines and writes them in batches, in order.
type journal struct {
	w    *Work
	full chan struct{} // a batch is ready before its time

	writing sync.Mutex // one flush at a time keeps the order
	mu      sync.Mutex
	lines   []Line
	count   int
	size    int
	cut     bool // the line that says so is written
	closed  bool // the lease is gone; nothing can be written any more
}

func (j *journal) add(step, level, text string) {
	now := j.w.e.now().UTC().Truncate(time.Microsecond)
	for part := range strings.Lines(text + "\n") {
		part = strings.TrimRight(part, "\r\n")
		if part == "" && text != "" && strings.HasSuffix(text, "\n") {
			continue // the end of the text, not an empty line
		}
		j.put(Line{Step: step, At: now, Level: level, Text: cut(printable(j.w.clean(part)), MaxLine)})
	}
}

func (j *journal) put(l Line) {
	j.mu.Lock()
	full := j.count >= maxLines || j.size >= maxLog
	if j.closed || full && j.cut {
		j.mu.Unlock()
		return
	}
	if full {
		j.cut = true
		l.Level, l.Text = "warn", fmt.Sprintf("The log is cut here: it is longer than %d lines or %d MB.", maxLines, maxLog>>20)
	}
	j.count++
	j.size += len(l.Text)
	j.lines = append(j.lines, l)
	n := len(j.lines)
	j.mu.Unlock()
	if n >= batch {
		select {
		case j.full <- struct{}{}:
		default:
		}
	}
	if n >= highWater {
		j.wait()
	}
}

// wait holds a program that writes faster than the database.
func (j *journal) wait() {
	for {
		j.mu.Lock()
		n, closed := len(j.lines), j.closed
		j.mu.Unlock()
		if n < highWater/2 || closed {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// keep writes what comes in until ctx has ended and the work is done.
func (j *journal) keep(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	ctx = context.WithoutCancel(ctx)
	for {
		select {
		case <-j.w.done:
			return
		case <-tick.C:
		case <-j.full:
		}
		if err := j.flush(ctx); err != nil && !j.isClosed() {
			j.w.e.log.Warn("run log", "run", j.w.run.ID, "error", err)
		}
	}
}

func (j *journal) isClosed() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.closed
}

// flush writes all lines that have been added so far.
func (j *journal) flush(ctx context.Context) error {
	j.writing.Lock()
	defer j.writing.Unlock()
	for {
		j.mu.Lock()
		part := j.lines[:min(len(j.lines), batch)]
		j.mu.Unlock()
		if len(part) == 0 {
			return nil
		}
		if err := j.write(ctx, part); err != nil {
			return err
		}
		j.mu.Lock()
		j.lines = j.lines[len(part):]
		j.mu.Unlock()
	}
}

func (j *journal) write(ctx context.Context, part []Line) error {
	w, ok := j.w, false
	err := w.e.db.Write(ctx, func(t tx.Tx) (err error) {
		ok, err = w.e.store.AppendLines(ctx, t, w.run.ID, w.run.Attempt, part)
		return err
	})
	if err != nil {
		return err
	}
	if !ok {
		j.mu.Lock()
		j.closed, j.lines = true, nil
		j.mu.Unlock()
		w.halt.stop(ErrLost)
		return ErrLost
	}
	w.e.hub.changed(w.run.ID)
	return nil
}

// sentence makes an error fit to be kept as one.
func (e *Engine) sentence(s string) string {
	return cut(strings.TrimSpace(printable(e.redact(s))), 4000)
}

// cut shortens s to at most n bytes at a character's border, with a mark that
// says how much is missing.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	mark := fmt.Sprintf(" … (cut: %d bytes in all)", len(s))
	end := max(0, n-len(mark))
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// printable drops what a database refuses and a terminal would obey: invalid
// UTF-8 and control characters other than the tab and the line end.
func printable(s string) string {
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= 0x20 && s[i] < 0x7f || s[i] == '\t' || s[i] == '\n'
	}
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

func oneLine(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }
