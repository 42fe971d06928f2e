-- Which migrations this database has seen.
CREATE TABLE garant_migration (
    number  BIGINT NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL,
    applied BIGINT NOT NULL -- microseconds since 1970, UTC
);
