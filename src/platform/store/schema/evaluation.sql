-- Runs of the per-mu evaluation, with all that they were made of. No row is ever changed.

-- rules_text: the rule file as it was. outcome: groups and statistics, JSON. corrects: the version that an objection was
-- raised against; inputs_of: the run whose inputs these are, but for those that are stored with this one.
CREATE TABLE evaluation (
  id INTEGER PRIMARY KEY,
  rules_id TEXT NOT NULL,
  rules_sha256 TEXT NOT NULL,
  rules_text TEXT NOT NULL,
  regions TEXT NOT NULL,
  year INTEGER NOT NULL,
  basis TEXT NOT NULL,
  inputs_sha256 TEXT NOT NULL,
  outcome TEXT NOT NULL,
  made INTEGER NOT NULL,
  author TEXT NOT NULL,
  corrects INTEGER REFERENCES evaluation (id),
  inputs_of INTEGER REFERENCES evaluation (id)
) STRICT;
CREATE INDEX evaluation_year ON evaluation (year);

-- One site's result. score_micro: the score in millionths, to sort by. body: the whole outcome, JSON.
CREATE TABLE evaluation_site (
  evaluation INTEGER NOT NULL REFERENCES evaluation (id),
  credit_code TEXT NOT NULL,
  name TEXT NOT NULL,
  county_code TEXT NOT NULL,
  group_id TEXT,
  score_micro INTEGER,
  place INTEGER,
  grade TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (evaluation, credit_code)
) STRICT;
CREATE INDEX evaluation_site_code ON evaluation_site (credit_code);

-- One site's quantities with their trees, JSON, zstd.
CREATE TABLE evaluation_input (
  evaluation INTEGER NOT NULL REFERENCES evaluation (id),
  credit_code TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (evaluation, credit_code)
) STRICT;

-- Why a version differs from the one that it corrects.
CREATE TABLE evaluation_objection (
  evaluation INTEGER PRIMARY KEY REFERENCES evaluation (id),
  credit_code TEXT NOT NULL,
  item TEXT NOT NULL,
  value_before TEXT,
  value TEXT NOT NULL,
  evidence TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE evaluation_publication (
  evaluation INTEGER PRIMARY KEY REFERENCES evaluation (id),
  published INTEGER NOT NULL,
  author TEXT NOT NULL
) STRICT;
