package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	maxStmts    = 512              // prepared statements kept per connection
	answerTime  = 60 * time.Second // how long one round trip may take before the connection is given up
	idleUntried = time.Second      // a connection idle for longer is tried before it is trusted
)

// session is one connection and its prepared statements.
type session struct {
	key   string // of the database
	conn  *pgconn.PgConn
	stmts map[string]*pgconn.StatementDescription
	made  int
	used  time.Time // when it was given back
}

// prepare returns the description of a statement, from the server at first use.
func (s *session) prepare(ctx context.Context, sql string) (*pgconn.StatementDescription, error) {
	if sd, ok := s.stmts[sql]; ok {
		return sd, nil
	}
	s.made++
	sd, err := s.conn.Prepare(ctx, "g"+strconv.Itoa(s.made), sql, nil)
	if err != nil {
		return nil, translate(err)
	}
	s.stmts[sql] = sd
	return sd, nil
}

// trim drops all prepared statements when there are too many. It runs between
// transactions, when nothing refers to them.
func (s *session) trim(ctx context.Context) {
	if len(s.stmts) <= maxStmts {
		return
	}
	if err := s.conn.Exec(ctx, "DEALLOCATE ALL").Close(); err == nil {
		clear(s.stmts)
	}
}

// dead says whether the connection is of no more use.
func (s *session) dead() bool { return s.conn.IsClosed() || s.conn.TxStatus() != 'I' }

// close ends the connection without waiting for the server.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	// The server cleans up by itself when it does not hear the farewell.
	_ = s.conn.Close(ctx)
}
