-- Roles and what they may name, as the profile in force declares them; sealed.
-- Only the main placement of a tenant holds the row.
CREATE TABLE access_policy (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    changed INTEGER NOT NULL,
    body    BLOB    NOT NULL
) STRICT;
