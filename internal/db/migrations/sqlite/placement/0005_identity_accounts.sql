-- How people and programs prove who they are. What people typed stands only in
-- sealed columns; secrets stand hashed, and hashes of passwords sealed besides.

-- Rules of the profile in force (passwords, sessions, tokens); sealed.
CREATE TABLE identity_settings (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    changed INTEGER NOT NULL,
    body    BLOB NOT NULL
) STRICT;

-- Persons: members of the tenant, or staff in the operator's own tenant.
CREATE TABLE identity_account (
    id           BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tag          BLOB NOT NULL UNIQUE, -- keyed hash of the sign-in name
    state        TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    roles        TEXT NOT NULL, -- names from the profile, sorted, with commas between
    version      INTEGER NOT NULL, -- grows with every change
    created      INTEGER NOT NULL,
    changed      INTEGER NOT NULL,
    must_change  INTEGER NOT NULL CHECK (must_change IN (0, 1)), -- the password has to be changed first
    secret       BLOB NOT NULL, -- sealed PHC string; empty when there is no password
    secret_at    INTEGER NOT NULL, -- when the password was set; 0 without one
    secret_until INTEGER NOT NULL, -- when an initial password ends; 0 for one's own
    body         BLOB NOT NULL -- sealed: name, sign-in name, mail address, language
) STRICT;

-- Signed-in sessions, found by the hash of their secret.
CREATE TABLE identity_session (
    id        BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    hash      BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    account   BLOB NOT NULL,
    opened    INTEGER NOT NULL,
    seen      INTEGER NOT NULL, -- last use, written in large steps
    ends      INTEGER NOT NULL, -- the absolute limit
    ended     INTEGER NOT NULL, -- when it was ended before its limits; 0 while it lives
    reason    TEXT NOT NULL, -- why it was ended
    assurance INTEGER NOT NULL
) STRICT;

CREATE INDEX identity_session_by_account ON identity_session (account);
CREATE INDEX identity_session_by_end ON identity_session (ends);

-- Tokens of programs.
CREATE TABLE identity_token (
    id      BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    hash    BLOB NOT NULL CHECK (length(hash) = 32), -- SHA-256 of the secret
    roles   TEXT NOT NULL,
    scope   TEXT NOT NULL, -- collections it may touch; empty: all that its roles reach
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL, -- 0 while it is not
    used    INTEGER NOT NULL, -- the day it was last used, at midnight; 0 never
    body    BLOB NOT NULL -- sealed: label, who made it
) STRICT;

-- Failures by keyed hash of a sign-in name or of an address.
CREATE TABLE identity_throttle (
    tag      BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    since    INTEGER NOT NULL, -- when the window began
    until    INTEGER NOT NULL, -- refused before this; 0 when not
    ends     INTEGER NOT NULL -- after this the row says nothing any more
) STRICT;

CREATE INDEX identity_throttle_by_end ON identity_throttle (ends);

-- The one-time link of the first start; only the operator's tenant holds the row.
CREATE TABLE identity_setup (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    hash    BLOB NOT NULL CHECK (length(hash) = 32),
    expires INTEGER NOT NULL,
    used    INTEGER NOT NULL -- when the first account was made; 0 before
) STRICT;
