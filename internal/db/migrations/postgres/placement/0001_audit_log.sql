-- The audit log of this database: one Merkle tree (package audit). Everything that
-- tells who did what is sealed; in clear stand class, time, opaque id and hash.

-- All entries of one group commit. first_seq is the number of the first, from 0.
CREATE TABLE audit_segment (
  first_seq bigint PRIMARY KEY,
  count     bigint NOT NULL CHECK (count > 0),
  at_first  bigint NOT NULL, -- µs
  at_last   bigint NOT NULL, -- µs
  body      bytea  NOT NULL
);

-- Sealed bytes do not compress.
ALTER TABLE audit_segment ALTER COLUMN body SET STORAGE EXTERNAL;

-- Full tiles: 256 hashes of a level, and the root over them. Never removed.
CREATE TABLE audit_tile (
  level  bigint NOT NULL,
  n      bigint NOT NULL,
  root   bytea  NOT NULL,
  hashes bytea  NOT NULL,
  PRIMARY KEY (level, n)
);

ALTER TABLE audit_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE audit_head (
  one     bigint PRIMARY KEY CHECK (one = 1),
  size    bigint NOT NULL,
  root    bytea  NOT NULL,
  at_last bigint NOT NULL -- time of the last entry, µs
);

-- The root of the empty tree is the digest of nothing (RFC 6962).
INSERT INTO audit_head (one, size, root, at_last)
VALUES (1, 0, '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0);

CREATE TABLE audit_checkpoint (
  size bigint PRIMARY KEY,
  at   bigint NOT NULL,
  note bytea  NOT NULL
);

-- Entries below this number were removed after their retention.
CREATE TABLE audit_pruned (
  one   bigint PRIMARY KEY CHECK (one = 1),
  below bigint NOT NULL,
  at    bigint NOT NULL
);

INSERT INTO audit_pruned (one, below, at) VALUES (1, 0, 0);

-- Leaf data of removed entries that still prove the present state of an object.
CREATE TABLE audit_kept (
  seq  bigint PRIMARY KEY,
  leaf bytea  NOT NULL
);

-- How far each forwarder has read.
CREATE TABLE audit_cursor (
  name     text   NOT NULL PRIMARY KEY,
  next_seq bigint NOT NULL,
  at       bigint NOT NULL
);
