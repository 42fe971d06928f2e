-- The directory of tenants. What people typed (title, slug, host names) stands
-- only in the sealed body.
CREATE TABLE tenant (
    id      BLOB    NOT NULL PRIMARY KEY,
    state   TEXT    NOT NULL,
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    body    BLOB    NOT NULL
) STRICT;

-- Facts of the platform as a whole; opaque values only.
CREATE TABLE tenant_meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
