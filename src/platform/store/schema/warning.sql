-- Warnings as events. There is one open row of a rule, place and object; a cleared one stays as history.
-- place: a credit code or a region's code. region: where the place lies, which decides who sees it. level, peak: 1 yellow,
-- 2 red; peak is the highest it had. grounds: the figures that raised it, as JSON.
CREATE TABLE warning (
  id INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  place TEXT NOT NULL,
  object TEXT NOT NULL,
  is_site INTEGER NOT NULL,
  name TEXT NOT NULL,
  region TEXT NOT NULL,
  level INTEGER NOT NULL,
  peak INTEGER NOT NULL,
  text_zh TEXT NOT NULL,
  text_en TEXT NOT NULL,
  grounds TEXT NOT NULL,
  raised INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  cleared INTEGER,
  acknowledged INTEGER,
  acknowledged_by TEXT,
  note TEXT
) STRICT;
CREATE UNIQUE INDEX warning_open ON warning (rule, place, object) WHERE cleared IS NULL;

-- Messages that are to go out, written with the change that they tell. key: the same in each try. state: 0 waits, 1 is
-- delivered, 2 is given up. due: when it is tried next. failure: of the last try.
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  warning INTEGER NOT NULL REFERENCES warning (id),
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  made INTEGER NOT NULL,
  due INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  state INTEGER NOT NULL,
  ended INTEGER,
  failure TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_due ON delivery (due) WHERE state = 0;
CREATE INDEX delivery_warning ON delivery (warning);
