-- Who changed what, when: rows are added and never changed. area: the part of the platform; subject: what was changed in it;
-- detail: before and after, in words.
CREATE TABLE change (
  id INTEGER PRIMARY KEY,
  noted INTEGER NOT NULL,
  author TEXT NOT NULL,
  area TEXT NOT NULL,
  subject TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX change_area ON change (area, id);
CREATE INDEX change_author ON change (author, id);
