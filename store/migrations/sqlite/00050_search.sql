-- +goose Up
CREATE TABLE search_docs (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  name TEXT NOT NULL,
  context TEXT NOT NULL,
  text TEXT NOT NULL,
  url TEXT NOT NULL,
  owner TEXT NOT NULL,
  restricted INTEGER NOT NULL,
  exact TEXT NOT NULL, -- the folded name, for the hit that must come first
  hash TEXT NOT NULL
);
CREATE INDEX search_docs_by_exact ON search_docs(exact);
CREATE INDEX search_docs_by_source ON search_docs(source);
-- Words as package search folds them; the text itself stays in search_docs.
CREATE VIRTUAL TABLE search_index USING fts5(
  title, context, text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0'
);
