-- The history of the profiles that were applied to the tenant; the last one is in
-- force. Which profile, what it said and who applied it stand in the sealed body.
CREATE TABLE profile_applied (
    number  INTEGER NOT NULL PRIMARY KEY,
    applied INTEGER NOT NULL, -- microseconds since 1970, UTC
    body    BLOB    NOT NULL
) STRICT;
