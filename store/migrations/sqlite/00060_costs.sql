-- +goose Up
CREATE TABLE cost_imports (
  id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  period TEXT NOT NULL, -- billing month, 2006-01
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  charges BIGINT NOT NULL,
  currency TEXT NOT NULL,
  has_list BIGINT NOT NULL,
  billed TEXT NOT NULL,
  effective TEXT NOT NULL,
  list TEXT NOT NULL,
  warnings TEXT NOT NULL,
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  actor TEXT NOT NULL,
  at TEXT NOT NULL,
  replaced_at TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX cost_imports_current ON cost_imports(source, period) WHERE replaced_at = '';
CREATE INDEX cost_imports_by_at ON cost_imports(at, id);

-- The charges of one place in one day (grain d) or month (m) of one import.
CREATE TABLE cost_cells (
  import_id TEXT NOT NULL REFERENCES cost_imports(id),
  grain TEXT NOT NULL,
  bucket TEXT NOT NULL,
  team TEXT NOT NULL,
  service TEXT NOT NULL,
  environment TEXT NOT NULL,
  provider TEXT NOT NULL,
  service_name TEXT NOT NULL,
  account TEXT NOT NULL,
  charges BIGINT NOT NULL,
  billed TEXT NOT NULL,
  effective TEXT NOT NULL,
  list TEXT NOT NULL
);
CREATE INDEX cost_cells_by_import ON cost_cells(import_id);
CREATE INDEX cost_cells_by_team ON cost_cells(team, grain, bucket);
CREATE INDEX cost_cells_by_service ON cost_cells(service, grain, bucket);

-- Roll-ups of one dimension, one row for each import, so that replacing an
-- import is deleting its rows.
CREATE TABLE cost_sums (
  dimension TEXT NOT NULL,
  grain TEXT NOT NULL,
  bucket TEXT NOT NULL,
  item TEXT NOT NULL,
  import_id TEXT NOT NULL REFERENCES cost_imports(id),
  billed TEXT NOT NULL,
  effective TEXT NOT NULL,
  list TEXT NOT NULL,
  PRIMARY KEY (dimension, grain, bucket, item, import_id)
) WITHOUT ROWID;
CREATE INDEX cost_sums_by_import ON cost_sums(import_id);

CREATE TABLE budgets (
  team TEXT PRIMARY KEY,
  monthly TEXT NOT NULL,
  currency TEXT NOT NULL,
  actor TEXT NOT NULL,
  at TEXT NOT NULL
);
