-- +goose Up
-- Which visibility rules cover an entity, one bit a rule, so that a list
-- leaves hidden things out by one comparison.
ALTER TABLE entities ADD COLUMN hidden_by BIGINT NOT NULL DEFAULT 0;
