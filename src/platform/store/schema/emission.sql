-- What emission monitors report (HJ 212).

CREATE TABLE station (
  mn TEXT PRIMARY KEY,
  credit_code TEXT NOT NULL,
  password TEXT NOT NULL
) STRICT;

-- Mass of a pollutant in an hour or a day, kg. cn: 2061 an hour, 2031 a day. A report that comes again takes the place of
-- the earlier one: monitors send corrections so. item: as of model/economy.rs.
CREATE TABLE emission (
  mn TEXT NOT NULL,
  item TEXT NOT NULL,
  cn INTEGER NOT NULL,
  start INTEGER NOT NULL,
  kg TEXT NOT NULL,
  received INTEGER NOT NULL,
  PRIMARY KEY (mn, item, cn, start)
) STRICT;
