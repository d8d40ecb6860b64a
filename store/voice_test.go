package store_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/waymark-portal/waymark/internal/access"
	"github.com/waymark-portal/waymark/internal/action"
	"github.com/waymark-portal/waymark/internal/fault"
	"github.com/waymark-portal/waymark/internal/tx"
	"github.com/waymark-portal/waymark/internal/voice"
	"github.com/waymark-portal/waymark/store"
	"github.com/waymark-portal/waymark/store/storetest"
)

func surveyWave(id, period string, opens time.Time) voice.Survey {
	return voice.Survey{ID: id, Version: "v1", Period: period, State: voice.Open, OpensAt: opens, ClosesAt: opens.AddDate(0, 3, 0),
		Definition: voice.Definition{Name: "platform", Title: "How?", Owner: "group:default/platform-team", Minimum: 5, Anonymous: true,
			Questions: []voice.Question{{ID: "q", Type: voice.NPS, Text: "?"}}}}
}

func surveyViewer(id string) access.Viewer { return access.Viewer{Actor: action.Actor{ID: id}} }

func surveyWrite(t *testing.T, s *store.Store, f func(tx.Tx) error) {
	t.Helper()
	if err := s.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func surveyAnswers(survey, person, respondent, answers string) voice.Participation {
	return voice.Participation{Survey: survey, Person: person, Respondent: respondent, Answers: json.RawMessage(answers)}
}

func TestSurveyLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		opens := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
		surveyWrite(t, s, func(x tx.Tx) error { return s.CreateSurvey(ctx, x, surveyWave("srv_a", "2026-Q3", opens), "secret") })
		err := s.Write(ctx, func(x tx.Tx) error { return s.CreateSurvey(ctx, x, surveyWave("srv_b", "2026-Q3", opens), "secret") })
		if !fault.Is(err, fault.Conflict) {
			t.Fatalf("second wave of a period: %v, want a conflict", err)
		}
		surveyWrite(t, s, func(x tx.Tx) error {
			return s.PutAnswers(ctx, x, surveyAnswers("srv_a", "user:default/ada", "r1", `{"q":3}`))
		})
		surveyWrite(t, s, func(x tx.Tx) error {
			return s.PutAnswers(ctx, x, surveyAnswers("srv_a", "user:default/ada", "r1", `{"q":9}`))
		})
		surveyWrite(t, s, func(x tx.Tx) error {
			return s.PutAnswers(ctx, x, surveyAnswers("srv_a", "user:default/ben", "r0", `{"q":7}`))
		})

		got, err := s.Survey(ctx, surveyViewer("user:default/ada"), "srv_a")
		if err != nil || got.Answered != 2 || !got.Mine || got.Period != "2026-Q3" || !got.ClosesAt.Equal(opens.AddDate(0, 3, 0)) {
			t.Fatalf("survey: %+v, %v", got, err)
		}
		all, err := s.Surveys(ctx, surveyViewer("user:default/cy"))
		if err != nil || len(all) != 1 || all[0].Mine {
			t.Fatalf("surveys of somebody who has not answered: %+v, %v", all, err)
		}
		mine, err := s.AnswerUnder(ctx, surveyViewer("user:default/ada"), "srv_a", "r1")
		if err != nil || string(mine) != `{"q":9}` {
			t.Fatalf("own answer: %s, %v; want the last edit", mine, err)
		}
		list, err := s.AnswersOf(ctx, surveyViewer("x"), "srv_a")
		if err != nil || len(list) != 2 || string(list[0]) != `{"q":7}` {
			t.Fatalf("answers: %s, %v; want two, by respondent", list, err)
		}
	})
}

func TestSurveyCloseDestroysTheKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		opens := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
		surveyWrite(t, s, func(x tx.Tx) error { return s.CreateSurvey(ctx, x, surveyWave("srv_a", "2026-Q3", opens), "secret") })
		surveyWrite(t, s, func(x tx.Tx) error {
			return s.PutAnswers(ctx, x, surveyAnswers("srv_a", "user:default/ada", "r1", `{"q":9}`))
		})
		surveyWrite(t, s, func(x tx.Tx) error {
			k := action.Key{Value: "k", Actor: "user:default/ada", Action: "answer-survey", Hash: "h"}
			if _, err := s.Once(ctx, x, k); err != nil {
				return err
			}
			return s.Keep(ctx, x, k, action.Output{})
		})
		if key, err := s.OpenKey(ctx, surveyViewer("x"), "srv_a"); err != nil || key != "secret" {
			t.Fatalf("key while open: %q, %v", key, err)
		}
		surveyWrite(t, s, func(x tx.Tx) error { return s.CloseSurvey(ctx, x, "srv_a", 7) })

		if _, err := s.OpenKey(ctx, surveyViewer("x"), "srv_a"); !fault.Is(err, fault.Conflict) {
			t.Fatalf("key after close: %v, want closed", err)
		}
		surveyWrite(t, s, func(x tx.Tx) error {
			if _, err := s.SurveyKey(ctx, x, "srv_a"); !fault.Is(err, fault.Conflict) {
				t.Errorf("key after close, in a transaction: %v, want closed", err)
			}
			if err := s.CloseSurvey(ctx, x, "srv_a", 7); !fault.Is(err, fault.Conflict) {
				t.Errorf("second close: %v, want closed", err)
			}
			kept, err := s.Once(ctx, x, action.Key{Value: "k", Actor: "user:default/ada", Action: "answer-survey", Hash: "h"})
			if err != nil || kept != nil {
				t.Errorf("kept answer after close: %v, %v; want none", kept, err)
			}
			return nil
		})
		got, err := s.Survey(ctx, surveyViewer("user:default/ada"), "srv_a")
		if err != nil || got.State != voice.Closed || got.Invited != 7 || got.ClosedAt.IsZero() || !got.Mine {
			t.Fatalf("closed survey: %+v, %v", got, err)
		}
		if list, err := s.AnswersOf(ctx, surveyViewer("x"), "srv_a"); err != nil || len(list) != 1 {
			t.Fatalf("answers after close: %s, %v", list, err)
		}
	})
}

// TestAnswersHaveNoTimeAndNoSequence reads the columns of the two tables: what
// is not stored cannot be led back.
func TestAnswersHaveNoTimeAndNoSequence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		want := map[string]string{"survey_participations": "survey person", "survey_answers": "survey respondent answers"}
		for table, columns := range want {
			rows, err := s.WriteDB().Query(`SELECT * FROM ` + table)
			if err != nil {
				t.Fatal(err)
			}
			got, err := rows.Columns()
			rows.Close()
			if err != nil || strings.Join(got, " ") != columns {
				t.Errorf("%s has %v, %v; want %s", table, got, err, columns)
			}
			if s.IsPostgres() {
				continue
			}
			if _, err := s.WriteDB().Exec(`SELECT rowid FROM ` + table); err == nil {
				t.Errorf("%s has a rowid, which is a sequence", table)
			}
		}
	})
}

func TestSurveyUnknown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if _, err := s.Survey(ctx, surveyViewer("x"), "srv_none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("unknown survey: %v", err)
		}
		if _, err := s.OpenKey(ctx, surveyViewer("x"), "srv_none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("key of an unknown survey: %v", err)
		}
		if b, err := s.AnswerUnder(ctx, surveyViewer("x"), "srv_none", "r"); b != nil || err != nil {
			t.Errorf("answer to an unknown survey: %s, %v", b, err)
		}
	})
}

// TestNoAnswerSlipsInBehindAClose: whoever read the key before the close must
// not write after it, neither a first answer nor an edit.
func TestNoAnswerSlipsInBehindAClose(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		opens := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
		surveyWrite(t, s, func(x tx.Tx) error { return s.CreateSurvey(ctx, x, surveyWave("srv_a", "2026-Q3", opens), "secret") })
		surveyWrite(t, s, func(x tx.Tx) error { return s.PutAnswers(ctx, x, surveyAnswers("srv_a", "ada", "r1", `{"q":9}`)) })
		surveyWrite(t, s, func(x tx.Tx) error { return s.CloseSurvey(ctx, x, "srv_a", 3) })
		for _, late := range []voice.Participation{surveyAnswers("srv_a", "ada", "r1", `{"q":1}`), surveyAnswers("srv_a", "ben", "r2", `{"q":1}`)} {
			err := s.Write(ctx, func(x tx.Tx) error { return s.PutAnswers(ctx, x, late) })
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s answers after the close: %v; want closed", late.Person, err)
			}
		}
		list, err := s.AnswersOf(ctx, surveyViewer("x"), "srv_a")
		if err != nil || len(list) != 1 || string(list[0]) != `{"q":9}` {
			t.Errorf("kept: %s, %v; want the one from before", list, err)
		}
	})
}
