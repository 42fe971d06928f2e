package logverifier

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"garant.example/internal/actor"
	"garant.example/internal/assurance"
	"garant.example/internal/audit"
	"garant.example/internal/audit/casefile"
	"garant.example/internal/audit/leaf"
	"garant.example/internal/db"
	"garant.example/internal/tenant"
)

// What stands where in a segment's body, behind each entry's header (package audit).
const (
	lengthAt     = leaf.HeaderSize
	commitmentAt = lengthAt + 2
	sealedAt     = commitmentAt + 32
)

var errNoEntry = errors.New("logverifier: the canary's log holds no entry")

// segment is a row of a log as it lies in the database.
type segment struct {
	first int64
	body  []byte
}

// breakEntry changes one byte of an entry, on the disk.
func breakEntry(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	old, err := firstSegment(ctx, c, s.House)
	if err != nil {
		return err
	}
	changed := slices.Clone(old.body)
	changed[len(changed)-1] ^= 1
	return replace(ctx, c, s, old, changed)
}

// breakOrigin writes the first entry of the canary's log anew, sealed as it should
// be, with nobody as its origin.
func breakOrigin(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	old, err := firstSegment(ctx, c, s.House)
	if err != nil {
		return err
	}
	log, release, err := s.House.Tenants.Log(ctx, c.Canary, tenant.Main)
	if err != nil {
		return err
	}
	release()
	sealer, err := s.House.Tenants.Sealer(ctx, c.Canary.ID, "log")
	if err != nil {
		return err
	}
	end := sealedAt + int(binary.BigEndian.Uint16(old.body[lengthAt:]))
	if len(old.body) < end {
		return errNoEntry
	}
	header, ad := old.body[:leaf.HeaderSize], leaf.AppendAD(nil, log.Origin(), uint64(old.first), old.body[:leaf.HeaderSize])
	details, err := sealer.Open(nil, old.body[sealedAt:end], ad)
	if err != nil {
		return err
	}
	if details, err = nobody(header, details); err != nil {
		return err
	}
	sealed, err := sealer.Seal(nil, details, ad)
	if err != nil {
		return err
	}
	commitment := leaf.Commitment(details)
	body := binary.BigEndian.AppendUint16(slices.Clone(header), uint16(len(sealed)))
	body = append(append(body, commitment[:]...), sealed...)
	return replace(ctx, c, s, old, append(body, old.body[end:]...))
}

// nobody takes the origin out of an entry.
func nobody(header, details []byte) ([]byte, error) {
	h, err := leaf.ParseHeader(header)
	if err != nil {
		return nil, err
	}
	entry, err := leaf.Decode(h, details)
	if err != nil {
		return nil, err
	}
	entry.Actor = audit.Actor{Kind: actor.Member}
	out, _, err := leaf.AppendDetails(nil, [leaf.SaltSize]byte(details), &entry, nil)
	return out, err
}

func firstSegment(ctx context.Context, c assurance.Control, h *assurance.House) (seg segment, err error) {
	place, err := h.Tenants.PlacementPlace(c.Canary, tenant.Main)
	if err != nil {
		return seg, err
	}
	database, release, err := h.Open(ctx, place)
	if err != nil {
		return seg, err
	}
	defer release()
	err = database.Read(ctx, func(tx db.Tx) error {
		return tx.Row(`SELECT first_seq, body FROM audit_segment ORDER BY first_seq LIMIT 1`).Scan(&seg.first, &seg.body)
	})
	if err == nil && len(seg.body) <= sealedAt {
		err = errNoEntry
	}
	return seg, err
}

func replace(ctx context.Context, c assurance.Control, s *assurance.Stage, old segment, body []byte) error {
	line := func(b []byte) []assurance.Sentence {
		return []assurance.Sentence{{SQL: `UPDATE audit_segment SET body = ?1 WHERE first_seq = ?2`,
			Args: []assurance.Arg{assurance.B(b), assurance.N(old.first)}}}
	}
	return s.SQL(ctx, assurance.MainOf(c.Canary), line(body), line(old.body))
}

// breakBundle has the canary's case bundles handed out with one entry taken out.
func breakBundle(_ context.Context, c assurance.Control, s *assurance.Stage) error {
	for _, of := range []string{string(c.Canary.Slug), c.Canary.ID.String()} {
		err := s.Fault("bundle-"+of, func(name string) error {
			s.Faults.Route(name, http.MethodGet, bundlePath(of), func(w http.ResponseWriter, r *http.Request) {
				shorten(w, r, c.Canary, s.House)
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// shorten serves a real bundle without one of its entries, to whoever is signed in.
func shorten(w http.ResponseWriter, r *http.Request, t tenant.Tenant, h *assurance.House) {
	ctx := r.Context()
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if who, _, err := h.Identity.Resume(ctx, bearer); err != nil || who.Tenant != t.ID {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	log, release, err := h.Tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer release()
	var whole bytes.Buffer
	_, err = log.Bundle(ctx, &whole, audit.Period{})
	short := whole.Bytes()
	if err == nil {
		short, err = without(short)
	}
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	_, _ = w.Write(short) // nobody is there any more
}

// without takes one entry out of a bundle and leaves the rest as it is.
func without(bundle []byte) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	next := zip.NewWriter(&out)
	for _, file := range archive.File {
		r, err := file.Open()
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		if file.Name == casefile.EntriesName {
			lines := slices.Collect(bytes.Lines(body))
			middle := len(lines) / 2
			body = bytes.Join(slices.Delete(lines, middle, min(middle+1, len(lines))), nil)
		}
		w, err := next.Create(file.Name)
		if err == nil {
			_, err = w.Write(body)
		}
		if err != nil {
			return nil, err
		}
	}
	err = next.Close()
	return out.Bytes(), err
}
