-- The keyring of one tenant: wrapped keys and nothing else.

-- The ring itself: one row.
CREATE TABLE keyring (
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  tenant      BLOB    NOT NULL CHECK (length(tenant) = 16),
  service     TEXT    NOT NULL, -- the KMS that wrapped the keyset: local, transit, aws
  service_key TEXT    NOT NULL, -- the name of its key
  keyset      BLOB    NOT NULL, -- Tink keyset of the tenant's KEK, wrapped by the service
  version     INTEGER NOT NULL, -- KEK version that wraps new keys
  probe       BLOB    NOT NULL, -- a known text sealed by the KEK: does it open what stands here?
  next_block  INTEGER NOT NULL, -- number of the next block
  next_number INTEGER NOT NULL, -- number of the next named key
  shreds      INTEGER NOT NULL, -- grows with every shredding, so that other nodes forget too
  created_at  INTEGER NOT NULL,
  rotated_at  INTEGER NOT NULL, -- when the present KEK version was made
  wrapped_at  INTEGER NOT NULL  -- when the service last wrapped the keyset
) STRICT;

-- Subjects' keys, made in advance. keys holds size slots of 65 bytes, each wrapped
-- by itself under the KEK; a shredded slot is 65 zero bytes.
CREATE TABLE keyring_block (
  block      INTEGER PRIMARY KEY,
  version    INTEGER NOT NULL, -- KEK version of every slot that is not shredded
  size       INTEGER NOT NULL CHECK (size BETWEEN 1 AND 256),
  handed     INTEGER NOT NULL, -- slots below it may belong to somebody
  leased_at  INTEGER NOT NULL, -- when a process last took the rest of the block
  shredded   INTEGER NOT NULL, -- how many slots are zero
  created_at INTEGER NOT NULL,
  wrapped_at INTEGER NOT NULL,
  keys       BLOB    NOT NULL
) STRICT;

CREATE INDEX keyring_block_by_version ON keyring_block (version);
CREATE INDEX keyring_block_with_rest ON keyring_block (block) WHERE handed < size;

-- Keys that have a name: the log, the configuration, collections, the index, signers.
CREATE TABLE keyring_named (
  number     INTEGER NOT NULL,
  key_version INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  kind       TEXT    NOT NULL CHECK (kind IN ('seal', 'index', 'sign')),
  state      TEXT    NOT NULL CHECK (state IN ('active', 'old', 'retired')),
  version    INTEGER NOT NULL, -- KEK version that wraps it; 0 once retired
  wrapped    BLOB    NOT NULL, -- empty once retired
  public     BLOB    NOT NULL, -- public key of a signer, else empty
  uses       INTEGER NOT NULL, -- seals made with it, counted in large steps
  created_at INTEGER NOT NULL,
  wrapped_at INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL, -- when it stopped sealing, then when it was retired; 0 while active
  PRIMARY KEY (number, key_version)
) STRICT;

CREATE UNIQUE INDEX keyring_named_by_name ON keyring_named (name, key_version);

-- What was shredded, and when: a zero slot without its row is damage.
CREATE TABLE keyring_shred (
  ref INTEGER PRIMARY KEY,
  at  INTEGER NOT NULL
) STRICT;

-- Long work as stored, repeatable steps.
CREATE TABLE keyring_plan (
  id          BLOB    PRIMARY KEY CHECK (length(id) = 16),
  kind        TEXT    NOT NULL CHECK (kind IN ('kek')),
  state       TEXT    NOT NULL CHECK (state IN ('running', 'done')),
  from_version INTEGER NOT NULL,
  to_version  INTEGER NOT NULL,
  total       INTEGER NOT NULL, -- wrapped rows to re-wrap when it began
  done        INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  ended_at    INTEGER NOT NULL
) STRICT;
