package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/internal/voice"
)

// CloseSurvey implements voice.Store.
func (s *Store) CloseSurvey(ctx context.Context, t tx.Tx, id string, invited int) error {
	err := s.execOne(ctx, t, `
		UPDATE surveys SET state = ?, closed_at = ?, invited = ?, secret = ''
		WHERE id = ? AND state = ?`, string(voice.Closed), tx.Format(t.Now()), invited, id, string(voice.Open))
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("survey %q: %w", id, voice.ErrClosed)
	}
	if err != nil {
		return err
	}
	// A kept answer to a repeated call holds a hash of the input, from which
	// the few possible answers could be tried.
	if _, err := s.exec(ctx, t, `DELETE FROM idempotency_keys WHERE action = 'answer-survey'`); err != nil {
		return err
	}
	return s.shuffle(ctx, t, id)
}

// shuffle writes the rows of a survey anew, in the order of their keys, so
// that neither their place nor the transaction that wrote them tells which
// person and which answers came together.
func (s *Store) shuffle(ctx context.Context, t tx.Tx, id string) error {
	type row struct{ key, value string }
	scan := func(r scanner) (row, error) {
		var x row
		err := r.Scan(&x.key, &x.value)
		return x, err
	}
	rows, err := s.txQuery(ctx, t, `SELECT person, '' FROM survey_participations WHERE survey = ? ORDER BY person`, id)
	people, err := collect(rows, err, scan)
	if err != nil {
		return err
	}
	rows, err = s.txQuery(ctx, t, `SELECT respondent, answers FROM survey_answers WHERE survey = ? ORDER BY respondent`, id)
	answers, err := collect(rows, err, scan)
	if err != nil {
		return err
	}
	for _, q := range []string{`DELETE FROM survey_participations WHERE survey = ?`, `DELETE FROM survey_answers WHERE survey = ?`} {
		if _, err := s.exec(ctx, t, q, id); err != nil {
			return err
		}
	}
	for _, p := range people { // once in a survey's life
		if _, err := s.exec(ctx, t, `INSERT INTO survey_participations (survey, person) VALUES (?, ?)`, id, p.key); err != nil {
			return err
		}
	}
	for _, a := range answers {
		if _, err := s.exec(ctx, t, `INSERT INTO survey_answers (survey, respondent, answers) VALUES (?, ?, ?)`, id, a.key, a.value); err != nil {
			return err
		}
	}
	return nil
}
