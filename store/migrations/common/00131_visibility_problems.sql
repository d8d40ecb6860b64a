-- +goose Up
-- A problem of a document that was not stored is hidden as its entity would
-- be; its tags are kept for when the visibility rules change.
ALTER TABLE catalog_problems ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE catalog_problems ADD COLUMN hidden_by BIGINT NOT NULL DEFAULT 0;
