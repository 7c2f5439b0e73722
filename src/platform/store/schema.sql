-- The platform's ledger. Times are milliseconds since 1970 UTC, counts are those of the series' scale.

CREATE TABLE site (
  credit_code TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  city_code TEXT NOT NULL,
  county_code TEXT NOT NULL,
  industry_code TEXT NOT NULL,
  land_mu TEXT NOT NULL,
  product_code TEXT NOT NULL,
  product_unit TEXT NOT NULL,
  output_value_yuan_per_unit TEXT
) STRICT, WITHOUT ROWID;

-- What the operator declared about a site beside its row, as JSON.
CREATE TABLE declaration (
  credit_code TEXT PRIMARY KEY REFERENCES site (credit_code) ON DELETE CASCADE,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A gateway that left the registry keeps its row and its data, without a site. epoch: how many streams of it were let in:
-- a node stores for the last one only.
CREATE TABLE gateway (
  id INTEGER PRIMARY KEY,
  gateway_id TEXT NOT NULL UNIQUE,
  credit_code TEXT REFERENCES site (credit_code),
  epoch INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX gateway_site ON gateway (credit_code);

-- The mark: records 1..=seq are taken, each as a block or as refused. last_seq: where the gateway sealed it.
-- t_first, t_last: of the first and of the last record of samples whose time is known. run: the process run that wrote it,
-- which names its clock segments; NULL until its dictionary says so, and where it names none.
CREATE TABLE generation (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  gen_id BLOB NOT NULL CHECK (length(gen_id) = 16),
  seq INTEGER NOT NULL CHECK (seq >= 0),
  last_seq INTEGER CHECK (last_seq >= 0),
  t_first INTEGER,
  t_last INTEGER,
  run BLOB CHECK (length(run) = 16),
  UNIQUE (gateway, gen_id)
) STRICT;
CREATE INDEX generation_run ON generation (gateway, run) WHERE run IS NOT NULL;

-- Segments of a run's clock. state: the contract's number, NULL until an event says it. shift: what a ClockShift adds to
-- the times of the segment's samples. said, shifted: time and id of the event that counts, of several the latest.
CREATE TABLE clock (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  run BLOB NOT NULL CHECK (length(run) = 16),
  segment INTEGER NOT NULL,
  state INTEGER,
  wall INTEGER,
  mono INTEGER,
  step INTEGER,
  said BLOB,
  shift INTEGER,
  shifted BLOB,
  UNIQUE (gateway, run, segment)
) STRICT;

-- A record as it came. A body of 7 KiB and its columns fit one page of 8 KiB.
-- span: the smallest k with t_last - t_first <= 15 min * 2^k. Blocks of one span that touch a stretch of time start
-- inside a known range, so that they are found without a look at all that came later.
-- clock: the segment of a record of samples; NULL: of a run without a name, whose clock is taken to be right. t_first,
-- t_last: with the segment's shift. The blocks of a segment are found by its run's generations.
CREATE TABLE block (
  generation INTEGER NOT NULL REFERENCES generation (id),
  seq INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  crc32c INTEGER NOT NULL,
  gateway INTEGER NOT NULL,
  clock INTEGER REFERENCES clock (id),
  span INTEGER NOT NULL,
  t_first INTEGER NOT NULL,
  t_last INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (generation, seq)
) STRICT;
CREATE INDEX block_time ON block (gateway, span, t_first) WHERE kind IN (2, 5);
CREATE INDEX block_attestation ON block (gateway) WHERE kind = 7;

-- Public keys with which a gateway signs. source: 0: it did, first_seen says since when, the first one counts unless
-- there are others; 1: the registry says so.
CREATE TABLE gateway_key (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  key BLOB NOT NULL CHECK (length(key) = 32),
  first_seen INTEGER,
  source INTEGER NOT NULL,
  UNIQUE (gateway, source, key)
) STRICT;
CREATE INDEX gateway_key_key ON gateway_key (key);

-- A record that could not be taken, as it came, and why. due: when its time will have come. body: NULL once an
-- operator wrote it off; its number stays used, and hash is SHA-256(kind || body), where the body was what its checksum
-- says.
CREATE TABLE refused (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  generation INTEGER NOT NULL REFERENCES generation (id),
  seq INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  crc32c INTEGER NOT NULL,
  noted INTEGER NOT NULL,
  code INTEGER NOT NULL,
  message TEXT NOT NULL,
  due INTEGER,
  body BLOB,
  hash BLOB,
  UNIQUE (generation, seq)
) STRICT;
CREATE INDEX refused_gateway ON refused (gateway, id);
CREATE INDEX refused_kept ON refused (gateway) WHERE body IS NOT NULL;
CREATE INDEX refused_due ON refused (due) WHERE due IS NOT NULL;

-- Runs of a gateway's spool that were let in, in that order; the last one is the head.
CREATE TABLE boot (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  store_id BLOB NOT NULL CHECK (length(store_id) = 16),
  boot_id BLOB NOT NULL CHECK (length(boot_id) = 16),
  boot_counter INTEGER NOT NULL,
  UNIQUE (gateway, boot_id)
) STRICT;
CREATE INDEX boot_order ON boot (gateway, id);

-- Which generation of a store followed which, as Hellos told.
CREATE TABLE link (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  store_id BLOB NOT NULL,
  prev_gen_id BLOB NOT NULL,
  gen_id BLOB NOT NULL,
  UNIQUE (gateway, store_id, prev_gen_id)
) STRICT;
CREATE INDEX link_order ON link (gateway, id);

-- Stretches of which there is nothing, and why. cause: the contract's number; 0: a hole, which the platform found: a
-- generation that is not complete here and that the gateway no longer has. noted: our clock. t_start, t_end: NULL where
-- unknown. generation, seq: the record that says so. series: how many it names; 0: all of the gateway's.
-- clock: a segment whose samples wait for their time; the row goes when they are placed.
CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  cause INTEGER NOT NULL,
  noted INTEGER NOT NULL,
  t_start INTEGER,
  t_end INTEGER,
  generation INTEGER REFERENCES generation (id),
  seq INTEGER,
  series INTEGER NOT NULL,
  lost_gen_id BLOB,
  first_seq INTEGER,
  last_seq INTEGER,
  next_gen_id BLOB,
  clock INTEGER UNIQUE REFERENCES clock (id),
  detail TEXT NOT NULL,
  UNIQUE (generation, seq)
) STRICT;
CREATE INDEX gap_gateway ON gap (gateway, id);
CREATE UNIQUE INDEX gap_hole ON gap (gateway, lost_gen_id) WHERE cause = 0;

-- Quarter-hours of a hole that the gateway's archive gave again.
CREATE TABLE recalled (
  gap INTEGER NOT NULL REFERENCES gap (id) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  PRIMARY KEY (gap, start)
) STRICT, WITHOUT ROWID;

-- What a person should know of a gateway.
CREATE TABLE alarm (
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  kind INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  count INTEGER NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (gateway, kind)
) STRICT, WITHOUT ROWID;

-- Figures of a period as they were published. A version is never changed. digest: SHA-256 of the figures and all their
-- terms, by which it is told whether there is something new. body: JSON in one zstd frame.
CREATE TABLE publication (
  period TEXT NOT NULL,
  basis TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  published INTEGER NOT NULL,
  reason_zh TEXT NOT NULL,
  reason_en TEXT NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  body BLOB NOT NULL,
  PRIMARY KEY (period, basis, version)
) STRICT;

-- physics_created: of the dictionary that stated the physics, which are those of the contract; modulus, rate_max: NULL where
-- unknown. They are no part of what makes a series.
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  meter TEXT NOT NULL,
  point TEXT NOT NULL,
  kind INTEGER NOT NULL,
  role INTEGER NOT NULL,
  carrier TEXT NOT NULL,
  product TEXT NOT NULL,
  unit TEXT NOT NULL,
  scale_mantissa INTEGER NOT NULL,
  scale_exponent INTEGER NOT NULL,
  modulus INTEGER,
  rate_max_per_h INTEGER,
  backstep_max INTEGER NOT NULL,
  warm_up_ms INTEGER NOT NULL,
  restarts INTEGER NOT NULL,
  physics_created INTEGER NOT NULL,
  UNIQUE (gateway, meter, point, kind, role, carrier, product, unit, scale_mantissa, scale_exponent)
) STRICT;

