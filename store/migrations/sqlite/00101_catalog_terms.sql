-- +goose Up
-- What the catalog API filters by. An entity has terms (a field and a value in
-- it); a term has the entities that have it, by number: as a list while they
-- are few, else as one bit map for each 16,384 numbers. The write keeps them;
-- databases from before are filled when the portal starts.
ALTER TABLE entities ADD COLUMN id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE entities ADD COLUMN indexed TEXT NOT NULL DEFAULT ''; -- changed_at when the terms were written
CREATE INDEX entities_by_id ON entities(id);
CREATE INDEX entities_unindexed ON entities(ref) WHERE indexed <> changed_at;
CREATE INDEX entities_hidden ON entities(id, hidden_by) WHERE hidden_by <> 0;

ALTER TABLE catalog_generations ADD COLUMN last_entity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE catalog_generations ADD COLUMN last_term BIGINT NOT NULL DEFAULT 0;

CREATE TABLE catalog_keys (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE, -- in lower case
  many BIGINT NOT NULL      -- 1: an entity had several values of it
);

CREATE TABLE catalog_terms (
  id INTEGER PRIMARY KEY, -- the key's id and 40 bits of its own
  key BIGINT NOT NULL,
  form BIGINT NOT NULL,   -- 0 plain, 1 in a list, 2 null or too long, 3 any value at all
  value TEXT NOT NULL,    -- in lower case
  original TEXT NOT NULL, -- as written; empty when that is the value
  n BIGINT NOT NULL,      -- how many entities have it
  few BLOB                -- they; null: see catalog_postings
);
CREATE INDEX catalog_terms_by_value ON catalog_terms(key, value, id);

CREATE TABLE catalog_postings (
  term BIGINT NOT NULL,
  chunk BIGINT NOT NULL,
  bits BLOB NOT NULL,
  PRIMARY KEY (term, chunk)
) WITHOUT ROWID;

CREATE TABLE entity_terms (
  entity INTEGER PRIMARY KEY,
  terms BLOB NOT NULL -- the ids, as a list
);
