-- +goose Up
-- What a visibility rule covers stays hidden when it is removed.
ALTER TABLE tombstones ADD COLUMN hidden_by BIGINT NOT NULL DEFAULT 0;
-- A document of the search index may belong to an entity and is hidden with it.
ALTER TABLE search_docs ADD COLUMN entity TEXT NOT NULL DEFAULT '';
UPDATE search_docs SET entity = SUBSTR(key, 8) WHERE source = 'catalog';
UPDATE search_docs SET entity = SUBSTR(source, 6) WHERE source LIKE 'docs:%';
