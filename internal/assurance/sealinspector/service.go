package sealinspector

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"garant.example/internal/assurance/rawscan"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/keys"
)

// serviceName says how a profile's word for a key service is known inside.
func serviceName(word string) string {
	switch word {
	case "aws-kms":
		return "aws"
	case "vault-transit":
		return "transit"
	}
	return word
}

// services asks the key service of every tenant of the profile: in the tenant's name,
// which must succeed, and in another's, which must be refused.
func (r *run) services(ctx context.Context) error {
	for _, t := range r.control.Tenants {
		about, err := r.house.Rings.Status(ctx, t.ID)
		if err != nil {
			return err
		}
		want := serviceName(r.plan.kms)
		if about.Service != want || about.ConfiguredService != want {
			r.finding.Fail("seal_inspector.reason.service", t.ID.String())
		}
		got, err := r.house.Rings.Challenge(ctx, t.ID)
		if err != nil {
			r.finding.Miss("seal_inspector.reason.unreachable", err)
			r.finding.Skipped()
			continue
		}
		r.finding.Saw()
		switch {
		case got.Right == nil && got.Wrong == nil:
			r.finding.Fail("seal_inspector.reason.any_name", t.ID.String())
		case got.Right == nil && about.Refused != nil:
			r.house.Rings.Revoke(t.ID) // the service agrees again: forget that it did not
		case got.Right != nil && got.Reason.Closed():
			r.denied(ctx, t.ID, about, got.Right)
		case got.Right != nil:
			r.finding.Miss("seal_inspector.reason.unreachable", got.Right)
		}
	}
	r.finding.Say("service", r.plan.kms)
	return nil
}

// denied judges a ring whose service says no: what is in memory may serve until the
// next question is due, and not a moment longer.
func (r *run) denied(ctx context.Context, t id.Tenant, about keys.Status, why error) {
	due := about.Open && r.now.Sub(about.Confirmed) > about.ProbePeriod
	if _, err := r.house.Rings.Open(ctx, t); err == nil && due {
		r.finding.Fail("seal_inspector.reason.still_opens", t.String())
		return
	}
	r.finding.Miss("seal_inspector.reason.denied", why)
}

// Bounds of the search for keys.
const (
	maxLent  = 64       // keys of the canary that are searched for byte by byte
	maxLocks = 64       // objects on which a key that lies about is tried
	maxSmall = 64 << 10 // bytes of a file that may be a key file
	maxTried = 4096     // texts in one file that may be keys
	keyBytes = 32
)

// unwrapped searches every file of the platform for keys that lie about in clear:
// for the canary's own, byte by byte, and for whatever looks like a key and opens
// what the canary stores. The second needs no answer of the key service.
func (r *run) unwrapped(ctx context.Context) error {
	locks, refs, err := r.locks(ctx)
	if err != nil {
		return err
	}
	patterns := r.lent(ctx, locks)
	defer func() {
		for _, p := range patterns {
			clear(p)
		}
	}()
	set := rawscan.New(patterns)
	buffer := make([]byte, rawscan.Chunk)
	files := 0
	for _, root := range r.roots() {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && !d.Type().IsRegular() {
				return nil
			}
			if err != nil {
				return err
			}
			files++
			found, err := r.inFile(path, set, buffer, locks)
			if found >= 0 {
				r.finding.Fail("seal_inspector.reason.raw_key", refs[found])
			}
			return err
		})
		if err != nil {
			r.finding.Miss("seal_inspector.reason.unread", err)
		}
	}
	r.finding.Measure("files", float64(files), "")
	return nil
}

// roots are the folders of the platform.
func (r *run) roots() []string {
	list := []string{filepath.Clean(r.house.Dir)}
	for _, region := range r.house.Tenants.Regions() {
		rel, err := filepath.Rel(r.house.Dir, region.Dir)
		if region.Dir != "" && (err != nil || !filepath.IsLocal(rel)) {
			list = append(list, filepath.Clean(region.Dir))
		}
	}
	return list
}

// lock is an object that only one key opens. What it is bound to stands nowhere in
// clear but for the name of its collection, of which there are a few.
type lock struct {
	body   []byte
	tenant id.Tenant
	bounds [][]byte
}

