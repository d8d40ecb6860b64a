-- +goose Up
-- What was made from which template, in which version, with which answers.
CREATE TABLE scaffolds (
  run TEXT PRIMARY KEY,
  template TEXT NOT NULL,
  version TEXT NOT NULL,
  team TEXT NOT NULL,
  entity TEXT NOT NULL,
  repository TEXT NOT NULL,
  answers TEXT NOT NULL,
  output TEXT NOT NULL,
  state TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX scaffolds_by_template ON scaffolds(template, created_at);
CREATE INDEX scaffolds_by_entity ON scaffolds(entity);
-- A name is taken from the moment that its run starts until it is in the
-- catalog; a run that ended without success lets it go.
CREATE UNIQUE INDEX scaffolds_one_name ON scaffolds(entity) WHERE entity <> '' AND state = 'making';
