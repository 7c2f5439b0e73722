-- Local users. regions: beginnings of GB/T 2260 codes with blanks between them, `*` for everything. password: the PHC string
-- of argon2id. disabled: since when.
CREATE TABLE account (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  regions TEXT NOT NULL,
  password TEXT NOT NULL,
  created INTEGER NOT NULL,
  disabled INTEGER
) STRICT, WITHOUT ROWID;

-- Who is signed in. Of the token only its SHA-256 is here. role, regions: of those whom an identity provider vouched for;
-- NULL: the account's own, as they are now.
CREATE TABLE session (
  token_sha256 BLOB PRIMARY KEY CHECK (length(token_sha256) = 32),
  name TEXT NOT NULL,
  role TEXT,
  regions TEXT,
  created INTEGER NOT NULL,
  seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_name ON session (name);

-- Programs that ask the API.
CREATE TABLE api_token (
  name TEXT PRIMARY KEY,
  token_sha256 BLOB NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
  role TEXT NOT NULL,
  regions TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  revoked INTEGER
) STRICT, WITHOUT ROWID;
