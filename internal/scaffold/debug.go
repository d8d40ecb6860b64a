package scaffold

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/forge"
	"github.com/waymark-portal/waymark/internal/run"
	"github.com/waymark-portal/waymark/internal/tx"
)

var debugActions = []Action{
	{ID: "debug:log", Summary: "Writes a line, and what the workspace holds, to the log.", DryRun: true, Undo: "Nothing to undo.", do: debugLog,
		Input: json.RawMessage(`{"type":"object","properties":{"message":{"type":"string"},
"listWorkspace":{"type":["boolean","string"],"enum":[true,false,"with-filenames","with-contents"],"description":"true and with-filenames list the files, with-contents shows them too."}}}`),
		Examples: []Example{{"Write a line and list the files.", "message: Files are made.\nlistWorkspace: with-filenames"}}},
	{ID: "debug:wait", Summary: "Waits, ten minutes at most.", Undo: "Nothing to undo.", do: wait,
		Input:    json.RawMessage(`{"type":"object","properties":{"minutes":{"type":"number","minimum":0},"seconds":{"type":"number","minimum":0},"milliseconds":{"type":"number","minimum":0}}}`),
		Examples: []Example{{"Wait a moment.", "milliseconds: 20"}}},
	{ID: "roadiehq:utils:sleep", Summary: "Waits some seconds, ten minutes at most.", Undo: "Nothing to undo.", do: wait,
		Input:    json.RawMessage(`{"type":"object","required":["amount"],"properties":{"amount":{"type":"number","minimum":0,"description":"Seconds."}}}`),
		Examples: []Example{{"Wait a moment.", "amount: 0.02"}}},
}

// maxShown is how much of a file debug:log shows, in bytes.
const maxShown = 16 << 10

func debugLog(_ context.Context, c *call) error {
	if m := inputText(c.input, "message"); m != "" {
		c.log("info", m)
	}
	switch c.input["listWorkspace"] {
	case true, "with-filenames":
		c.log("info", "Workspace:\n"+strings.Join(c.work.Paths(), "\n"))
	case "with-contents":
		for _, p := range c.work.Paths() {
			f, _ := c.work.Get(p)
			c.log("info", p+"\n"+shownFile(f))
		}
	}
	return nil
}

// shownFile is a file as a log shows it.
func shownFile(f WorkFile) string {
	switch {
	case f.Mode == forge.Symlink:
		return "(a link to " + string(f.Data) + ")"
	case binary(f.Data):
		return fmt.Sprintf("(%d bytes that are no text)", len(f.Data))
	case len(f.Data) > maxShown:
		return strings.ToValidUTF8(string(f.Data[:maxShown]), "") + fmt.Sprintf("\n(and %d bytes more)", len(f.Data)-maxShown)
	}
	return string(f.Data)
}

// maxWait is the longest that a step waits.
const maxWait = 10 * time.Minute

// waitKey is where a run notes until when a step waits.
const waitKey = "scaffold-wait"

// waiting is until when a step waits, so that a restart of the server does
// not make it wait anew.
type waiting struct {
	Step  string    `json:"step"`
	Until time.Time `json:"until"`
}

// wait ends with the context: a cancelled run does not wait on.
func wait(ctx context.Context, c *call) error {
	number := func(key string) float64 { f, _ := asNumber(c.input[key]); return f }
	ms := number("minutes")*60_000 + (number("seconds")+number("amount"))*1000 + number("milliseconds")
	if ms > float64(maxWait.Milliseconds()) || math.IsNaN(ms) {
		return fault.Newf(fault.Invalid, "%s waits 10 minutes at most, not %s.", c.action, time.Duration(min(ms, 1e12))*time.Millisecond)
	}
	until, err := c.until(ctx, time.Duration(ms*float64(time.Millisecond)))
	if err != nil {
		return err
	}
	left := time.Until(until)
	c.logf("waiting %s", left.Round(time.Millisecond))
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
	}
	return c.write(ctx, func(t tx.Tx) error { return c.engine.o.Store.DropNote(ctx, t, run.ID(c.run), waitKey) })
}

// until is when the wait ends: as it was noted by an attempt that a stop of
// the server has cut short, else d from now.
func (c *call) until(ctx context.Context, d time.Duration) (time.Time, error) {
	var w waiting
	b, err := c.engine.o.Store.Note(ctx, run.ID(c.run), waitKey)
	if err != nil {
		return w.Until, err
	}
	if b != nil && json.Unmarshal(b, &w) == nil && w.Step == c.id && w.Until.Before(time.Now().Add(d)) {
		return w.Until, nil
	}
	w = waiting{c.id, time.Now().Add(d).UTC()}
	if b, err = json.Marshal(w); err != nil {
		return w.Until, err
	}
	return w.Until, c.write(ctx, func(t tx.Tx) error { return c.engine.o.Store.PutNote(ctx, t, run.ID(c.run), waitKey, b) })
}

// asNumber reads a number of an input, whatever its type.
func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}
