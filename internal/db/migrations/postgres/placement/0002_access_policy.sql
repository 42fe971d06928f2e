-- Roles and what they may name, as the profile in force declares them; sealed.
-- Only the main placement of a tenant holds the row.
CREATE TABLE access_policy (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    changed BIGINT NOT NULL,
    body    BYTEA  NOT NULL
);
