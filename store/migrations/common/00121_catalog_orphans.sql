-- +goose Up
-- Orphans are few; lists mark them.
CREATE INDEX entity_bodies_orphans ON entity_bodies(ref) WHERE orphan = 1;
