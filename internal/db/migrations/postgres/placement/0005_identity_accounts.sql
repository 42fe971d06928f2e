-- How people and programs prove who they are. What people typed stands only in
-- sealed columns; secrets stand hashed, and hashes of passwords sealed besides.

-- Rules of the profile in force (passwords, sessions, tokens); sealed.
CREATE TABLE identity_settings (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    changed BIGINT NOT NULL,
    body    BYTEA NOT NULL
);

-- Persons: members of the tenant, or staff in the operator's own tenant.
CREATE TABLE identity_account (
    id           BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    tag          BYTEA NOT NULL UNIQUE, -- keyed hash of the sign-in name
    state        TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    roles        TEXT NOT NULL, -- names from the profile, sorted, with commas between
    version      BIGINT NOT NULL, -- grows with every change
    created      BIGINT NOT NULL,
    changed      BIGINT NOT NULL,
    must_change  BIGINT NOT NULL CHECK (must_change IN (0, 1)), -- the password has to be changed first
    secret       BYTEA NOT NULL, -- sealed PHC string; empty when there is no password
    secret_at    BIGINT NOT NULL, -- when the password was set; 0 without one
    secret_until BIGINT NOT NULL, -- when an initial password ends; 0 for one's own
    body         BYTEA NOT NULL -- sealed: name, sign-in name, mail address, language
);

-- Signed-in sessions, found by the hash of their secret.
CREATE TABLE identity_session (
    id        BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    hash      BYTEA NOT NULL UNIQUE CHECK (length(hash) = 32),
    account   BYTEA NOT NULL,
    opened    BIGINT NOT NULL,
    seen      BIGINT NOT NULL, -- last use, written in large steps
    ends      BIGINT NOT NULL, -- the absolute limit
    ended     BIGINT NOT NULL, -- when it was ended before its limits; 0 while it lives
    reason    TEXT NOT NULL, -- why it was ended
    assurance BIGINT NOT NULL
);

CREATE INDEX identity_session_by_account ON identity_session (account);
CREATE INDEX identity_session_by_end ON identity_session (ends);

-- Tokens of programs.
CREATE TABLE identity_token (
    id      BYTEA NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    hash    BYTEA NOT NULL CHECK (length(hash) = 32), -- SHA-256 of the secret
    roles   TEXT NOT NULL,
    scope   TEXT NOT NULL, -- collections it may touch; empty: all that its roles reach
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT NOT NULL, -- 0 while it is not
    used    BIGINT NOT NULL, -- the day it was last used, at midnight; 0 never
    body    BYTEA NOT NULL -- sealed: label, who made it
);

-- Failures by keyed hash of a sign-in name or of an address.
CREATE TABLE identity_throttle (
    tag      BYTEA NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    since    BIGINT NOT NULL, -- when the window began
    until    BIGINT NOT NULL, -- refused before this; 0 when not
    ends     BIGINT NOT NULL -- after this the row says nothing any more
);

CREATE INDEX identity_throttle_by_end ON identity_throttle (ends);

-- The one-time link of the first start; only the operator's tenant holds the row.
CREATE TABLE identity_setup (
    one     BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    hash    BYTEA NOT NULL CHECK (length(hash) = 32),
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL -- when the first account was made; 0 before
);
