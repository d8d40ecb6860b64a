-- +goose Up
-- What people keep of the catalog for themselves and their groups.
CREATE TABLE stars (
  person TEXT NOT NULL,
  ref TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (person, ref)
);

CREATE TABLE catalog_views (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,    -- a person, or the group with which it is shared
  name TEXT NOT NULL,
  name_key TEXT NOT NULL, -- in lower case
  query TEXT NOT NULL,    -- of the list's address
  created_by TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  UNIQUE (owner, name_key)
);
