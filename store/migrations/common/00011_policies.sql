-- +goose Up
CREATE TABLE policy_decisions (
  id TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  phase TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  owner TEXT NOT NULL,
  actor TEXT NOT NULL,
  run TEXT NOT NULL,
  environment TEXT NOT NULL,
  allowed BIGINT NOT NULL,
  checks TEXT NOT NULL
);
CREATE INDEX policy_decisions_by_at ON policy_decisions(at, id);
CREATE INDEX policy_decisions_by_owner ON policy_decisions(owner, at);
CREATE INDEX policy_decisions_by_environment ON policy_decisions(environment, at);

-- How often each rule was asked and what it said, by day.
CREATE TABLE policy_counts (
  rule TEXT NOT NULL,
  day TEXT NOT NULL,
  passed BIGINT NOT NULL,
  broken BIGINT NOT NULL,
  waived BIGINT NOT NULL,
  PRIMARY KEY (rule, day)
);

CREATE TABLE policy_waivers (
  id TEXT PRIMARY KEY,
  rule TEXT NOT NULL,
  scope TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  created_at TEXT NOT NULL,
  until TEXT NOT NULL
);
CREATE INDEX policy_waivers_by_until ON policy_waivers(until);
