-- +goose Up
-- A survey is one opened wave of a survey file; definition holds the file as
-- it was then. secret is empty once the survey is closed.
CREATE TABLE surveys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  period TEXT NOT NULL,
  version TEXT NOT NULL,
  definition TEXT NOT NULL,
  state TEXT NOT NULL,
  opens_at TEXT NOT NULL,
  closes_at TEXT NOT NULL,
  closed_at TEXT NOT NULL DEFAULT '',
  invited BIGINT NOT NULL DEFAULT 0,
  answered BIGINT NOT NULL DEFAULT 0,
  secret TEXT NOT NULL
);
CREATE UNIQUE INDEX surveys_by_period ON surveys(name, period);
