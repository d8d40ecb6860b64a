-- +goose Up
-- What a dangling reference names.
ALTER TABLE catalog_problems ADD COLUMN target TEXT NOT NULL DEFAULT '';
CREATE INDEX catalog_problems_by_target ON catalog_problems(target) WHERE target <> '';
-- The orders in which they are shown, and what they are counted by.
ALTER TABLE catalog_problems
  ALTER COLUMN id TYPE TEXT COLLATE "C",
  ALTER COLUMN severity TYPE TEXT COLLATE "C",
  ALTER COLUMN source TYPE TEXT COLLATE "C",
  ALTER COLUMN file TYPE TEXT COLLATE "C",
  ALTER COLUMN since TYPE TEXT COLLATE "C";
CREATE INDEX catalog_problems_by_place ON catalog_problems(severity, source, file, document, line, id);
CREATE INDEX catalog_problems_by_age ON catalog_problems(since, id);
CREATE INDEX catalog_problems_by_owner ON catalog_problems(owner, source, severity, code);
