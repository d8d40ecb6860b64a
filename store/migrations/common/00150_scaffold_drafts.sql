-- +goose Up
-- Forms of templates that people have begun. Secrets are never among them.
CREATE TABLE scaffold_drafts (
  person TEXT NOT NULL,
  template TEXT NOT NULL,
  step BIGINT NOT NULL,
  form TEXT NOT NULL,     -- what was typed, as JSON: names to lists of texts
  saved_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  PRIMARY KEY (person, template)
);
CREATE INDEX scaffold_drafts_by_end ON scaffold_drafts(expires_at);
