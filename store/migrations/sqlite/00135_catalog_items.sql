-- +goose Up
-- Items of answers are found by their numbers; the index holds all that is
-- asked of the table itself.
DROP INDEX entities_by_id;
CREATE INDEX entities_by_id ON entities(id, ref, hidden_by);
