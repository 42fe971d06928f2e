package server_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"garant.example/client"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
	"garant.example/testkit/pgserver"
)

// roleServe serves until it is killed. It says its address, and then every
// checkpoint that it signs under load: each must hold in all later lives.
func roleServe(s site) error {
	ctx := context.Background()
	h, _, err := s.open(ctx, os.Stderr)
	if err != nil {
		return err
	}
	r, err := server.Serve(ctx, h, server.Serving{Listen: "127.0.0.1:0", Lang: "en"})
	if err != nil {
		return err
	}
	fmt.Println(r.URL())
	town, err := h.Tenants.Named("town")
	if err != nil {
		return err
	}
	for range time.Tick(20 * time.Millisecond) {
		log, release, err := h.Tenants.Log(house.Platform(), town, tenant.Main)
		if err != nil {
			continue // the database is away; the next tick asks again
		}
		if c, err := log.Checkpoint(house.Platform()); err == nil {
			fmt.Println(base64.StdEncoding.EncodeToString(c.Note))
		}
		release()
	}
	return nil
}

// person is one record as its only client knows it: what was acknowledged, and
// what may or may not have happened.
type person struct {
	mail, name, id, etag string
	leaf                 uint64 // of the creation
	updates, reads       int    // acknowledged
	gone                 bool
	doubt                string // the operation whose answer never came; nothing is asked of it after
	newName              string // with doubt "update"
}

// load is what clients did over all lives of the platform.
type load struct {
	hands  [][]*person // of each client, its own
	serial atomic.Int64
	acks   atomic.Int64
}

const clients = 6

// run works with all clients until every one of them met an error, and calls
// enough once goal answers came.
func (l *load) run(t *testing.T, c *client.Client, goal int64, enough func()) {
	t.Helper()
	people := c.Tenant("town").Collection("participants")
	from := l.acks.Load()
	var once sync.Once
	var told atomic.Bool
	var wg sync.WaitGroup
	for i := range l.hands {
		wg.Go(func() {
			for {
				if err := l.step(t.Context(), people, i); err != nil {
					if !told.Load() {
						t.Errorf("an error before the fault: %v", err)
						once.Do(enough)
					}
					return
				}
				if l.acks.Add(1)-from >= goal {
					once.Do(func() { told.Store(true); enough() })
				}
			}
		})
	}
	wg.Wait()
}

// step does one thing: mostly creations, with changes, reads and deletions of what
// the same client created.
func (l *load) step(ctx context.Context, people *client.Collection, hand int) error {
	mine := l.hands[hand]
	dice := rand.IntN(10)
	if len(mine) == 0 || dice < 5 {
		return l.create(ctx, people, hand)
	}
	p := mine[rand.IntN(len(mine))]
	if p.gone || p.doubt != "" {
		return l.create(ctx, people, hand)
	}
	switch {
	case dice < 7:
		return p.update(ctx, people, fmt.Sprintf("Name %d", l.serial.Add(1)))
	case dice < 9:
		rec, err := people.Get(ctx, p.id, "support")
		if err != nil {
			p.doubt = "read"
			return err
		}
		p.reads++
		return p.matches(rec.Fields)
	default:
		if err := people.Delete(ctx, p.id, p.etag); err != nil {
			p.doubt = "delete"
			return err
		}
		p.gone = true
		return nil
	}
}

func (l *load) create(ctx context.Context, people *client.Collection, hand int) error {
	n := l.serial.Add(1)
	p := &person{mail: fmt.Sprintf("p%d@example.org", n), name: fmt.Sprintf("Person %d", n), doubt: "create"}
	l.hands[hand] = append(l.hands[hand], p)
	rec, err := people.Create(ctx, client.NewRecord{Fields: fmt.Appendf(nil,
		`{"email":%q,"display_name":%q,"phone":"+1418%07d","standing":"registered"}`, p.mail, p.name, n)})
	if err != nil {
		return err
	}
	p.id, p.etag, p.leaf, p.doubt = rec.ID, rec.ETag, rec.Leaf, ""
	return nil
}

func (p *person) update(ctx context.Context, people *client.Collection, name string) error {
	p.newName = name
	rec, err := people.Update(ctx, p.id, p.etag, fmt.Appendf(nil, `{"display_name":%q}`, name))
	if err != nil {
		p.doubt = "update"
		return err
	}
	p.name, p.etag = name, rec.ETag
	p.updates++
	return nil
}

var errOther = errors.New("the fields are not those that were acknowledged")

// matches compares the fields that were read with those that are known.
func (p *person) matches(fields []byte) error {
	var got struct {
		Email string `json:"email"`
		Name  string `json:"display_name"`
	}
	if err := json.Unmarshal(fields, &got); err != nil {
		return err
	}
	if got.Email != p.mail || got.Name != p.name && (p.doubt != "update" || got.Name != p.newName) {
		return fmt.Errorf("%w: %s %s", errOther, p.mail, fields)
	}
	return nil
}

// The platform is killed at random moments under load. After each death an
// independent check holds every answer against the disk.
func TestCrashKillLoop(t *testing.T) {
	s := site{Dir: t.TempDir()}
	killLoop(t, &s, 10, nil)
}

// The same on PostgreSQL, where once the database dies first: the platform must
// refuse, come back by itself, and lose nothing of either death.
func TestCrashKillLoopPostgres(t *testing.T) {
	pg := pgserver.Own(t)
	s := site{Dir: t.TempDir(), DSN: pg.DSN().Reveal()}
	killLoop(t, &s, 10, pg)
}

func killLoop(t *testing.T, s *site, rounds int, pg *pgserver.Server) {
	if err := s.found(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := &load{hands: make([][]*person, clients)}
	w := newWitness()
	for round := range rounds {
		c := s.child(t, "serve")
		api := s.client(t, c.url)
		if pg != nil && round == rounds/2 {
			l.run(t, api, 100, pg.Kill)
			if err := pg.Up(); err != nil {
				t.Fatal(err)
			}
			if !l.recovers(t, api) {
				t.Fatalf("it does not come back with its database: %s", c.stderr)
			}
		}
		var said []string
		l.run(t, api, 30+rand.Int64N(500), func() { said = c.kill(t) })
		w.heard(t, said)
		w.check(t, *s, l, fmt.Sprintf("round %d", round))
		if t.Failed() {
			t.Fatalf("what it logged: %s", tail(c.stderr.String()))
		}
	}
	if n := l.acks.Load(); n < int64(rounds)*30 {
		t.Errorf("only %d answers came", n)
	}
	t.Logf("%d answers, %d checkpoints kept outside, %d keys seen", l.acks.Load(), len(w.notes), len(w.keys))
}

// recovers asks until an answer comes: the database is up again, so one must.
func (l *load) recovers(t *testing.T, c *client.Client) bool {
	for range 200 {
		if l.create(t.Context(), c.Tenant("town").Collection("participants"), 0) == nil {
			return true
		}
	}
	return false
}

func tail(s string) string { return s[max(0, len(s)-4000):] }