-- Which series a generation's records mean by a number.
CREATE TABLE dictionary (
  generation INTEGER NOT NULL REFERENCES generation (id),
  local INTEGER NOT NULL,
  series INTEGER NOT NULL REFERENCES series (id),
  PRIMARY KEY (generation, local)
) STRICT, WITHOUT ROWID;

-- Events that were taken; each once, whatever number of records brings it. generation, seq: the first of them.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  event_id BLOB NOT NULL CHECK (length(event_id) = 16),
  time INTEGER NOT NULL,
  generation INTEGER NOT NULL REFERENCES generation (id),
  seq INTEGER NOT NULL,
  UNIQUE (gateway, event_id)
) STRICT;

-- A register's declared end and the beginning of the next one; counts are NULL where they could not be read.
CREATE TABLE replacement (
  series INTEGER NOT NULL REFERENCES series (id),
  t INTEGER NOT NULL,
  event INTEGER NOT NULL REFERENCES event (id),
  final INTEGER,
  initial INTEGER,
  PRIMARY KEY (series, t, event)
) STRICT, WITHOUT ROWID;

-- What a meter's output belongs to from t on.
CREATE TABLE tag (
  gateway INTEGER NOT NULL REFERENCES gateway (id),
  meter TEXT NOT NULL,
  name TEXT NOT NULL,
  t INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (gateway, meter, name, t, event_id)
) STRICT, WITHOUT ROWID;

