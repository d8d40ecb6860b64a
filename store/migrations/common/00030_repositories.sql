-- +goose Up
CREATE TABLE repositories (
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  team TEXT NOT NULL,
  state TEXT NOT NULL,
  run TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  pushed_at TEXT NOT NULL,
  PRIMARY KEY (owner, name)
);
CREATE INDEX repositories_by_team ON repositories(team, owner, name);
CREATE INDEX repositories_by_run ON repositories(run);
