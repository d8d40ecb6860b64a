-- +goose Up
-- What each changed field was before and after, as a JSON list; '[]' for
-- changes that were written before this column was there.
ALTER TABLE entity_changes ADD COLUMN diff TEXT NOT NULL DEFAULT '[]';
