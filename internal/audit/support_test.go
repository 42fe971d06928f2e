package audit_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"garant.example/internal/actor"
	"github.com/go-json-experiment/json"

	"garant.example/internal/audit"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/db/postgres"
	"garant.example/internal/db/sqlite"
	"garant.example/internal/id"
	"garant.example/internal/spec/tlog"
	"garant.example/testkit/pgserver"
)

const origin = "garant.example/t/test/primary"

// sealer is AES-256-GCM with random nonces, as package keys does it.
type sealer struct{ aead cipher.AEAD }

func newSealer(tb testing.TB) sealer {
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	check(tb, err)
	aead, err := cipher.NewGCM(block)
	check(tb, err)
	return sealer{aead}
}

func (s sealer) Seal(dst, plaintext, ad []byte) ([]byte, error) {
	var nonce [12]byte
	rand.Read(nonce[:])
	return s.aead.Seal(append(dst, nonce[:]...), nonce[:], plaintext, ad), nil
}

func (s sealer) Open(dst, sealed, ad []byte) ([]byte, error) {
	if len(sealed) < 12 {
		return nil, errors.New("too short")
	}
	return s.aead.Open(dst, sealed[:12], sealed[12:], ad)
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// engine is what a test runs on.
type engine struct {
	name string
	open func(tb testing.TB) db.DB
}

func engines() []engine {
	return []engine{{"sqlite", openSQLite}, {"postgres", openPostgres}}
}

func openPostgres(tb testing.TB) db.DB {
	tb.Helper()
	driver := postgres.New(postgres.Options{})
	place := pgserver.Start(tb).Place(tb, db.Placement)
	check(tb, driver.Create(context.Background(), place))
	return opened(tb, driver, place)
}

func opened(tb testing.TB, driver db.Driver, place db.Place) db.DB {
	tb.Helper()
	d, err := driver.Open(context.Background(), place)
	check(tb, err)
	tb.Cleanup(func() { check(tb, d.Close()) })
	return d
}

func openSQLite(tb testing.TB) db.DB {
	tb.Helper()
	driver := sqlite.New(sqlite.Options{})
	place := db.Place{Engine: db.SQLite, Family: db.Placement, Path: filepath.Join(tb.TempDir(), "log.db")}
	check(tb, driver.Create(context.Background(), place))
	return opened(tb, driver, place)
}

// fixture is a log on a fresh database.
type fixture struct {
	*audit.Log
	db    db.DB
	opt   audit.Options
	clock *clock.Fake
	key   ed25519.PrivateKey
}

func newFixture(tb testing.TB, database db.DB) *fixture {
	tb.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	check(tb, err)
	f := &fixture{db: database, clock: clock.NewFake(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)), key: key}
	f.opt = audit.Options{Origin: origin, Sealer: newSealer(tb), Signer: key, Clock: f.clock}
	f.Log = audit.Open(database, f.opt)
	return f
}

// eachEngine runs a test on both engines, each with a fresh log.
func eachEngine(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) { test(t, newFixture(t, e.open(t))) })
	}
}

// entry is a complete one.
func entry(op audit.Operation, object id.Raw) audit.Entry {
	return audit.Entry{
		Actor: audit.ActorOf(actor.Platform("test")), Operation: op, Object: object, Kind: "record",
		Collection: "participants", Purpose: "support", Outcome: audit.Done, Request: id.NewRequest(),
		Fields: []id.Name{"email", "name"}, Detail: map[string]string{"b": "2", "a": "1"},
	}
}

// fill appends n reads in groups of at most size.
func (f *fixture) fill(tb testing.TB, n, size int) {
	tb.Helper()
	object := id.NewRecord().Raw
	for n > 0 {
		batch := make([]audit.Entry, min(n, size))
		for i := range batch {
			batch[i] = entry(audit.RecordRead, object)
		}
		_, err := f.Append(context.Background(), batch...)
		check(tb, err)
		n -= len(batch)
	}
}

func platform() actor.Actor { return actor.Platform("retention") }

func leafObject() id.Raw { return id.NewRun().Raw }

func (f *fixture) sign(text string) ([]byte, error) { return tlog.Sign(text, origin, f.key) }

func decode(b []byte, v any) error { return json.Unmarshal(b, v) }

func marshal[T casefile.Inclusion | casefile.Consistency | casefile.Evidence](tb testing.TB, v T) []byte {
	tb.Helper()
	b, err := casefile.Marshal(v)
	check(tb, err)
	return b
}

func leafHash(data []byte) audit.Hash { return tlog.LeafHash(data) }

// split cuts every segment into one row per entry.
func (f *fixture) split(tb testing.TB) {
	tb.Helper()
	ctx := context.Background()
	h, err := f.Head(ctx)
	check(tb, err)
	for first := int64(0); first < int64(h.Size); {
		check(tb, f.db.Write(ctx, func(tx db.Tx) error {
			var body []byte
			var count, at, last int64
			if err := tx.Row(`SELECT count, at_first, at_last, body FROM audit_segment WHERE first_seq = ?1`, first).Scan(&count, &at, &last, &body); err != nil {
				return err
			}
			if _, err := tx.Exec(`DELETE FROM audit_segment WHERE first_seq = ?1`, first); err != nil {
				return err
			}
			for i := range count {
				n := 92 + int(body[58])<<8 + int(body[59])
				if err := tx.Queue(`INSERT INTO audit_segment (first_seq, count, at_first, at_last, body) VALUES (?1, 1, ?2, ?3, ?4)`, first+i, at, last, body[:n]); err != nil {
					return err
				}
				body = body[n:]
			}
			first += count
			return nil
		}))
	}
}
