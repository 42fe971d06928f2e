-- Which migrations this database has seen.
CREATE TABLE garant_migration (
    number  INTEGER NOT NULL PRIMARY KEY,
    name    TEXT    NOT NULL,
    applied INTEGER NOT NULL -- microseconds since 1970, UTC
) STRICT;
