package db

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Engine is the closed list of database engines.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Family says which set of tables a database holds, hence which migrations.
type Family string

// The families. Their migrations lie in migrations/<engine>/<family>.
const (
	Control   Family = "control"   // tenants, regions, staff schedules, leases
	Placement Family = "placement" // one tenant's data: records, log, accounts
	Keyring   Family = "keyring"   // wrapped keys, nothing else
)

// Errors of both engines, translated at the edge of the driver; match them with
// errors.Is.
var (
	// ErrNoRows is returned by Row.Scan when the query gave no row.
	ErrNoRows = errors.New("db: no rows")
	// ErrConflict is returned when a unique key or another constraint refused.
	ErrConflict = errors.New("db: constraint refused")
	// ErrFull is returned when the disk or the quota is full.
	ErrFull = errors.New("db: no space left")
	// ErrReadOnly is returned when the store cannot be written.
	ErrReadOnly = errors.New("db: read-only")
	// ErrCorrupt is returned when a page or a row is not what was written.
	ErrCorrupt = errors.New("db: corrupt")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("db: closed")
	// ErrUnavailable is returned when the engine cannot be reached.
	ErrUnavailable = errors.New("db: unavailable")
	// ErrUnknownOutcome is returned when the connection broke during a commit:
	// the change may or may not be durable, and the caller must look.
	ErrUnknownOutcome = errors.New("db: outcome unknown")
	// ErrNewer is returned by Open when the database was written by a newer
	// version of Garant.
	ErrNewer = errors.New("db: written by a newer version")
	// ErrMissing is returned by Open when the database does not exist.
	ErrMissing = errors.New("db: does not exist")
)

// DB is one open database. It is safe for concurrent use.
type DB interface {
	Engine() Engine

	// Write runs change in the next group commit and returns once it is
	// durable. change may run more than once (another change of the group may
	// have to be undone), so it must do nothing outside the transaction that it
	// would mind doing twice. When change returns an error, that error is
	// returned and nothing of it remains. A context that ends while the change
	// waits in the queue withdraws it; once it runs, Write waits for the outcome.
	// ErrUnavailable when it waited for Patience behind a group that does not end.
	Write(ctx context.Context, change func(Tx) error) error

	// Read runs fn on one consistent snapshot. It sees every change that was
	// acknowledged before Read was called. It never waits for the writer.
	Read(ctx context.Context, fn func(Tx) error) error

	// ReadOne is Read for a function that runs one SELECT and no more: one
	// statement has one snapshot by itself, and PostgreSQL answers in one round
	// trip. Anything else is ErrUsage.
	ReadOne(ctx context.Context, fn func(Tx) error) error

	// Local returns the value kept under key in the memory of this open
	// database, made by make at first use. It is forgotten when the database is
	// closed. The audit log keeps its right edge here.
	Local(key any, make func() any) any

	// Check asks the engine whether the pages are sound; ErrCorrupt if not.
	Check(ctx context.Context) error

	// Files names every file in which bytes of this database may lie (database,
	// WAL, shared memory, temporary). Empty when the engine keeps them elsewhere.
	Files() []string

	// Close ends the writer after the changes already accepted and releases
	// everything.
	Close() error
}

// Tx is a transaction as a domain sees it. It is not safe for concurrent use and
// is not to be kept after the function it was given to.
type Tx interface {
	Engine() Engine
	Context() context.Context

	// Now is the one time of this transaction.
	Now() time.Time

	// Exec runs a statement and returns how many rows it touched.
	Exec(query string, args ...any) (int64, error)

	// Queue hands over a statement whose result nobody needs. SQLite runs it at
	// once; PostgreSQL sends it with the rest of the group in one round trip, and
	// an error then appears as the result of Write.
	Queue(query string, args ...any) error

	// Row runs a query of which the first row matters.
	Row(query string, args ...any) Row

	// Rows runs a query. The loop must look at the error of each step:
	// for row, err := range tx.Rows(…) { … }.
	Rows(query string, args ...any) iter.Seq2[Row, error]

	// Join returns the finisher that this group commit keeps under key, made by
	// make at first use. It panics outside Write.
	Join(key any, make func() Finisher) Finisher
}

// Row gives the columns of one row. Destinations are *int64, *string, *[]byte
// (a copy), *bool, *float64, and pointers to those pointers where NULL may be.
type Row interface {
	Scan(dest ...any) error
}

// Finisher writes what a group commit needs once, however many changes it
// carries: the audit log's segment, for example.
type Finisher interface {
	// Finish runs after the last change and before the commit, in the same
	// transaction. An error undoes the whole group.
	Finish(Tx) error
	// Done runs after the outcome is known; durable says whether the group is.
	Done(durable bool)
}

// Place says where a database is. Its DSN may hold a password: it prints as
// redacted.
type Place struct {
	Engine Engine
	Family Family
	Path   string // SQLite: the file
	DSN    Secret // PostgreSQL: the server
	Name   string // PostgreSQL: the database on that server
}

// Secret is a text that prints as redacted.
type Secret string

// String hides the text.
func (Secret) String() string { return "**redacted**" }

// GoString hides the text.
func (Secret) GoString() string { return "**redacted**" }

// MarshalText hides the text from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte("**redacted**"), nil }

// Reveal returns the text; each use is a place where a secret leaves.
func (s Secret) Reveal() string { return string(s) }

// Driver opens databases of one engine.
type Driver interface {
	// Open opens the database at place and brings its tables up to date.
	// It returns ErrMissing, ErrNewer, ErrReadOnly, ErrCorrupt, ErrUnavailable.
	Open(ctx context.Context, place Place) (DB, error)
	// Create makes the database; it does nothing when it exists.
	Create(ctx context.Context, place Place) error
	// Drop removes the database and all its files. It must be closed.
	Drop(ctx context.Context, place Place) error
}
