-- Rotations of data keys as stored, repeatable steps: of the collections' keys, or of
-- the subjects'. What is sealed under which key is read from the sealed texts
-- themselves; a row here says only how far the work has come.
CREATE TABLE keyring_rotation (
  id         BLOB    PRIMARY KEY CHECK (length(id) = 16),
  level      TEXT    NOT NULL CHECK (level IN ('collections', 'subjects')),
  state      TEXT    NOT NULL CHECK (state IN ('running', 'done')),
  phase      TEXT    NOT NULL CHECK (phase IN ('keys', 'rows', 'done')),
  single     INTEGER NOT NULL, -- 1: the key of one subject only
  last_row   INTEGER NOT NULL, -- the last subject's row that has a new key
  total      INTEGER NOT NULL, -- rows when it began
  done       INTEGER NOT NULL,
  erased     INTEGER NOT NULL, -- rows whose key was shredded: nothing to seal anew
  destroyed  INTEGER NOT NULL, -- old keys destroyed
  trouble    TEXT    NOT NULL, -- why the last run stopped; empty while all is well
  trouble_at TEXT    NOT NULL, -- where
  started_at INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX keyring_rotation_running ON keyring_rotation (level) WHERE state = 'running';

-- Subjects' keys that are being replaced. Whose they are stands in the tenant's own
-- database alone.
CREATE TABLE keyring_move (
  old_ref INTEGER PRIMARY KEY,
  new_ref INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX keyring_move_new ON keyring_move (new_ref);
