-- The directory of tenants. What people typed (title, slug, host names) stands
-- only in the sealed body.
CREATE TABLE tenant (
    id      BYTEA  NOT NULL PRIMARY KEY,
    state   TEXT   NOT NULL,
    created BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    body    BYTEA  NOT NULL
);

-- Facts of the platform as a whole; opaque values only.
CREATE TABLE tenant_meta (
    name  TEXT  NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);
