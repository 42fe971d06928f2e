package listenersweep

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"garant.example/internal/assurance"
	"garant.example/internal/db"
)

// Messages of PostgreSQL before a session begins.
const (
	askTLS    = 80877103 // SSLRequest
	protocol3 = 196608
)

// database looks at the connection to a PostgreSQL server: the server has to offer
// TLS and to refuse a session without it, and the sessions that are open have to
// be encrypted.
func (r *run) database(ctx context.Context, link assurance.Link) {
	culprit := "link/" + link.Name
	offers, err := speak(ctx, link.Address, request(askTLS, nil))
	if err != nil {
		r.f.Skipped()
		r.f.Miss("listener_sweep.reason.link_unreachable", err)
		return
	}
	r.f.Saw()
	if !link.TLS || !bytes.HasPrefix(offers, []byte("S")) {
		r.f.Fail("listener_sweep.reason.link_plain", culprit)
	}
	answer, err := speak(ctx, link.Address, request(protocol3, []byte("user\x00garant_probe\x00database\x00postgres\x00\x00")))
	if err != nil {
		r.f.Skipped()
		r.f.Miss("listener_sweep.reason.link_unreachable", err)
		return
	}
	r.f.Saw()
	if !refusesPlain(answer) {
		r.f.Fail("listener_sweep.reason.database_plain", culprit)
	}
	r.sessions(ctx, culprit)
}

// request is a first message: its length, a code and the rest.
func request(code uint32, rest []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(rest)))
	return append(binary.BigEndian.AppendUint32(b, code), rest...)
}

const maxFirst = 4096

func speak(ctx context.Context, addr string, message []byte) ([]byte, error) {
	conn, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.Write(message); err != nil {
		return nil, err
	}
	answer := make([]byte, maxFirst)
	n, err := conn.Read(answer)
	if err == io.EOF {
		return nil, nil // hung up
	}
	return answer[:n], err
}

// refusesPlain says whether a server turned a session away because it was not
// encrypted. Another refusal (no such user) comes after the line was accepted.
func refusesPlain(answer []byte) bool {
	if len(answer) == 0 {
		return true
	}
	return answer[0] == 'E' && (bytes.Contains(answer, []byte("pg_hba.conf")) || bytes.Contains(answer, []byte("no encryption")))
}

// sessions asks the servers of the tenants whether our own session is encrypted.
func (r *run) sessions(ctx context.Context, culprit string) {
	for _, t := range r.control.Tenants {
		place, err := r.house.Tenants.KeyringPlace(t.ID)
		if err != nil || place.Engine != db.Postgres {
			continue
		}
		encrypted, err := r.encrypted(ctx, place)
		if err != nil {
			r.f.Skipped()
			r.f.Miss("listener_sweep.reason.link_unreachable", fmt.Errorf("session: %w", err))
			continue
		}
		r.f.Saw()
		if !encrypted {
			r.f.Fail("listener_sweep.reason.link_plain", culprit)
		}
	}
}

func (r *run) encrypted(ctx context.Context, place db.Place) (yes bool, err error) {
	opened, release, err := r.house.Open(ctx, place)
	if err != nil {
		return false, err
	}
	defer release()
	err = opened.Read(ctx, func(tx db.Tx) error {
		return tx.Row(`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`).Scan(&yes)
	})
	return yes, err
}
