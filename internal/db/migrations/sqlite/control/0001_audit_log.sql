-- The audit log of this database: one Merkle tree (package audit). Everything that
-- tells who did what is sealed; in clear stand class, time, opaque id and hash.

-- All entries of one group commit. first_seq is the number of the first, from 0.
CREATE TABLE audit_segment (
  first_seq INTEGER PRIMARY KEY,
  count     INTEGER NOT NULL CHECK (count > 0),
  at_first  INTEGER NOT NULL, -- µs
  at_last   INTEGER NOT NULL, -- µs
  body      BLOB    NOT NULL
) STRICT;

-- Full tiles: 256 hashes of a level, and the root over them. Never removed.
CREATE TABLE audit_tile (
  level  INTEGER NOT NULL,
  n      INTEGER NOT NULL,
  root   BLOB    NOT NULL,
  hashes BLOB    NOT NULL,
  PRIMARY KEY (level, n)
) STRICT;

CREATE TABLE audit_head (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  size    INTEGER NOT NULL,
  root    BLOB    NOT NULL,
  at_last INTEGER NOT NULL -- time of the last entry, µs
) STRICT;

-- The root of the empty tree is the digest of nothing (RFC 6962).
INSERT INTO audit_head (one, size, root, at_last)
VALUES (1, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0);

CREATE TABLE audit_checkpoint (
  size INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  note BLOB    NOT NULL
) STRICT;

-- Entries below this number were removed after their retention.
CREATE TABLE audit_pruned (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  below INTEGER NOT NULL,
  at    INTEGER NOT NULL
) STRICT;

INSERT INTO audit_pruned (one, below, at) VALUES (1, 0, 0);

-- Leaf data of removed entries that still prove the present state of an object.
CREATE TABLE audit_kept (
  seq  INTEGER PRIMARY KEY,
  leaf BLOB    NOT NULL
) STRICT;

-- How far each forwarder has read.
CREATE TABLE audit_cursor (
  name     TEXT    NOT NULL PRIMARY KEY,
  next_seq INTEGER NOT NULL,
  at       INTEGER NOT NULL
) STRICT;