// opens says whether a key opens it.
func (l lock) opens(secret []byte) bool {
	for _, ad := range l.bounds {
		plain, err := decode(secret, l.body, l.tenant, ad)
		clear(plain)
		if err == nil {
			return true
		}
	}
	return false
}

// locks are objects of the canary, one for each key, and how to name that key. They
// are read past every domain, so that they are there while the keyring is closed.
func (r *run) locks(ctx context.Context) (list []lock, refs []string, err error) {
	canary, known := r.control.Canary, map[keys.Ref]bool{}
	for _, p := range canary.Placements {
		place, err := r.house.Tenants.PlacementPlace(canary, p.Name)
		if err != nil {
			return nil, nil, err
		}
		opened, release, err := r.house.Open(ctx, place)
		if err != nil {
			return nil, nil, err
		}
		err = opened.Read(ctx, func(tx db.Tx) error {
			for row, err := range tx.Rows(`SELECT id, version, body FROM vault_record ORDER BY n`) {
				var raw, body []byte
				var version int64
				if err == nil {
					err = row.Scan(&raw, &version, &body)
				}
				if err != nil {
					return err
				}
				h, err := keys.ParseHeader(body)
				if err != nil || known[h.Ref] || len(list) == maxLocks {
					continue
				}
				known[h.Ref] = true
				list = append(list, lock{body, canary.ID, r.bounds(raw, version)})
				refs = append(refs, canary.ID.String()+"/"+h.Ref.String())
			}
			return nil
		})
		release()
		if err != nil {
			return nil, nil, err
		}
	}
	return list, refs, nil
}

// bounds is what an object of the canary may be bound to, for each collection of
// its profile: tenant, collection, a zero, record and version.
func (r *run) bounds(record []byte, version int64) (list [][]byte) {
	declared, ok := r.house.Set.Profile(r.control.Promise.Profile)
	if !ok {
		return nil
	}
	for _, c := range declared.Collection {
		ad := append(r.control.Canary.ID.Bytes(), c.Name...)
		ad = append(append(ad, 0), record...)
		list = append(list, binary.BigEndian.AppendUint64(ad, uint64(version)))
	}
	return list
}

// lent gives the patterns of the canary's keys, four for each lock; none while the
// ring is closed.
func (r *run) lent(ctx context.Context, locks []lock) (patterns [][]byte) {
	ring, err := r.house.Rings.Open(ctx, r.control.Canary.ID)
	if err != nil {
		return nil // a closed ring is told elsewhere; the other search goes on
	}
	for _, l := range locks[:min(maxLent, len(locks))] {
		err := ring.Lend(ctx, l.body, func(secret []byte) error {
			upper := bytes.ToUpper([]byte(hex.EncodeToString(secret)))
			patterns = append(patterns, bytes.Clone(secret), []byte(hex.EncodeToString(secret)), upper,
				[]byte(base64.RawStdEncoding.EncodeToString(secret)))
			return nil
		})
		if err != nil {
			return patterns
		}
	}
	return patterns
}

const patternsEach = 4

// inFile says which lock a key in the file opens; -1 when none.
func (r *run) inFile(path string, set *rawscan.Set, buffer []byte, locks []lock) (int, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil
	}
	if err != nil {
		return -1, err
	}
	defer f.Close()
	found := -1
	if _, err := set.Read(f, buffer, func(pattern int) { found = pattern / patternsEach }, nil); err != nil {
		return -1, err
	}
	if about, err := f.Stat(); found >= 0 || err != nil || about.Size() > maxSmall {
		return found, err
	}
	small, err := io.ReadAll(io.NewSectionReader(f, 0, maxSmall))
	if err != nil {
		return -1, err
	}
	for _, secret := range candidates(small) {
		for i, l := range locks {
			if l.opens(secret) {
				return i, nil
			}
		}
	}
	return -1, nil
}

// candidates are the texts of a file that may be keys of 256 bits: the file itself,
// hexadecimal digits, base64.
func candidates(text []byte) (list [][]byte) {
	if len(text) == keyBytes {
		list = append(list, text)
	}
	for _, m := range regexp.MustCompile(`[0-9A-Za-z+/_-]{43,64}`).FindAll(text, maxTried) {
		for _, read := range []func(string) ([]byte, error){hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
			if b, err := read(string(m)); err == nil && len(b) == keyBytes {
				list = append(list, b)
			}
		}
	}
	return list
}
