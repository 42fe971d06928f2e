package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"garant.example/internal/clock"
	"garant.example/internal/db"
)

const connectTime = 10 * time.Second // how long a change or read waits for a connection

// conns is the bounded set of connections that all databases of a driver share.
type conns struct {
	max int

	mu    sync.Mutex
	open  int           // connections that exist or are being made
	idle  []*session    // the one used least recently first
	freed chan struct{} // closed, and made anew, when there may be room
	// doubted is when a connection was last found dead: the server may have been
	// restarted, and every connection used before it is tried before it is lent.
	doubted time.Time
}

func newConns(max int) *conns { return &conns{max: max, freed: make(chan struct{})} }

// get borrows a connection to the database of config; put or discard ends that.
func (p *conns) get(ctx context.Context, key string, config *pgconn.Config) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	for {
		s, dial, wait := p.take(key)
		if s != nil {
			if p.sound(ctx, s) {
				return s, nil
			}
			p.discard(s)
			continue
		}
		if dial {
			return p.dial(ctx, key, config)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: all %d connections are in use: %w", db.ErrUnavailable, p.max, ctx.Err())
		}
	}
}

// take returns an idle connection of the database, or leave to make one, or
// what to wait for.
func (p *conns) take(key string) (_ *session, dial bool, wait <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if s := p.idle[i]; s.key == key {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return s, false, nil
		}
	}
	if p.open < p.max {
		p.open++
		return nil, true, nil
	}
	if len(p.idle) > 0 { // another database has not used this one for longest
		old := p.idle[0]
		p.idle = append(p.idle[:0], p.idle[1:]...)
		go old.close()
		return nil, true, nil
	}
	return nil, false, p.freed
}

// sound tries a connection that was idle for a while: the server may have gone
// away without a word, and a COMMIT sent then would have an unknown outcome.
func (p *conns) sound(ctx context.Context, s *session) bool {
	if s.dead() {
		return false
	}
	p.mu.Lock()
	doubted := p.doubted
	p.mu.Unlock()
	if clock.System().Now().Sub(s.used) < idleUntried && s.used.After(doubted) {
		return true
	}
	return s.conn.Ping(ctx) == nil
}

func (p *conns) dial(ctx context.Context, key string, config *pgconn.Config) (*session, error) {
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err == nil {
		// An operator may have switched it off for the role or the database.
		err = conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false)
			WHERE current_setting('synchronous_commit') IN ('off', 'local')`).Close()
	}
	if err != nil {
		p.gone()
		return nil, translate(err)
	}
	return &session{key: key, conn: conn, stmts: map[string]*pgconn.StatementDescription{}}, nil
}

// put gives a connection back.
func (p *conns) put(s *session) {
	if s.dead() {
		p.mu.Lock()
		p.doubted = clock.System().Now()
		p.mu.Unlock()
		p.discard(s)
		return
	}
	s.trim(context.Background())
	s.used = clock.System().Now()
	p.mu.Lock()
	p.idle = append(p.idle, s)
	p.wake()
	p.mu.Unlock()
}

// discard closes a connection that is of no more use.
func (p *conns) discard(s *session) {
	s.close()
	p.gone()
}

func (p *conns) gone() {
	p.mu.Lock()
	p.open--
	p.wake()
	p.mu.Unlock()
}

func (p *conns) wake() {
	close(p.freed)
	p.freed = make(chan struct{})
}

// drop closes the idle connections of one database.
func (p *conns) drop(key string) {
	p.mu.Lock()
	var old []*session
	kept := p.idle[:0]
	for _, s := range p.idle {
		if s.key == key {
			old = append(old, s)
		} else {
			kept = append(kept, s)
		}
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	p.open -= len(old)
	p.wake()
	p.mu.Unlock()
	for _, s := range old {
		s.close()
	}
}
