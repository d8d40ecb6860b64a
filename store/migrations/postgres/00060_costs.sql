-- +goose Up
CREATE TABLE cost_imports (
  id TEXT COLLATE "C" PRIMARY KEY,
  source TEXT COLLATE "C" NOT NULL,
  period TEXT COLLATE "C" NOT NULL, -- billing month, 2006-01
  name TEXT COLLATE "C" NOT NULL,
  hash TEXT COLLATE "C" NOT NULL,
  charges BIGINT NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  has_list BIGINT NOT NULL,
  billed TEXT COLLATE "C" NOT NULL,
  effective TEXT COLLATE "C" NOT NULL,
  list TEXT COLLATE "C" NOT NULL,
  warnings TEXT COLLATE "C" NOT NULL,
  first_day TEXT COLLATE "C" NOT NULL,
  last_day TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  at TEXT COLLATE "C" NOT NULL,
  replaced_at TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX cost_imports_current ON cost_imports(source, period) WHERE replaced_at = '';
CREATE INDEX cost_imports_by_at ON cost_imports(at, id);

-- The charges of one place in one day (grain d) or month (m) of one import.
CREATE TABLE cost_cells (
  import_id TEXT COLLATE "C" NOT NULL REFERENCES cost_imports(id),
  grain TEXT COLLATE "C" NOT NULL,
  bucket TEXT COLLATE "C" NOT NULL,
  team TEXT COLLATE "C" NOT NULL,
  service TEXT COLLATE "C" NOT NULL,
  environment TEXT COLLATE "C" NOT NULL,
  provider TEXT COLLATE "C" NOT NULL,
  service_name TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  charges BIGINT NOT NULL,
  billed TEXT COLLATE "C" NOT NULL,
  effective TEXT COLLATE "C" NOT NULL,
  list TEXT COLLATE "C" NOT NULL
);
CREATE INDEX cost_cells_by_import ON cost_cells(import_id);
CREATE INDEX cost_cells_by_team ON cost_cells(team, grain, bucket);
CREATE INDEX cost_cells_by_service ON cost_cells(service, grain, bucket);

-- Roll-ups of one dimension, one row for each import, so that replacing an
-- import is deleting its rows.
CREATE TABLE cost_sums (
  dimension TEXT COLLATE "C" NOT NULL,
  grain TEXT COLLATE "C" NOT NULL,
  bucket TEXT COLLATE "C" NOT NULL,
  item TEXT COLLATE "C" NOT NULL,
  import_id TEXT COLLATE "C" NOT NULL REFERENCES cost_imports(id),
  billed TEXT COLLATE "C" NOT NULL,
  effective TEXT COLLATE "C" NOT NULL,
  list TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (dimension, grain, bucket, item, import_id)
);
CREATE INDEX cost_sums_by_import ON cost_sums(import_id);

CREATE TABLE budgets (
  team TEXT COLLATE "C" PRIMARY KEY,
  monthly TEXT COLLATE "C" NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  at TEXT COLLATE "C" NOT NULL
);
