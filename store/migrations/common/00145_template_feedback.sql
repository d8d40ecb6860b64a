-- +goose Up
-- What people who used a template say of it: one row each, their last word.
CREATE TABLE template_feedback (
  template TEXT NOT NULL,
  person TEXT NOT NULL,
  version TEXT NOT NULL,
  rating BIGINT NOT NULL,
  text TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (template, person)
);
CREATE INDEX template_feedback_by_time ON template_feedback(template, at);
