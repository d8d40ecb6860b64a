-- +goose Up
-- Each version of a template, with the files that shape what it makes. Once
-- something was made with it (used), it is never changed again.
CREATE TABLE template_versions (
  template TEXT NOT NULL,
  version TEXT NOT NULL,
  seq BIGINT NOT NULL,     -- grows with each version of the template
  digest TEXT NOT NULL,    -- of all that shapes what it makes
  file TEXT NOT NULL,      -- the template's own, among files
  files TEXT NOT NULL,     -- JSON list: path, mode, digest
  bytes BIGINT NOT NULL,
  partly TEXT NOT NULL,    -- why files are missing; empty: all are there
  changelog TEXT NOT NULL,
  deprecated TEXT NOT NULL, -- JSON, empty: not deprecated
  used BIGINT NOT NULL,
  seen_at TEXT NOT NULL,
  PRIMARY KEY (template, version)
);
CREATE UNIQUE INDEX template_versions_seq ON template_versions(template, seq);

-- The version that each template is at now.
CREATE TABLE template_heads (
  template TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  version TEXT NOT NULL,
  seq BIGINT NOT NULL,
  digest TEXT NOT NULL,     -- of the files as they are now
  problem TEXT NOT NULL,    -- a sentence; empty: none
  deprecated TEXT NOT NULL, -- JSON, empty: not deprecated
  gone BIGINT NOT NULL,     -- 1: the template is no longer in the catalog
  changed_at TEXT NOT NULL
);

-- Files of versions, each content once, compressed.
CREATE TABLE template_blobs (
  digest TEXT PRIMARY KEY,
  size BIGINT NOT NULL,
  data BLOB NOT NULL
);

-- What was made from which version with which answers, and how far it is from
-- both its base and its template.
CREATE TABLE service_bases (
  id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  repository TEXT NOT NULL,
  template TEXT NOT NULL,
  name TEXT NOT NULL,
  entity TEXT NOT NULL,
  team TEXT NOT NULL,
  branch TEXT NOT NULL,
  version TEXT NOT NULL,
  seq BIGINT NOT NULL,
  digest TEXT NOT NULL,
  run TEXT NOT NULL,
  by_actor TEXT NOT NULL,
  answers TEXT NOT NULL,
  made_at TEXT NOT NULL,
  upgraded_at TEXT NOT NULL,
  behind BIGINT NOT NULL,      -- versions; -1: the base is not known
  behind_since TEXT NOT NULL,
  drift BIGINT NOT NULL,       -- files that differ from the base; -1: not counted yet
  drift_files TEXT NOT NULL,   -- JSON list of some of them
  drift_commit TEXT NOT NULL,
  drift_at TEXT NOT NULL
);
CREATE UNIQUE INDEX service_bases_place ON service_bases(host, repository, template);
CREATE INDEX service_bases_by_entity ON service_bases(entity);
CREATE INDEX service_bases_by_name ON service_bases(name, id);
CREATE INDEX service_bases_by_behind ON service_bases(behind DESC, name, id);
CREATE INDEX service_bases_by_drift ON service_bases(drift DESC, name, id);
CREATE INDEX service_bases_by_template ON service_bases(template, behind, drift);
CREATE INDEX service_bases_by_template_name ON service_bases(template, name, id);
CREATE INDEX service_bases_by_team ON service_bases(team, name, id);
CREATE INDEX service_bases_by_drift_at ON service_bases(drift_at, id);

-- The rendered base: its manifest (paths, modes, hashes) and its files.
CREATE TABLE service_base_files (
  base TEXT PRIMARY KEY REFERENCES service_bases(id) ON DELETE CASCADE,
  manifest BLOB NOT NULL,
  files BLOB NOT NULL
);

CREATE TABLE service_upgrades (
  id TEXT PRIMARY KEY,
  base TEXT NOT NULL REFERENCES service_bases(id) ON DELETE CASCADE,
  template TEXT NOT NULL,
  team TEXT NOT NULL,
  from_version TEXT NOT NULL,
  to_version TEXT NOT NULL,
  to_seq BIGINT NOT NULL,
  to_digest TEXT NOT NULL,
  answers TEXT NOT NULL,
  state TEXT NOT NULL, -- running, open, merged, closed, failed, nothing
  run TEXT NOT NULL,
  bulk TEXT NOT NULL,
  branch TEXT NOT NULL,
  commit_hash TEXT NOT NULL,
  url TEXT NOT NULL,   -- of the pull request
  number BIGINT NOT NULL,
  report TEXT NOT NULL, -- JSON
  by_actor TEXT NOT NULL,
  created_at TEXT NOT NULL,
  ended_at TEXT NOT NULL
);
CREATE UNIQUE INDEX service_upgrades_one ON service_upgrades(base) WHERE state IN ('running', 'open');
CREATE INDEX service_upgrades_by_base ON service_upgrades(base, created_at);
CREATE INDEX service_upgrades_by_bulk ON service_upgrades(bulk, id);
CREATE INDEX service_upgrades_by_run ON service_upgrades(run);
CREATE INDEX service_upgrades_by_state ON service_upgrades(state, id);

-- The base that a service has once its upgrade is merged.
CREATE TABLE service_upgrade_files (
  upgrade TEXT PRIMARY KEY REFERENCES service_upgrades(id) ON DELETE CASCADE,
  manifest BLOB NOT NULL,
  files BLOB NOT NULL
);
