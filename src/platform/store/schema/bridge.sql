-- What is reported onward. A message is sent until its centre says that it has it.

-- key: names the message at the centre, for ever: what comes again with it takes the earlier one's place. version: goes up when
-- a correction takes the body's place, also while the earlier one is under way. due: when it is tried next; NULL: the centre
-- has it. reply: the last answer of the centre, or why there was none.
CREATE TABLE bridge_message (
  id INTEGER PRIMARY KEY,
  centre TEXT NOT NULL,
  key TEXT NOT NULL,
  operation TEXT NOT NULL,
  body TEXT NOT NULL,
  version INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  due INTEGER,
  reply TEXT NOT NULL,
  UNIQUE (centre, key)
) STRICT;
CREATE INDEX bridge_due ON bridge_message (centre, due) WHERE due IS NOT NULL;

-- How far a centre's messages were made: what = 'quarter': the feed's cursor; 'day': the end of the last day.
CREATE TABLE bridge_cursor (
  centre TEXT NOT NULL,
  what TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (centre, what)
) STRICT;
