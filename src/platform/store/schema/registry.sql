-- What is registered of sites beside their rows. It stays when a site leaves the registry, for when it comes back.

-- A site's profile and its land parcels, as JSON.
CREATE TABLE standing (
  credit_code TEXT PRIMARY KEY,
  profile TEXT NOT NULL,
  parcels TEXT NOT NULL
) STRICT;

-- Figures of the bureaus. month: 1 to 12, 0 for the whole year. value: a decimal.
CREATE TABLE economy (
  credit_code TEXT NOT NULL,
  year INTEGER NOT NULL,
  month INTEGER NOT NULL,
  item TEXT NOT NULL,
  value TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (credit_code, year, month, item)
) STRICT;
CREATE INDEX economy_year ON economy (year);

-- Versions of each kind of table: who changed it, when, by which file or why, and how many rows.
CREATE TABLE register_version (
  kind TEXT NOT NULL,
  number INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  reason TEXT NOT NULL,
  rows INTEGER NOT NULL,
  added INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  PRIMARY KEY (kind, number)
) STRICT;

-- Rows as text, of the versions since <= n < until; until NULL: still so. body: the fields, as JSON.
CREATE TABLE register_row (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  credit_code TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, key, since)
) STRICT;
CREATE INDEX register_row_site ON register_row (credit_code, kind);
