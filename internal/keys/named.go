package keys

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"math"
	"strings"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
)

// Names that the platform itself uses.
const (
	NameLog    = "log"    // seals the entries of the tenant's audit log
	NameConfig = "config" // seals secrets of the configuration
	NameIndex  = "index"  // makes blind indexes
)

// Collection is the name of a collection's data key.
func Collection(name string) string { return collectionPrefix + name }

const collectionPrefix = "collection/"

func ofCollection(name string) bool { return strings.HasPrefix(name, collectionPrefix) }

const maxName = 128 // bytes

// Named returns the reference of a named key, making the key at first use: it is
// durable when the call returns. Names are any text of 1 to 128 bytes. The call
// costs a map look-up once the key exists.
func (k *Ring) Named(ctx context.Context, name string) (Ref, error) {
	n, err := k.named(ctx, name, storedSeal)
	if err != nil {
		return 0, err
	}
	return namedRef(n.number), nil
}

// named finds or makes a key of one kind.
func (k *Ring) named(ctx context.Context, name, kind string) (*namedKey, error) {
	if name == "" || len(name) > maxName {
		return nil, errs.New(errs.Invalid, "keys.name").With("most", maxName)
	}
	state, err := k.alive(ctx)
	if err != nil {
		return nil, err
	}
	n := k.names.Load().byName[name]
	if n == nil {
		if err := k.makeNamed(ctx, state, name, kind); err != nil {
			return nil, err
		}
		n = k.names.Load().byName[name]
	}
	if n == nil || n.kind != kind {
		return nil, errs.New(errs.Conflict, "keys.other_kind").With("name", name)
	}
	return n, nil
}

// makeNamed stores the first version of a named key, unless another did meanwhile.
func (k *Ring) makeNamed(ctx context.Context, state *kek, name, kind string) error {
	return k.addVersion(ctx, state, func(tx db.Tx) (number, version int64, stored string, err error) {
		rows, err := readNamed(tx, name)
		if err != nil || len(rows) > 0 {
			return 0, 0, "", err
		}
		number, err = next(tx, "number")
		return number, firstVersion, kind, err
	}, name)
}

// addVersion makes a secret and stores it as what pick says; nothing when pick
// says number zero. The names in memory are read again afterwards.
func (k *Ring) addVersion(ctx context.Context, state *kek,
	pick func(db.Tx) (number, version int64, kind string, err error), name string) error {
	secret := make([]byte, keyBytes)
	defer clear(secret)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	public := []byte(ed25519.NewKeyFromSeed(secret).Public().(ed25519.PublicKey))
	for {
		err := k.rename(ctx, k.write, func(tx db.Tx) error {
			version, err := ringVersion(tx)
			if err != nil {
				return err
			}
			if version != state.version {
				return errOtherVersion
			}
			number, keyVersion, kind, err := pick(tx)
			if err != nil {
				return err
			}
			if number != 0 {
				row := namedRow{number: number, keyVersion: keyVersion, name: name, kind: kind, version: int64(state.version), public: []byte{}}
				if kind == storedSign {
					row.public = public
				}
				row.wrapped, err = state.wrap(k.tenant, kindOf(kind), namedRef(number), uint16(keyVersion), secret)
				if err != nil {
					return err
				}
				return insertNamed(tx, row)
			}
			return nil
		})
		if errors.Is(err, errOtherVersion) {
			if state, err = k.reopen(ctx, state); err == nil {
				continue
			}
		}
		return err
	}
}

// rename runs a transaction of the keyring and keeps the names as it leaves them.
// Whoever reads names to keep them holds the same lock: an older reading that came
// second would let an old version seal again.
func (k *Ring) rename(ctx context.Context, run func(context.Context, func(db.Tx) error) error, fn func(db.Tx) error) error {
	k.opening.Lock()
	defer k.opening.Unlock()
	var names *nameTable
	err := run(ctx, func(tx db.Tx) (err error) {
		if err = fn(tx); err == nil {
			names, err = readNames(tx)
		}
		return err
	})
	if err == nil {
		k.names.Store(names)
	}
	return err
}

// sealVersion is the version with which a key seals.
func (k *Ring) sealVersion(ctx context.Context, ref Ref) (uint16, error) {
	if !ref.valid() {
		return 0, errs.New(errs.Internal, "keys.no_key").With("ref", ref.String())
	}
	if !ref.Named() {
		return subjectMaxVer, nil
	}
	n := k.names.Load().byNumber[ref.number()]
	if n == nil {
		// Another node may have made it since this one opened the ring.
		if err := k.rename(ctx, k.read, func(db.Tx) error { return nil }); err != nil {
			return 0, err
		}
		if n = k.names.Load().byNumber[ref.number()]; n == nil {
			return 0, errs.New(errs.Internal, "keys.no_key").With("ref", ref.String())
		}
	}
	return n.active, nil
}

