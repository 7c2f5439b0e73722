-- Sums of the ledger's rows and turns by day and month of China Standard Time. Bridges are in no rollup: they are few, and
-- one may be years long. width: 0 day, 1 month. start: where it begins. amount, estimated: hi * 2^32 + lo.
-- quarters: quarter-hours with readings. first_*, last_*: quarter-hour, time and count of the first and the last reading;
-- NULL where there is none. doubts: the union. A day of which there is nothing has no row.
CREATE TABLE rollup (
  width INTEGER NOT NULL,
  start INTEGER NOT NULL,
  series INTEGER NOT NULL REFERENCES series (id),
  amount_hi INTEGER NOT NULL,
  amount_lo INTEGER NOT NULL,
  estimated_hi INTEGER NOT NULL,
  estimated_lo INTEGER NOT NULL,
  quarters INTEGER NOT NULL,
  breaks INTEGER NOT NULL,
  set_aside INTEGER NOT NULL,
  doubts INTEGER NOT NULL,
  first_start INTEGER,
  first_t INTEGER,
  first_c INTEGER,
  last_start INTEGER,
  last_t INTEGER,
  last_c INTEGER,
  PRIMARY KEY (width, start, series)
) STRICT, WITHOUT ROWID;

-- Days whose rows or turns changed since they were summed up, marked in the transaction of the change.
CREATE TABLE rollup_due (
  series INTEGER NOT NULL REFERENCES series (id),
  day INTEGER NOT NULL,
  PRIMARY KEY (series, day)
) STRICT, WITHOUT ROWID;

-- The first quarter-hour with a reading of each series that has no day due.
CREATE TABLE rollup_begin (
  series INTEGER PRIMARY KEY REFERENCES series (id),
  start INTEGER NOT NULL
) STRICT;

-- Those that reach into a period, of all series.
CREATE INDEX bridge_until ON bridge (until);
