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
