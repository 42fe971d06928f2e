-- Records. n is the collection's number shifted left by 40 bits plus a count, so
-- that the rows of a collection lie together and need no index of their own.
CREATE TABLE vault_record (
    n       BIGINT NOT NULL PRIMARY KEY,
    id      BYTEA    NOT NULL,
    subject BYTEA,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    version BIGINT NOT NULL,
    state   TEXT    NOT NULL,
    flags   BIGINT NOT NULL,
    open    BYTEA    NOT NULL,
    leaf    BIGINT NOT NULL,
    body    BYTEA    NOT NULL
);
CREATE UNIQUE INDEX vault_record_id ON vault_record (id);
CREATE INDEX vault_record_subject ON vault_record (subject) WHERE subject IS NOT NULL;

-- The blind index: truncated HMACs of findable values.
CREATE TABLE vault_index (
    tag BYTEA    NOT NULL,
    n   BIGINT NOT NULL,
    PRIMARY KEY (tag, n)
);

-- The collections of the tenant, sealed; in its main placement.
CREATE TABLE vault_schema (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    changed BIGINT NOT NULL,
    body    BYTEA    NOT NULL
);

-- Outcomes of requests that carried an Idempotency-Key.
CREATE TABLE vault_idempotency (
    tag    BYTEA    NOT NULL PRIMARY KEY,
    digest BYTEA    NOT NULL,
    record BYTEA    NOT NULL,
    at     BIGINT NOT NULL
);
CREATE INDEX vault_idempotency_at ON vault_idempotency (at);
