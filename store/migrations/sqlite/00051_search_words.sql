-- +goose Up
-- The known words and their trigrams, for questions with a slip in them.
CREATE TABLE search_words (
  word TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE search_grams (
  gram TEXT NOT NULL,
  word TEXT NOT NULL,
  PRIMARY KEY (gram, word)
) WITHOUT ROWID;
-- What was indexed last of a source, so that an unchanged one is left alone.
CREATE TABLE search_sources (
  source TEXT PRIMARY KEY,
  hash TEXT NOT NULL
);
