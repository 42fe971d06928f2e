package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/spec/tlog"
)

// Checkpoint is a signed head.
type Checkpoint struct {
	Size uint64
	Root Hash
	At   time.Time // when it was signed
	Note []byte    // the signed note of C2SP tlog-checkpoint
}

// ErrNoSigner is returned when the log was opened without a signer.
var ErrNoSigner = errors.New("audit: no signer")

// Checkpoint signs the present head, keeps it, and returns it. When the log has
// not grown since the last one, that one is returned. Signing leaves no entry of
// its own: else the log would never be as long as its checkpoint.
func (l *Log) Checkpoint(ctx context.Context) (Checkpoint, error) {
	if l.opt.Signer == nil {
		return Checkpoint{}, refuse(ErrNoSigner)
	}
	h, err := l.Head(ctx)
	if err != nil {
		return Checkpoint{}, err
	}
	last, err := l.Checkpoints(ctx, h.Size, 1)
	if err != nil {
		return Checkpoint{}, err
	}
	var former []byte
	if len(last) == 1 && last[0].Size == h.Size && last[0].Root == h.Root {
		if _, err := tlog.OpenCheckpoint(last[0].Note, l.origin, l.present()...); err == nil {
			return last[0], nil
		}
		if _, err := tlog.OpenCheckpoint(last[0].Note, l.origin, l.opt.Keys...); err == nil {
			former = last[0].Note
		}
	}
	text := tlog.Checkpoint{Origin: l.origin, Size: h.Size, Root: h.Root}.Text()
	note, err := tlog.Sign(text, l.origin, l.opt.Signer)
	if err != nil {
		return Checkpoint{}, err
	}
	// What a former key signed is signed by the present one as well: whoever is
	// handed it may trust either. Cosignatures stay.
	if former != nil {
		note = append(bytes.Clone(former), bytes.TrimPrefix(note, []byte(text+"\n"))...)
	}
	c := Checkpoint{Size: h.Size, Root: h.Root, Note: note}
	err = l.db.Write(ctx, func(tx db.Tx) error {
		c.At = l.now(tx)
		_, err := tx.Exec(`INSERT INTO audit_checkpoint (size, at, note) VALUES (?1, ?2, ?3)
			ON CONFLICT (size) DO UPDATE SET at = excluded.at, note = excluded.note`, int64(c.Size), clock.Micros(c.At), c.Note)
		return err
	})
	return c, refuse(err)
}

// Checkpoints returns up to limit checkpoints of at most the given size (0: any),
// longest first.
func (l *Log) Checkpoints(ctx context.Context, upTo uint64, limit int) ([]Checkpoint, error) {
	if upTo == 0 {
		upTo = 1<<63 - 1
	}
	var list []Checkpoint
	err := l.db.Read(ctx, func(tx db.Tx) (err error) {
		list, err = readCheckpoints(tx, upTo, limit)
		return err
	})
	return list, err
}

// AddCosigned keeps a checkpoint that came back from a witness with cosignatures,
// in place of the one that was sent. errs.Invalid when it is not a checkpoint of
// this log at a size and root that the log has.
func (l *Log) AddCosigned(ctx context.Context, note []byte) error {
	c, err := tlog.OpenCheckpoint(note, l.origin, l.keys()...)
	if err != nil {
		return errs.New(errs.Invalid, "audit.cosigned").Cause(err)
	}
	root, err := l.Root(ctx, c.Size)
	if err != nil {
		return err
	}
	if root != c.Root {
		return errs.New(errs.Invalid, "audit.cosigned").Cause(tlog.ErrProof)
	}
	return refuse(l.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(`INSERT INTO audit_checkpoint (size, at, note) VALUES (?1, ?2, ?3)
			ON CONFLICT (size) DO UPDATE SET note = excluded.note`, int64(c.Size), clock.Micros(l.now(tx)), note)
		return err
	}))
}

// VerifierKey is the public key of the log's checkpoints in the form that note
// tools and garant-verify read; empty without a signer.
func (l *Log) VerifierKey() string {
	present := l.present()
	if len(present) == 0 {
		return ""
	}
	text, err := tlog.VerifierKey(l.origin, present[0])
	if err != nil {
		return ""
	}
	return text
}

// FormerKeys are the verifier keys of the operator's former keys, the newest first:
// what signed the checkpoints of an older log that somebody kept.
func (l *Log) FormerKeys() []string {
	var list []string
	for _, key := range l.opt.Keys {
		if text, err := tlog.VerifierKey(l.origin, key); err == nil {
			list = append(list, text)
		}
	}
	return list
}

// keys are the public keys whose checkpoints are the log's own, the present first.
func (l *Log) keys() []ed25519.PublicKey {
	return append(l.present(), l.opt.Keys...)
}

// present is the public key of the signer; none without one.
func (l *Log) present() []ed25519.PublicKey {
	if l.opt.Signer == nil {
		return nil
	}
	key, ok := l.opt.Signer.Public().(ed25519.PublicKey)
	if !ok {
		return nil
	}
	return []ed25519.PublicKey{key}
}

func readCheckpoints(tx db.Tx, upTo uint64, limit int) ([]Checkpoint, error) {
	var list []Checkpoint
	for row, err := range tx.Rows(`SELECT size, at, note FROM audit_checkpoint WHERE size <= ?1 ORDER BY size DESC LIMIT ?2`, int64(upTo), int64(limit)) {
		if err != nil {
			return nil, err
		}
		var size, at int64
		var c Checkpoint
		if err := row.Scan(&size, &at, &c.Note); err != nil {
			return nil, err
		}
		c.Size, c.At = uint64(size), clock.FromMicros(at)
		// A note that does not parse is for Verify to tell; here it has no root.
		if text, err := tlog.Unverified(c.Note); err == nil {
			if parsed, err := tlog.ParseCheckpoint(text); err == nil {
				c.Root = parsed.Root
			}
		}
		list = append(list, c)
	}
	return list, nil
}
