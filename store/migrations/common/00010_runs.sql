-- +goose Up
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  subject TEXT NOT NULL,
  owner TEXT NOT NULL,
  actor TEXT NOT NULL,
  lane TEXT NOT NULL,
  input TEXT NOT NULL,
  state TEXT NOT NULL,
  waiting_for TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  cancel BIGINT NOT NULL DEFAULT 0,
  cancel_by TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  started_at TEXT NOT NULL DEFAULT '',
  finished_at TEXT NOT NULL DEFAULT '',
  lease_until TEXT NOT NULL DEFAULT '',
  lease_by TEXT NOT NULL DEFAULT '',
  lost BIGINT NOT NULL DEFAULT 0,
  woken_at TEXT NOT NULL,
  lines BIGINT NOT NULL DEFAULT 0,
  changes BIGINT NOT NULL DEFAULT 0
);
-- One run of a lane at a time.
CREATE UNIQUE INDEX runs_by_held_lane ON runs(lane) WHERE lane <> '' AND state IN ('queued', 'running');
CREATE INDEX runs_by_lane ON runs(lane, created_at) WHERE lane <> '' AND state = 'waiting';
CREATE INDEX runs_by_open_state ON runs(state) WHERE state IN ('waiting', 'queued', 'running');
CREATE INDEX runs_by_created_at ON runs(created_at, id);
CREATE INDEX runs_by_subject ON runs(subject, created_at);
CREATE INDEX runs_by_owner ON runs(owner, created_at);
CREATE INDEX runs_by_actor ON runs(actor, created_at);

CREATE TABLE run_steps (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  pos BIGINT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL,
  note TEXT NOT NULL,
  error TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  PRIMARY KEY (run_id, id)
);

CREATE TABLE run_lines (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  n BIGINT NOT NULL,
  step TEXT NOT NULL,
  at TEXT NOT NULL,
  level TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run_id, n)
);

-- What steps keep for later steps and later attempts.
CREATE TABLE run_notes (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (run_id, key)
);
