-- +goose Up
CREATE TABLE events (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  actor TEXT NOT NULL,
  subject TEXT NOT NULL,
  owner TEXT NOT NULL,
  action TEXT NOT NULL,
  request TEXT NOT NULL,
  at TEXT NOT NULL,
  data TEXT NOT NULL,
  seq BIGINT, -- set by the sealer, in commit order
  hash TEXT NOT NULL DEFAULT ''
);
CREATE INDEX events_by_at ON events(at, id);
CREATE INDEX events_by_subject ON events(subject, at);
CREATE INDEX events_by_type ON events(type, at);
CREATE INDEX events_by_actor ON events(actor, at);
CREATE UNIQUE INDEX events_by_seq ON events(seq);

CREATE TABLE idempotency_keys (
  actor TEXT NOT NULL,
  value TEXT NOT NULL,
  action TEXT NOT NULL,
  hash TEXT NOT NULL,
  output TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (actor, value)
);
CREATE INDEX idempotency_keys_by_at ON idempotency_keys(at);

CREATE TABLE quotas (
  quota TEXT NOT NULL,
  owner TEXT NOT NULL,
  used BIGINT NOT NULL,
  allowed BIGINT NOT NULL,
  PRIMARY KEY (quota, owner)
);

-- Small facts of the installation: keys' fingerprints, sample marks.
CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
