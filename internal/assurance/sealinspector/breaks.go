package sealinspector

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"path/filepath"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/profile"
	"garant.example/internal/vault"
)

// breaks are the sabotages, each on one object of the canary.
func breaks() map[id.Name]assurance.Break {
	return map[id.Name]assurance.Break{
		"wywm-integrity":    flip,
		"wywm-aes256":       halfKey,
		"weg-aes-sha":       halfKey,
		"wywm-kms":          localCopy,
		"wywm-key-rotation": grow,
		"weg-segment":       otherOwner,
	}
}

// target is the object that a sabotage is done to, and where it lies.
type target struct {
	vault.Stored
	at   assurance.At
	ring *keys.Ring
}

// first finds an object of the canary.
func first(ctx context.Context, c assurance.Control, s *assurance.Stage) (target, error) {
	ring, err := s.House.Rings.Open(ctx, c.Canary.ID)
	if err != nil {
		return target{}, err
	}
	for _, p := range c.Canary.Placements {
		for o, err := range s.House.Vault.Stored(ctx, c.Canary, p.Name) {
			if err != nil {
				return target{}, err
			}
			if o.AD != nil {
				o.Body, o.AD = bytes.Clone(o.Body), bytes.Clone(o.AD)
				return target{o, assurance.At{Tenant: c.Canary.ID, Placement: p.Name}, ring}, nil
			}
		}
	}
	return target{}, errNoObject
}

// replace puts another body in the place of the object's own.
func (t target) replace(ctx context.Context, s *assurance.Stage, body []byte) error {
	const put = `UPDATE vault_record SET body = ?2 WHERE id = ?1 AND body = ?3`
	rec := assurance.B(t.ID.Raw[:])
	return s.SQL(ctx, t.at, []assurance.Sentence{{SQL: put, Args: []assurance.Arg{rec, assurance.B(body), assurance.B(t.Body)}}},
		[]assurance.Sentence{{SQL: put, Args: []assurance.Arg{rec, assurance.B(t.Body), assurance.B(body)}}})
}

// flip turns one bit of a stored object.
func flip(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	t, err := first(ctx, c, s)
	if err != nil {
		return err
	}
	body := bytes.Clone(t.Body)
	body[len(body)-tagSize-1] ^= 1
	return t.replace(ctx, s, body)
}

// saysAES128 is a header's word for a cipher that no profile allows.
const saysAES128 = 2

// halfKey seals an object under a key of 128 bits.
func halfKey(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	t, err := first(ctx, c, s)
	if err != nil {
		return err
	}
	plain, err := t.ring.Open(nil, t.Body, t.AD)
	if err != nil {
		return err
	}
	defer clear(plain)
	header := bytes.Clone(t.Body[:headerSize])
	header[algorithm] = saysAES128
	secret, nonce := make([]byte, 16), make([]byte, nonceSize)
	rand.Read(secret)
	rand.Read(nonce)
	body, err := encode(secret, header, nonce, plain, c.Canary.ID, t.AD)
	if err != nil {
		return err
	}
	return t.replace(ctx, s, body)
}

// otherOwner seals an object anew in another customer's name, under its own key.
func otherOwner(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	t, err := first(ctx, c, s)
	if err != nil {
		return err
	}
	next := s.House.Tenants.Operator()
	for _, other := range c.Tenants {
		if other.ID != c.Canary.ID {
			next = other.ID
		}
	}
	var body []byte
	err = t.ring.Lend(ctx, t.Body, func(secret []byte) (err error) {
		plain, err := decode(secret, t.Body, c.Canary.ID, t.AD)
		if err != nil {
			return err
		}
		defer clear(plain)
		nonce := make([]byte, nonceSize)
		rand.Read(nonce)
		body, err = encode(secret, t.Body, nonce, plain, next, rebound(t.AD, next))
		return err
	})
	if err != nil {
		return err
	}
	return t.replace(ctx, s, body)
}

// localCopy leaves a data key on the disk, unwrapped, and lets the key service say
// no: what the service guarded still opens.
func localCopy(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	t, err := first(ctx, c, s)
	if err != nil {
		return err
	}
	err = t.ring.Lend(ctx, t.Body, func(secret []byte) error {
		return s.File(filepath.Join(s.House.Dir, "data.key"), []byte(hex.EncodeToString(secret)+"\n"))
	})
	if err != nil {
		return err
	}
	cloud := s.Faults.Cloud()
	if cloud == nil {
		return nil // a demo without a provider: the key on the disk is the gap
	}
	return s.Fault("denial", func(name string) error { cloud.Deny(name); return nil })
}

// past is how far behind its renewal a key is put.
const past = 30 * day

// grow makes the canary's wrapping key older than it may be, as if nobody had
// rotated it and the clock had gone on.
func grow(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	age, err := c.Parameters().Span("key_age")
	if err != nil {
		return err
	}
	by := lengthOf(age) + lengthOf(c.Promise.Control.Allowance()) + past
	about, err := s.House.Rings.Status(ctx, c.Canary.ID)
	if err != nil {
		return err
	}
	// A key that was rotated meanwhile is as old as it is: there is nothing to put back.
	const put = `UPDATE keyring SET rotated_at = ?2 WHERE one = 1 AND rotated_at = ?1`
	was, old := assurance.N(clock.Micros(about.Rotated)), assurance.N(clock.Micros(about.Rotated.Add(-by)))
	return s.SQL(ctx, assurance.At{Tenant: c.Canary.ID},
		[]assurance.Sentence{{SQL: put, Args: []assurance.Arg{was, old}}},
		[]assurance.Sentence{{SQL: put, Args: []assurance.Arg{old, was}}})
}

// lengthOf is a span counted from some day.
func lengthOf(s profile.Span) time.Duration {
	from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return s.After(from).Sub(from)
}
