package db

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Bounds shared by the engines.
const (
	// MaxGroup is how many changes one group commit carries at most: enough that
	// a flush is shared widely, small enough that an answer is never held for long.
	MaxGroup = 512
	// Readers is how many reads of one database run at the same time, twice as many
	// on PostgreSQL; more wait.
	Readers = 2
	// Patience is how long a change waits behind a group commit that does not end,
	// because the disk or the server does not answer; then it is refused with
	// ErrUnavailable, and so are those that come, until the group has ended. It is
	// longer than any lock of another node is waited for.
	Patience = 20 * time.Second
)

// More errors of both engines.
var (
	// ErrInUse is returned by Open when another process, or another handle of
	// this one, holds the database.
	ErrInUse = fmt.Errorf("%w: held by another process", ErrUnavailable)
	// ErrMoved is returned when the file of an open database vanished or was
	// replaced by another; nothing is written to it any more.
	ErrMoved = errors.New("db: the file vanished or was replaced")
	// ErrPanic is returned by Write and Read when the function panicked.
	ErrPanic = errors.New("db: the function panicked")
	// ErrUsage is returned when a domain used a transaction in a way that it
	// does not allow: our fault, found by a test.
	ErrUsage = errors.New("db: wrong use")
)

// Stats counts what one open database did since it was opened.
type Stats struct {
	Queued  int    // changes waiting at this moment
	Groups  uint64 // group commits that became durable
	Changes uint64 // changes that became durable
	Reruns  uint64 // groups undone and run again without a change that failed
}

// Counter is implemented by the open databases of both engines.
type Counter interface {
	Stats() Stats
}

// Scrubber is implemented by the open databases of both engines. Scrub brings
// the bytes of rows that were deleted or overwritten out of the database's own
// files, as far as the engine can: after it, SQLite's file and WAL hold no
// former content; PostgreSQL's tables do not, while its own log keeps what it
// keeps. The keyring calls it after a key is destroyed.
type Scrubber interface {
	Scrub(ctx context.Context) error
}
