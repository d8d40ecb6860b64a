-- +goose Up
-- The file whose Location named this one: while that is broken, this one is
-- kept. Empty: the source itself named it.
ALTER TABLE catalog_files ADD COLUMN via TEXT NOT NULL DEFAULT '';
-- Since when a source no longer holds an entity that is kept for a while.
CREATE TABLE catalog_orphans (
  ref TEXT PRIMARY KEY REFERENCES entities(ref) ON DELETE CASCADE,
  since TEXT NOT NULL
);
CREATE INDEX catalog_orphans_by_since ON catalog_orphans(since);
