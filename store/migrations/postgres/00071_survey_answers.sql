-- +goose Up
-- Neither table has a time or a sequence. Where rows lie and which transaction
-- wrote them would tell which came together, so closing a survey writes both
-- anew, in the order of their keys.
CREATE TABLE survey_participations (
  survey TEXT NOT NULL REFERENCES surveys(id),
  person TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (survey, person)
);

CREATE TABLE survey_answers (
  survey TEXT NOT NULL REFERENCES surveys(id),
  respondent TEXT COLLATE "C" NOT NULL,
  answers TEXT NOT NULL,
  PRIMARY KEY (survey, respondent)
);
