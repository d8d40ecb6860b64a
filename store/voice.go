package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/internal/voice"
)

// surveyColumns must match scanSurvey. The last one says whether the person
// in the first argument has taken part.
const surveyColumns = `id, period, version, definition, state, opens_at, closes_at, closed_at, invited, answered,
	EXISTS (SELECT 1 FROM survey_participations p WHERE p.survey = surveys.id AND p.person = ?)`

func scanSurvey(r scanner) (voice.Survey, error) {
	var x voice.Survey
	var definition, opens, closes, closed string
	if err := r.Scan(&x.ID, &x.Period, &x.Version, &definition, &x.State, &opens, &closes, &closed,
		&x.Invited, &x.Answered, &x.Mine); err != nil {
		return x, err
	}
	if err := json.Unmarshal([]byte(definition), &x.Definition); err != nil {
		return x, fmt.Errorf("survey %s: definition: %w", x.ID, err)
	}
	var faults [3]error
	x.OpensAt, faults[0] = tx.Parse(opens)
	x.ClosesAt, faults[1] = tx.Parse(closes)
	x.ClosedAt, faults[2] = tx.Parse(closed)
	return x, errors.Join(faults[:]...)
}

// Survey implements voice.Store. Surveys are readable by everybody signed in.
func (s *Store) Survey(ctx context.Context, v access.Viewer, id string) (voice.Survey, error) {
	x, err := scanSurvey(s.row(ctx, `SELECT `+surveyColumns+` FROM surveys WHERE id = ?`, v.ID, id))
	if errors.Is(err, sql.ErrNoRows) {
		return x, fmt.Errorf("survey %q: %w", id, voice.ErrNotFound)
	}
	return x, err
}

// Surveys implements voice.Store.
func (s *Store) Surveys(ctx context.Context, v access.Viewer) ([]voice.Survey, error) {
	rows, err := s.query(ctx, `SELECT `+surveyColumns+` FROM surveys ORDER BY opens_at DESC, id`, v.ID)
	return collect(rows, err, scanSurvey)
}

// CreateSurvey implements voice.Store.
func (s *Store) CreateSurvey(ctx context.Context, t tx.Tx, x voice.Survey, key string) error {
	definition, err := json.Marshal(x.Definition)
	if err != nil {
		return fmt.Errorf("survey %s: %w", x.Definition.Name, err)
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO surveys (id, name, period, version, definition, state, opens_at, closes_at, secret)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		x.ID, x.Definition.Name, x.Period, x.Version, string(definition), string(voice.Open),
		tx.Format(x.OpensAt), tx.Format(x.ClosesAt), key)
	if isUnique(err) {
		return fmt.Errorf("survey %s %s: %w", x.Definition.Name, x.Period, voice.ErrOpened)
	}
	return err
}

// SurveyKey implements voice.Store.
func (s *Store) SurveyKey(ctx context.Context, t tx.Tx, id string) (string, error) {
	return keyOf(id, s.txRow(ctx, t, `SELECT secret FROM surveys WHERE id = ?`, id))
}

// OpenKey implements voice.Store. It is for showing people their own answers.
func (s *Store) OpenKey(ctx context.Context, _ access.Viewer, id string) (string, error) {
	return keyOf(id, s.row(ctx, `SELECT secret FROM surveys WHERE id = ?`, id))
}

func keyOf(id string, r scanner) (string, error) {
	var key string
	err := r.Scan(&key)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", fmt.Errorf("survey %q: %w", id, voice.ErrNotFound)
	case err == nil && key == "":
		return "", fmt.Errorf("survey %q: %w", id, voice.ErrClosed)
	}
	return key, err
}

// PutAnswers implements voice.Store.
func (s *Store) PutAnswers(ctx context.Context, t tx.Tx, p voice.Participation) error {
	res, err := s.exec(ctx, t, `
		INSERT INTO survey_participations (survey, person) VALUES (?, ?)
		ON CONFLICT (survey, person) DO NOTHING`, p.Survey, p.Person)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	// The row is written also for an edit: it makes answering and closing wait
	// for each other, so that no answer slips in behind a close.
	err = s.execOne(ctx, t, `UPDATE surveys SET answered = answered + ? WHERE id = ? AND state = ?`, n, p.Survey, string(voice.Open))
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("survey %q: %w", p.Survey, voice.ErrClosed)
	}
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, t, `
		INSERT INTO survey_answers (survey, respondent, answers) VALUES (?, ?, ?)
		ON CONFLICT (survey, respondent) DO UPDATE SET answers = excluded.answers`,
		p.Survey, p.Respondent, string(p.Answers))
	return err
}

// AnswersOf implements voice.Store. The order is that of names made with a
// key, so it tells nothing. Who may read words among them is for the engine.
func (s *Store) AnswersOf(ctx context.Context, _ access.Viewer, survey string) ([]json.RawMessage, error) {
	rows, err := s.query(ctx, `SELECT answers FROM survey_answers WHERE survey = ? ORDER BY respondent`, survey)
	return collect(rows, err, func(r scanner) (json.RawMessage, error) {
		var b string
		err := r.Scan(&b)
		return json.RawMessage(b), err
	})
}

// AnswerUnder implements voice.Store.
func (s *Store) AnswerUnder(ctx context.Context, _ access.Viewer, survey, respondent string) (json.RawMessage, error) {
	var b string
	err := s.row(ctx, `SELECT answers FROM survey_answers WHERE survey = ? AND respondent = ?`, survey, respondent).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return json.RawMessage(b), err
}
