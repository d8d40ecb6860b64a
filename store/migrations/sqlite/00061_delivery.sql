-- +goose Up
CREATE TABLE deployments (
  id TEXT PRIMARY KEY,
  service TEXT NOT NULL,
  environment TEXT NOT NULL,
  production BIGINT NOT NULL,
  result TEXT NOT NULL,
  kind TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  revision TEXT NOT NULL,
  version TEXT NOT NULL,
  title TEXT NOT NULL,
  url TEXT NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  rolls_back TEXT NOT NULL, -- as given
  fixes TEXT NOT NULL,      -- incident, as given
  counted BIGINT NOT NULL,  -- production and successful
  -- derived when deployments and incidents arrive, in whatever order
  target TEXT NOT NULL DEFAULT '', -- the deployment that this one rolls back or mends
  failed BIGINT NOT NULL DEFAULT 0,
  failure TEXT NOT NULL DEFAULT '', -- why it counts as failed
  changes BIGINT NOT NULL DEFAULT 0,
  recorded_at TEXT NOT NULL
);
CREATE INDEX deployments_by_place ON deployments(service, environment, counted, finished_at, id);
CREATE INDEX deployments_by_time ON deployments(finished_at, id);
CREATE INDEX deployments_by_counted ON deployments(counted, finished_at, id);
CREATE INDEX deployments_by_service ON deployments(service, finished_at, id);
CREATE INDEX deployments_by_target ON deployments(target);
CREATE INDEX deployments_by_rolls_back ON deployments(rolls_back);

CREATE TABLE changes (
  service TEXT NOT NULL,
  id TEXT NOT NULL,
  committed_at TEXT NOT NULL,
  authored_at TEXT NOT NULL,
  merged_at TEXT NOT NULL,
  title TEXT NOT NULL,
  deployment TEXT NOT NULL DEFAULT '',  -- the first that brought it to production
  deployed_at TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (service, id)
);
CREATE INDEX changes_by_deployment ON changes(deployment);
CREATE INDEX changes_by_deployed ON changes(service, deployed_at, id);
CREATE INDEX changes_by_time ON changes(deployed_at, service, id);

CREATE TABLE deployment_changes (
  deployment TEXT NOT NULL REFERENCES deployments(id),
  change_id TEXT NOT NULL,
  service TEXT NOT NULL,
  PRIMARY KEY (deployment, change_id)
);
CREATE INDEX deployment_changes_by_change ON deployment_changes(service, change_id);

CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  service TEXT NOT NULL,
  environment TEXT NOT NULL,
  production BIGINT NOT NULL,
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  url TEXT NOT NULL,
  started_at TEXT NOT NULL,
  resolved_at TEXT NOT NULL,
  reported_at TEXT NOT NULL,
  caused_by TEXT NOT NULL,  -- as given
  source TEXT NOT NULL,
  deployment TEXT NOT NULL DEFAULT '', -- derived: the deployment that it is attributed to
  recorded_at TEXT NOT NULL
);
CREATE INDEX incidents_by_place ON incidents(service, environment, started_at);
CREATE INDEX incidents_by_deployment ON incidents(deployment);
CREATE INDEX incidents_by_caused_by ON incidents(caused_by);
CREATE INDEX incidents_by_resolved ON incidents(production, resolved_at, id);
CREATE INDEX incidents_by_service ON incidents(service, resolved_at, id);

-- What the five numbers of a service (or of all, scope *) are made of, by day
-- and by week. The body is delivery.Tally's own form.
CREATE TABLE delivery_tallies (
  scope TEXT NOT NULL,
  grain TEXT NOT NULL,
  bucket TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (scope, grain, bucket)
);

CREATE TABLE hook_deliveries (
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  hash TEXT NOT NULL,
  type TEXT NOT NULL,
  outcome TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (source, id)
);
CREATE INDEX hook_deliveries_by_at ON hook_deliveries(at);
