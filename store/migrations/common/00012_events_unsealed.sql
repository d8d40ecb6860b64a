-- +goose Up
-- The sealer looks for these every half second.
CREATE INDEX events_by_unsealed ON events(at, id) WHERE seq IS NULL;
CREATE INDEX events_by_owner ON events(owner, at);
