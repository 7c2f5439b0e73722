-- Closed quarter-hours of the sites, for who follows them.

-- How far the records of a generation were looked at.
CREATE TABLE feed_mark (
  generation INTEGER PRIMARY KEY REFERENCES generation (id),
  seq INTEGER NOT NULL
) STRICT;

-- The stretch of a site in which something may have changed since its quarter-hours were last compared.
CREATE TABLE feed_due (
  credit_code TEXT PRIMARY KEY,
  start INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;

-- The last state of each closed quarter-hour. cursor: goes up with every change in any of them, so that what changed since
-- one is what has a higher one. digest: of the amounts, by which a change is seen.
CREATE TABLE feed (
  credit_code TEXT NOT NULL,
  start INTEGER NOT NULL,
  cursor INTEGER NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (credit_code, start)
) STRICT;
