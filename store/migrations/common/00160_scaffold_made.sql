-- +goose Up
-- What runs of templates make outside their workspace, so that what is left of
-- a failed one can be told and taken away. A row is written before the thing is
-- made (begun) and again when it is there (made).
CREATE TABLE scaffold_made (
  run TEXT NOT NULL,
  n BIGINT NOT NULL,
  step TEXT NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  url TEXT NOT NULL,
  mark TEXT NOT NULL,
  state TEXT NOT NULL,
  note TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (run, kind, ref)
);
