-- What authorities set for dual control. value, tce, kwh, kgce: decimals as texts. by, at: who wrote the row, and when.

-- kind: intensity, total (both %), total_tce, carbon_intensity (%).
CREATE TABLE target (
  region TEXT NOT NULL,
  year INTEGER NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  source TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (region, year, kind)
) STRICT;
CREATE INDEX target_year ON target (year);

CREATE TABLE quota (
  credit_code TEXT NOT NULL,
  year INTEGER NOT NULL,
  tce TEXT NOT NULL,
  kwh TEXT,
  source TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (credit_code, year)
) STRICT;
CREATE INDEX quota_year ON quota (year);

-- Limit values of energy per product. region: empty for a national standard. valid_from: a date.
CREATE TABLE product_limit (
  product TEXT NOT NULL,
  region TEXT NOT NULL,
  grade TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  kgce TEXT NOT NULL,
  unit TEXT NOT NULL,
  source TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (product, region, grade, valid_from)
) STRICT;
