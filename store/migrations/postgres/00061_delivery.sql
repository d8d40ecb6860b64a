-- +goose Up
CREATE TABLE deployments (
  id TEXT COLLATE "C" PRIMARY KEY,
  service TEXT COLLATE "C" NOT NULL,
  environment TEXT COLLATE "C" NOT NULL,
  production BIGINT NOT NULL,
  result TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  started_at TEXT COLLATE "C" NOT NULL,
  finished_at TEXT COLLATE "C" NOT NULL,
  revision TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  rolls_back TEXT COLLATE "C" NOT NULL, -- as given
  fixes TEXT COLLATE "C" NOT NULL,      -- incident, as given
  counted BIGINT NOT NULL,  -- production and successful
  -- derived when deployments and incidents arrive, in whatever order
  target TEXT COLLATE "C" NOT NULL DEFAULT '', -- the deployment that this one rolls back or mends
  failed BIGINT NOT NULL DEFAULT 0,
  failure TEXT COLLATE "C" NOT NULL DEFAULT '', -- why it counts as failed
  changes BIGINT NOT NULL DEFAULT 0,
  recorded_at TEXT COLLATE "C" NOT NULL
);
CREATE INDEX deployments_by_place ON deployments(service, environment, counted, finished_at, id);
CREATE INDEX deployments_by_time ON deployments(finished_at, id);
CREATE INDEX deployments_by_counted ON deployments(counted, finished_at, id);
CREATE INDEX deployments_by_service ON deployments(service, finished_at, id);
CREATE INDEX deployments_by_target ON deployments(target);
CREATE INDEX deployments_by_rolls_back ON deployments(rolls_back);

CREATE TABLE changes (
  service TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  committed_at TEXT COLLATE "C" NOT NULL,
  authored_at TEXT COLLATE "C" NOT NULL,
  merged_at TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  deployment TEXT COLLATE "C" NOT NULL DEFAULT '',  -- the first that brought it to production
  deployed_at TEXT COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY (service, id)
);
CREATE INDEX changes_by_deployment ON changes(deployment);
CREATE INDEX changes_by_deployed ON changes(service, deployed_at, id);
CREATE INDEX changes_by_time ON changes(deployed_at, service, id);

CREATE TABLE deployment_changes (
  deployment TEXT COLLATE "C" NOT NULL REFERENCES deployments(id),
  change_id TEXT COLLATE "C" NOT NULL,
  service TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (deployment, change_id)
);
CREATE INDEX deployment_changes_by_change ON deployment_changes(service, change_id);

CREATE TABLE incidents (
  id TEXT COLLATE "C" PRIMARY KEY,
  service TEXT COLLATE "C" NOT NULL,
  environment TEXT COLLATE "C" NOT NULL,
  production BIGINT NOT NULL,
  severity TEXT COLLATE "C" NOT NULL,
  title TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  started_at TEXT COLLATE "C" NOT NULL,
  resolved_at TEXT COLLATE "C" NOT NULL,
  reported_at TEXT COLLATE "C" NOT NULL,
  caused_by TEXT COLLATE "C" NOT NULL,  -- as given
  source TEXT COLLATE "C" NOT NULL,
  deployment TEXT COLLATE "C" NOT NULL DEFAULT '', -- derived: the deployment that it is attributed to
  recorded_at TEXT COLLATE "C" NOT NULL
);
CREATE INDEX incidents_by_place ON incidents(service, environment, started_at);
CREATE INDEX incidents_by_deployment ON incidents(deployment);
CREATE INDEX incidents_by_caused_by ON incidents(caused_by);
CREATE INDEX incidents_by_resolved ON incidents(production, resolved_at, id);
CREATE INDEX incidents_by_service ON incidents(service, resolved_at, id);

-- What the five numbers of a service (or of all, scope *) are made of, by day
-- and by week. The body is delivery.Tally's own form.
CREATE TABLE delivery_tallies (
  scope TEXT COLLATE "C" NOT NULL,
  grain TEXT COLLATE "C" NOT NULL,
  bucket TEXT COLLATE "C" NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (scope, grain, bucket)
);

CREATE TABLE hook_deliveries (
  source TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (source, id)
);
CREATE INDEX hook_deliveries_by_at ON hook_deliveries(at);