-- Accepted readings of one quarter-hour and one epoch of a cumulative series. Where an epoch ends inside of the
-- quarter-hour, each stretch is a part of its own.
-- cause: why the epoch begins that opens with the part; NULL: it goes on from the part before.
-- carry_in: the modulus, where the register passed its end before the first reading; carry: for each time it did behind.
-- before, after: what comes in and goes out across the boundaries, from the pairs of readings that straddle them.
-- doubts: bits of the contract. own: of the readings and of the pairs between them; first_d, last_d: of the first and of
-- the last reading; before_d, after_d: of the pairs that straddle, and of an epoch that ends there.
CREATE TABLE cell (
  series INTEGER NOT NULL REFERENCES series (id),
  start INTEGER NOT NULL,
  part INTEGER NOT NULL,
  cause INTEGER,
  first_t INTEGER NOT NULL,
  first_c INTEGER NOT NULL,
  last_t INTEGER NOT NULL,
  last_c INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  carry_in INTEGER NOT NULL,
  carry INTEGER NOT NULL,
  own INTEGER NOT NULL,
  first_d INTEGER NOT NULL,
  last_d INTEGER NOT NULL,
  before INTEGER NOT NULL,
  before_d INTEGER NOT NULL,
  after INTEGER NOT NULL,
  after_d INTEGER NOT NULL,
  amount INTEGER AS (before + (last_c - first_c + carry) + after) VIRTUAL,
  doubts INTEGER AS (own | before_d | after_d) VIRTUAL,
  PRIMARY KEY (series, start, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX cell_cause ON cell (series, start) WHERE cause > 0;

-- The quarter-hours from start to until hold no accepted reading; the register ran from a to b meanwhile, where b counts on
-- behind the register's end.
CREATE TABLE bridge (
  series INTEGER NOT NULL REFERENCES series (id),
  start INTEGER NOT NULL,
  until INTEGER NOT NULL,
  a_t INTEGER NOT NULL,
  a_c INTEGER NOT NULL,
  b_t INTEGER NOT NULL,
  b_c INTEGER NOT NULL,
  doubts INTEGER NOT NULL,
  PRIMARY KEY (series, start)
) STRICT, WITHOUT ROWID;

-- Readings that do not simply go on from the one before. what: 1 set aside, 2 held, 3 behind the register's end, 10 + the
-- cause of the epoch that it opens. Of a register that runs as it should there is no row.
CREATE TABLE turn (
  series INTEGER NOT NULL REFERENCES series (id),
  t INTEGER NOT NULL,
  c INTEGER NOT NULL,
  what INTEGER NOT NULL,
  PRIMARY KEY (series, t, c, what)
) STRICT, WITHOUT ROWID;
