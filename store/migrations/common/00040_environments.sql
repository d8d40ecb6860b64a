-- +goose Up
CREATE TABLE blueprints (
	name       TEXT NOT NULL,
	version    TEXT NOT NULL,
	hash       TEXT NOT NULL,
	files      TEXT NOT NULL, -- JSON: path to text
	created_at TEXT NOT NULL,
	PRIMARY KEY (name, version)
);

CREATE TABLE environments (
	id          TEXT PRIMARY KEY,
	name        TEXT NOT NULL,
	owner       TEXT NOT NULL,
	kind        TEXT NOT NULL,
	blueprint   TEXT NOT NULL,
	version     TEXT NOT NULL,
	hash        TEXT NOT NULL,
	service     TEXT NOT NULL,
	parameters  TEXT NOT NULL,
	state       TEXT NOT NULL,
	reason      TEXT NOT NULL,
	ttl_s       BIGINT NOT NULL,
	by_actor    TEXT NOT NULL,
	entity      TEXT NOT NULL,
	run         TEXT NOT NULL,
	destroy_run TEXT NOT NULL,
	estimate    TEXT NOT NULL,
	currency    TEXT NOT NULL,
	outputs     TEXT NOT NULL,
	created_at  TEXT NOT NULL,
	ready_at    TEXT NOT NULL,
	expires_at  TEXT NOT NULL,
	gone_at     TEXT NOT NULL
);

CREATE UNIQUE INDEX environments_name ON environments (owner, name)
	WHERE state NOT IN ('destroyed', 'refused', 'cancelled');
CREATE INDEX environments_service ON environments (service);
CREATE INDEX environments_state ON environments (state, expires_at);

-- What a run would change, with what policy and price said; no secrets.
CREATE TABLE environment_plans (
	run         TEXT PRIMARY KEY,
	environment TEXT NOT NULL REFERENCES environments (id),
	destroys    BIGINT NOT NULL,
	version     TEXT NOT NULL,
	input_hash  TEXT NOT NULL,
	serial      BIGINT NOT NULL,
	engine      TEXT NOT NULL,
	changes     TEXT NOT NULL,
	checks      TEXT NOT NULL,
	estimate    TEXT NOT NULL,
	created_at  TEXT NOT NULL,
	used_at     TEXT NOT NULL
);
CREATE INDEX environment_plans_environment ON environment_plans (environment);

-- What the log of the runs says exists, for recovery.
CREATE TABLE environment_resources (
	environment TEXT NOT NULL REFERENCES environments (id),
	address     TEXT NOT NULL,
	progress    TEXT NOT NULL,
	resource    TEXT NOT NULL, -- its id where it was made
	run         TEXT NOT NULL,
	at          TEXT NOT NULL,
	PRIMARY KEY (environment, address)
);

-- Catalog entities that an environment's resources are.
CREATE TABLE environment_entities (
	id          TEXT PRIMARY KEY,
	environment TEXT NOT NULL REFERENCES environments (id),
	ref         TEXT NOT NULL,
	type        TEXT NOT NULL,
	title       TEXT NOT NULL
);
CREATE INDEX environment_entities_environment ON environment_entities (environment);

CREATE TABLE tf_states (
	environment TEXT NOT NULL REFERENCES environments (id),
	serial      BIGINT NOT NULL,
	lineage     TEXT NOT NULL,
	run         TEXT NOT NULL,
	sealed      TEXT NOT NULL, -- base64
	created_at  TEXT NOT NULL,
	PRIMARY KEY (environment, serial)
);

CREATE TABLE tf_locks (
	environment TEXT PRIMARY KEY REFERENCES environments (id),
	lock_id     TEXT NOT NULL,
	run         TEXT NOT NULL,
	info        TEXT NOT NULL,
	created_at  TEXT NOT NULL
);

CREATE TABLE secrets (
	id          TEXT PRIMARY KEY,
	environment TEXT NOT NULL,
	owner       TEXT NOT NULL,
	name        TEXT NOT NULL,
	sealed      TEXT NOT NULL, -- base64
	by_actor    TEXT NOT NULL,
	created_at  TEXT NOT NULL
);
CREATE INDEX secrets_environment ON secrets (environment);
