-- Records. n is the collection's number shifted left by 40 bits plus a count, so
-- that the rows of a collection lie together and need no index of their own.
CREATE TABLE vault_record (
    n       INTEGER NOT NULL PRIMARY KEY,
    id      BLOB    NOT NULL,
    subject BLOB,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    version INTEGER NOT NULL,
    state   TEXT    NOT NULL,
    flags   INTEGER NOT NULL,
    open    BLOB    NOT NULL,
    leaf    INTEGER NOT NULL,
    body    BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX vault_record_id ON vault_record (id);
CREATE INDEX vault_record_subject ON vault_record (subject) WHERE subject IS NOT NULL;

-- The blind index: truncated HMACs of findable values.
CREATE TABLE vault_index (
    tag BLOB    NOT NULL,
    n   INTEGER NOT NULL,
    PRIMARY KEY (tag, n)
) STRICT, WITHOUT ROWID;

-- The collections of the tenant, sealed; in its main placement.
CREATE TABLE vault_schema (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    changed INTEGER NOT NULL,
    body    BLOB    NOT NULL
) STRICT;

-- Outcomes of requests that carried an Idempotency-Key.
CREATE TABLE vault_idempotency (
    tag    BLOB    NOT NULL PRIMARY KEY,
    digest BLOB    NOT NULL,
    record BLOB    NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
CREATE INDEX vault_idempotency_at ON vault_idempotency (at);
