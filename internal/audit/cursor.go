package audit

import (
	"context"
	"errors"

	"garant.example/internal/clock"
	"garant.example/internal/db"
)

// Cursor returns how far a forwarder has come: the number of the first entry it
// has not delivered. A forwarder reads the log itself from there, at its own pace,
// delivers, and then calls Advance; so it delivers at least once, no write ever
// waits for it, and there is no queue that could fill. One that falls behind the
// log's retention finds Page.PrunedBelow above its cursor.
func (l *Log) Cursor(ctx context.Context, name string) (next uint64, err error) {
	err = l.db.Read(ctx, func(tx db.Tx) error {
		var n int64
		err := tx.Row(`SELECT next_seq FROM audit_cursor WHERE name = ?1`, name).Scan(&n)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		next = uint64(n)
		return err
	})
	return next, err
}

// Advance stores that a forwarder has delivered every entry below next. A cursor
// never goes back.
func (l *Log) Advance(ctx context.Context, name string, next uint64) error {
	return l.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(`INSERT INTO audit_cursor (name, next_seq, at) VALUES (?1, ?2, ?3)
			ON CONFLICT (name) DO UPDATE SET next_seq = excluded.next_seq, at = excluded.at
			WHERE audit_cursor.next_seq < excluded.next_seq`, name, int64(next), clock.Micros(l.now(tx)))
		return err
	})
}
