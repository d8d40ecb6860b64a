-- +goose Up
-- The known words and their trigrams, for questions with a slip in them.
CREATE TABLE search_words (
  word TEXT COLLATE "C" PRIMARY KEY
);
CREATE TABLE search_grams (
  gram TEXT COLLATE "C" NOT NULL,
  word TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (gram, word)
);
-- What was indexed last of a source, so that an unchanged one is left alone.
CREATE TABLE search_sources (
  source TEXT COLLATE "C" PRIMARY KEY,
  hash TEXT NOT NULL
);
