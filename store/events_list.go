package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/event"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
)

// Events returns one page of events, newest first: those about what v's
// groups own, or all for who reads everything.
func (s *Store) Events(ctx context.Context, v access.Viewer, f event.Filter) (event.Page, error) {
	where, args := s.eventConditions(v, f)
	count := strings.Join(where, " AND ")
	countArgs := args
	if f.Before != "" {
		at, id, ok := strings.Cut(f.Before, "/")
		if _, err := time.Parse(tx.Layout, at); !ok || err != nil {
			return event.Page{}, event.ErrCursor
		}
		where, args = append(where, "(at, id) < (?, ?)"), append(args[:len(args):len(args)], at, id)
	}
	limit := min(max(f.Limit, 1), 1000)
	rows, err := s.query(ctx, `
		SELECT `+eventColumns+` FROM events
		WHERE `+strings.Join(where, " AND ")+`
		ORDER BY at DESC, id DESC
		LIMIT ?`, append(args[:len(args):len(args)], limit+1)...)
	items, err := collect(rows, err, scanEvent)
	if err != nil {
		return event.Page{}, err
	}
	p := event.Page{Items: items}
	if len(items) > limit {
		p.Items = items[:limit]
		p.Next = tx.Format(p.Items[limit-1].At) + "/" + p.Items[limit-1].ID
	}
	if p.Total = int64(len(items)); f.Before != "" || p.Next != "" { // a first page that is the last counts itself
		err = s.row(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE `+count+` LIMIT 1000) AS counted`, countArgs...).Scan(&p.Total)
	}
	return p, err
}

func (s *Store) eventConditions(v access.Viewer, f event.Filter) (where []string, args []any) {
	unhidden, args := s.unhiddenSubject(v, "events.subject")
	where = []string{"1 = 1" + unhidden}
	add := func(condition string, values ...any) { where, args = append(where, condition), append(args, values...) }
	if !v.All {
		add("owner IN ("+marks(len(v.Reads))+")", anys(v.Reads)...)
	}
	switch {
	case strings.HasSuffix(f.Type, "."):
		add("type >= ? AND type < ?", f.Type, strings.TrimSuffix(f.Type, ".")+"/") // a slash follows the dot
	case f.Type != "":
		add("type = ?", f.Type)
	}
	if f.Subject != "" {
		add("subject = ?", f.Subject)
	}
	if f.By != "" {
		add("actor = ?", f.By)
	}
	if !f.From.IsZero() {
		add("at >= ?", tx.Format(f.From))
	}
	if !f.To.IsZero() {
		add("at < ?", tx.Format(f.To))
	}
	return where, args
}

// Event returns one event; what v may not read is not found.
func (s *Store) Event(ctx context.Context, v access.Viewer, id string) (event.Sealed, error) {
	unhidden, args := s.unhiddenSubject(v, "events.subject")
	e, err := scanEvent(s.row(ctx, `SELECT `+eventColumns+` FROM events WHERE id = ?`+unhidden, append([]any{id}, args...)...))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !v.MayRead(e.Owner) {
		return event.Sealed{}, fmt.Errorf("event %q: %w", id, fault.New(fault.NotFound, "There is no such event."))
	}
	return e, err
}
