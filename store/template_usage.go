package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/scaffold"
	"github.com/waymark-portal/waymark/internal/tx"
)

// timedRuns is of how many runs the median is taken, the last ones.
const timedRuns = 2000

// TemplateUsage says how templates fare: all, or the one that is named. It is
// readable by everybody signed in, and takes three queries however many there
// are.
func (s *Store) TemplateUsage(ctx context.Context, v access.Viewer, template string) (map[string]scaffold.Usage, error) {
	out := map[string]scaffold.Usage{}
	if !v.SignedIn() {
		return out, nil
	}
	if err := s.countUsage(ctx, template, out); err != nil {
		return nil, fmt.Errorf("uses of templates: %w", err)
	}
	if err := s.timeUsage(ctx, template, out); err != nil {
		return nil, fmt.Errorf("duration of uses: %w", err)
	}
	if err := s.rateUsage(ctx, template, out); err != nil {
		return nil, fmt.Errorf("ratings of templates: %w", err)
	}
	return out, nil
}

func (s *Store) countUsage(ctx context.Context, template string, out map[string]scaffold.Usage) error {
	rows, err := s.query(ctx, `
		SELECT template, state, COUNT(*), MAX(created_at)
		FROM scaffolds
		WHERE ? = '' OR template = ?
		GROUP BY template, state`, template, template)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, state, last string
		var n int
		if err := rows.Scan(&name, &state, &n, &last); err != nil {
			return err
		}
		u := out[name]
		switch state {
		case scaffold.Made:
			u.Made = n
		case scaffold.Making:
			u.Making = n
		default:
			u.Ended += n
		}
		if at, err := tx.Parse(last); err == nil && at.After(u.Last) {
			u.Last = at
		}
		out[name] = u
	}
	return rows.Err()
}

// timeUsage takes the median of the last runs that made something.
func (s *Store) timeUsage(ctx context.Context, template string, out map[string]scaffold.Usage) error {
	rows, err := s.query(ctx, `
		SELECT s.template, r.started_at, r.finished_at
		FROM scaffolds s
		JOIN runs r ON r.id = s.run
		WHERE s.state = 'made' AND r.started_at <> '' AND r.finished_at <> '' AND (? = '' OR s.template = ?)
		ORDER BY s.created_at DESC
		LIMIT ?`, template, template, timedRuns)
	if err != nil {
		return err
	}
	defer rows.Close()
	took := map[string][]time.Duration{}
	for rows.Next() {
		var name, from, to string
		if err := rows.Scan(&name, &from, &to); err != nil {
			return err
		}
		begun, err := tx.Parse(from)
		ended, err2 := tx.Parse(to)
		if err == nil && err2 == nil && !ended.Before(begun) {
			took[name] = append(took[name], ended.Sub(begun))
		}
	}
	for name, list := range took {
		slices.Sort(list)
		u := out[name]
		u.Median = (list[(len(list)-1)/2] + list[len(list)/2]) / 2
		out[name] = u
	}
	return rows.Err()
}

func (s *Store) rateUsage(ctx context.Context, template string, out map[string]scaffold.Usage) error {
	rows, err := s.query(ctx, `
		SELECT template, COUNT(*), SUM(rating)
		FROM template_feedback
		WHERE ? = '' OR template = ?
		GROUP BY template`, template, template)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n, sum int
		if err := rows.Scan(&name, &n, &sum); err != nil {
			return err
		}
		u := out[name]
		u.Ratings, u.Rating = n, float64(sum)/float64(n)
		out[name] = u
	}
	return rows.Err()
}

// UsedTemplate reports whether v has used the template, whatever came of it.
func (s *Store) UsedTemplate(ctx context.Context, v access.Viewer, template string) (bool, error) {
	var n int
	err := s.row(ctx, `
		SELECT COUNT(*)
		FROM scaffolds
		WHERE template = ? AND created_by = ?`, template, v.ID).Scan(&n)
	return n > 0 && v.ID != "", err
}

// RateTemplate keeps what somebody says of a template, in place of what they
// said before.
func (s *Store) RateTemplate(ctx context.Context, t tx.Tx, f scaffold.Feedback) error {
	_, err := s.exec(ctx, t, `
		INSERT INTO template_feedback (template, person, version, rating, text, at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (template, person) DO UPDATE
		SET version = excluded.version, rating = excluded.rating, text = excluded.text, at = excluded.at`,
		f.Template, f.Person, f.Version, f.Rating, f.Text, tx.Format(t.Now()))
	return err
}

// maxFeedback bounds what is read of the feedback to one template.
const maxFeedback = 200

// TemplateFeedback is what people say of a template, the newest first: all of
// it for those who may read what is kept for its owner, otherwise one's own.
func (s *Store) TemplateFeedback(ctx context.Context, v access.Viewer, template, owner string) ([]scaffold.Feedback, error) {
	if !v.SignedIn() {
		return nil, nil
	}
	only := v.ID
	if v.MayRead(owner) {
		only = ""
	}
	rows, err := s.query(ctx, `
		SELECT template, person, version, rating, text, at
		FROM template_feedback
		WHERE template = ? AND (? = '' OR person = ?)
		ORDER BY at DESC, person
		LIMIT ?`, template, only, only, maxFeedback)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []scaffold.Feedback
	for rows.Next() {
		var f scaffold.Feedback
		if err := rows.Scan(&f.Template, &f.Person, &f.Version, &f.Rating, &f.Text, &f.At); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}
