-- +goose Up
-- Neither table has a time or a sequence: WITHOUT ROWID keeps the rows in the
-- order of their key, so nothing tells when a row came or which rows came
-- together.
CREATE TABLE survey_participations (
  survey TEXT NOT NULL REFERENCES surveys(id),
  person TEXT NOT NULL,
  PRIMARY KEY (survey, person)
) WITHOUT ROWID;

CREATE TABLE survey_answers (
  survey TEXT NOT NULL REFERENCES surveys(id),
  respondent TEXT NOT NULL,
  answers TEXT NOT NULL,
  PRIMARY KEY (survey, respondent)
) WITHOUT ROWID;