// RotateNamed gives a named key a new version, which seals from now on; older
// versions go on opening until they are retired. It returns the new version. The key
// of the blind indexes stays as it is: errs.Conflict.
func (k *Ring) RotateNamed(ctx context.Context, name string) (int, error) {
	state, err := k.alive(ctx)
	if err != nil {
		return 0, err
	}
	if err := k.rings.observe(ctx, Event{Act: ActRotateNamed, Tenant: k.tenant, Name: name}); err != nil {
		return 0, err
	}
	made := int64(0)
	err = k.addVersion(ctx, state, func(tx db.Tx) (number, version int64, kind string, err error) {
		rows, err := readNamed(tx, name)
		if err != nil {
			return 0, 0, "", err
		}
		if len(rows) == 0 {
			return 0, 0, "", errs.New(errs.NotFound, "keys.no_name").With("name", name)
		}
		last := rows[len(rows)-1]
		if last.kind == storedIndex {
			return 0, 0, "", errs.New(errs.Conflict, "keys.index_stays").Do("keys.index_stays.fix")
		}
		if made = last.keyVersion + 1; made > math.MaxUint16 {
			return 0, 0, "", errs.New(errs.Conflict, "keys.versions_used_up").With("name", name)
		}
		return last.number, made, last.kind, ageNamed(tx, last.number)
	}, name)
	return int(made), err
}

// NamedVersion is one version of a named key.
type NamedVersion struct {
	Name    string
	Ref     Ref
	Version int
	Kind    string // seal, index, sign
	State   string // active, old, retired
	KEK     int    // KEK version that wraps it; zero once retired
	Public  ed25519.PublicKey
	Uses    int64 // seals so far, counted in steps of useStep
	Created time.Time
	Wrapped time.Time
	Ended   time.Time // when it stopped sealing, then when it was retired; zero while active
}

// Versions lists the versions of a named key, oldest first.
func (k *Ring) Versions(ctx context.Context, name string) ([]NamedVersion, error) {
	if name == "" {
		return nil, errs.New(errs.Invalid, "keys.name").With("most", maxName)
	}
	return k.versions(ctx, name)
}

func (k *Ring) versions(ctx context.Context, name string) (out []NamedVersion, err error) {
	err = k.read(ctx, func(tx db.Tx) error {
		rows, err := readNamed(tx, name)
		for _, r := range rows {
			out = append(out, NamedVersion{Name: r.name, Ref: namedRef(r.number), Version: int(r.keyVersion), Kind: r.kind,
				State: r.state, KEK: int(r.version), Public: r.public, Uses: r.uses, Created: clock.FromMicros(r.createdAt),
				Wrapped: clock.FromMicros(r.wrappedAt), Ended: clock.FromMicros(r.endedAt)})
		}
		return err
	})
	return out, err
}

// Retire destroys an old version of a named key: what it sealed opens no more. The
// caller has sealed everything anew before. It returns errs.Conflict for the
// active version, for one that is retired already and, on PostgreSQL, until two
// probe periods have passed since it stopped sealing: another node may not know yet.
func (k *Ring) Retire(ctx context.Context, name string, version int) error {
	if err := k.rings.observe(ctx, Event{Act: ActRetire, Tenant: k.tenant, Name: name, Version: version}); err != nil {
		return err
	}
	var number, shreds int64
	err := k.write(ctx, func(tx db.Tx) error {
		rows, err := readNamed(tx, name)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return errs.New(errs.NotFound, "keys.no_name").With("name", name)
		}
		number = rows[0].number
		if tx.Engine() == db.Postgres && k.tooSoon(rows, int64(version), tx.Now()) {
			return errs.New(errs.Conflict, "keys.retire_too_soon").With("wait", 2*k.rings.o.ProbePeriod)
		}
		done, err := retireNamed(tx, number, int64(version))
		if err == nil && !done {
			return errs.New(errs.Conflict, "keys.not_old").With("name", name).With("version", version)
		}
		if err != nil {
			return err
		}
		shreds, err = countShred(tx)
		return err
	})
	if err != nil {
		return err
	}
	k.destroyed(shreds, cacheKey{k, namedRef(number), uint16(version)})
	return k.scrub(ctx)
}

// tooSoon says whether another node may still seal with an old version.
func (k *Ring) tooSoon(rows []namedRow, version int64, now time.Time) bool {
	for _, r := range rows {
		if r.keyVersion == version && r.state == stateOld {
			return now.Sub(clock.FromMicros(r.endedAt)) < 2*k.rings.o.ProbePeriod
		}
	}
	return false
}

// Random nonces of 96 bits are good for 2^32 texts under one key (SP 800-38D). A
// named key gets a new version at half of that.
const (
	useStep = 1 << 20
	mostUse = 1 << 31
)

// countUse counts the seals of a named key and rotates it before its nonces wear
// out. A crash forgets at most useStep of them.
func (k *Ring) countUse(ref Ref, version uint16, m *material) {
	if n := m.uses.Add(1); !ref.Named() || n%useStep != 0 || !k.rings.begin() {
		return
	}
	go func() {
		defer k.rings.work.Done()
		ctx := context.Background()
		n := k.names.Load().byNumber[ref.number()]
		var uses int64
		err := k.write(ctx, func(tx db.Tx) (err error) {
			uses, err = addUses(tx, ref.number(), version, useStep)
			return err
		})
		// A count that could not be written is made up for by the next step: half
		// of the bound is left.
		if err == nil && uses >= mostUse && n != nil && n.active == version {
			_, _ = k.RotateNamed(ctx, n.name)
		}
	}()
}
