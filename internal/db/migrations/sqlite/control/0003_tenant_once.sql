-- What came of requests that carried an Idempotency-Key. tag and digest are keyed
-- hashes; body is sealed, and empty while the request is not known to have ended.
CREATE TABLE tenant_once (
    tag    BLOB    NOT NULL PRIMARY KEY,
    digest BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    body   BLOB    NOT NULL
) STRICT;
CREATE INDEX tenant_once_at ON tenant_once (at);
