-- +goose Up
-- Grows with every change of the catalog; readers bring their copy of the
-- list up to it.
CREATE TABLE catalog_generations (
  id BIGINT PRIMARY KEY,
  generation BIGINT NOT NULL
);
INSERT INTO catalog_generations (id, generation) VALUES (1, 0);

CREATE TABLE catalog_sources (
  id TEXT PRIMARY KEY,
  registered_by TEXT NOT NULL, -- empty: the configuration
  trusted BIGINT NOT NULL,
  version TEXT NOT NULL,
  read_at TEXT NOT NULL,
  took_us BIGINT NOT NULL,
  files BIGINT NOT NULL,
  error TEXT NOT NULL
);

-- What was read of each file, so that an unchanged one costs a hash.
CREATE TABLE catalog_files (
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  reads TEXT NOT NULL,   -- JSON list: files that its placeholders name
  targets TEXT NOT NULL, -- JSON list: what its Location entities name
  PRIMARY KEY (source, path)
);

CREATE TABLE entities (
  ref TEXT PRIMARY KEY, -- kind:namespace/name in lower case
  kind TEXT NOT NULL,   -- as written
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  type TEXT NOT NULL,
  lifecycle TEXT NOT NULL,
  owner TEXT NOT NULL,
  system TEXT NOT NULL,
  tags TEXT NOT NULL, -- JSON list
  source TEXT NOT NULL,
  file TEXT NOT NULL,
  generation BIGINT NOT NULL,
  changed_at TEXT NOT NULL
);
CREATE INDEX entities_by_generation ON entities(generation);
CREATE INDEX entities_by_source ON entities(source, file);

-- Apart from entities, so that lists read little.
CREATE TABLE entity_bodies (
  ref TEXT PRIMARY KEY REFERENCES entities(ref) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  location TEXT NOT NULL,
  document BIGINT NOT NULL,
  line BIGINT NOT NULL,
  version TEXT NOT NULL,
  trusted BIGINT NOT NULL,
  orphan BIGINT NOT NULL,
  email TEXT NOT NULL, -- of a User's profile, in lower case
  body TEXT NOT NULL
);
CREATE INDEX entity_bodies_by_email ON entity_bodies(email);

-- As the source's own fields state them; the other direction is read by the
-- second index.
CREATE TABLE relations (
  source TEXT NOT NULL,
  type TEXT NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (source, type, target)
);
CREATE INDEX relations_by_target ON relations(target, type, source);

CREATE TABLE tombstones (
  ref TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  why TEXT NOT NULL,
  source TEXT NOT NULL,
  removed_at TEXT NOT NULL,
  generation BIGINT NOT NULL
);
CREATE INDEX tombstones_by_generation ON tombstones(generation);

CREATE TABLE entity_changes (
  ref TEXT NOT NULL,
  generation BIGINT NOT NULL,
  at TEXT NOT NULL,
  what TEXT NOT NULL, -- added, changed, removed
  fields TEXT NOT NULL, -- JSON list
  source TEXT NOT NULL,
  file TEXT NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (ref, generation)
);

CREATE TABLE catalog_problems (
  id TEXT PRIMARY KEY,
  severity TEXT NOT NULL,
  code TEXT NOT NULL,
  source TEXT NOT NULL,
  file TEXT NOT NULL,
  document BIGINT NOT NULL,
  line BIGINT NOT NULL,
  field TEXT NOT NULL,
  entity TEXT NOT NULL,
  owner TEXT NOT NULL,
  message TEXT NOT NULL,
  fix TEXT NOT NULL,
  since TEXT NOT NULL
);
CREATE INDEX catalog_problems_by_source ON catalog_problems(source, file);
CREATE INDEX catalog_problems_by_entity ON catalog_problems(entity);
