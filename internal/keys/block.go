package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/spec/blindindex"
)

const (
	fullBlock = 1 << slotBits // keys of a block once a tenant is known to be busy
	// leaseLife is how long a process may hold a block. A sweep leaves blocks
	// alone for three times as long, so that it never takes a key out of the hand
	// of another node.
	leaseLife  = 12 * time.Hour
	sweepAfter = 3 * leaseLife
)

// sizeOf lets blocks grow, so that a tenant with ten people does not keep 256 keys.
func sizeOf(block int64) int {
	switch block {
	case 1:
		return fullBlock / 16
	case 2:
		return fullBlock / 4
	}
	return fullBlock
}

// lease is the part of a block that this process may hand out. It is durable: the
// row says that everything of it is handed out.
type lease struct {
	block    int64
	leasedAt int64 // as stored; it tells this lease from a later one of the same block
	size     int
	next     int
	keys     [][]byte // by slot; nil where the slot was shredded or handed out
}

func (l *lease) left() int { return l.size - l.next }

func (l *lease) wipe() {
	for i, key := range l.keys {
		clear(key)
		l.keys[i] = nil
	}
	l.next = l.size
}

// dispenser hands out the keys of the current block while the next is being made.
type dispenser struct {
	mu     sync.Mutex
	now    *lease
	spare  *lease
	making chan struct{} // closed when the maker at work is done; nil without one
	failed error         // of the last maker
}

// drop forgets keys that were not handed out.
func (d *dispenser) drop() {
	for _, l := range d.take() {
		l.wipe()
	}
}

func (d *dispenser) take() []*lease {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []*lease
	for _, l := range []*lease{d.now, d.spare} {
		if l != nil {
			out = append(out, l)
		}
	}
	d.now, d.spare = nil, nil
	return out
}

// NewSubject returns a key that was never given to anybody. It is durable. The call
// does no I/O while the current block lasts, since the next block is made ahead;
// otherwise it waits for one commit of the keyring. A key that is not used after
// all is found by Sweep.
func (k *Ring) NewSubject(ctx context.Context) (Ref, error) {
	state, err := k.alive(ctx)
	if err != nil {
		return 0, err
	}
	d := &k.hand
	waited := false
	for {
		d.mu.Lock()
		ref, secret := k.handOut()
		if ref == 0 && waited && d.making == nil && d.failed != nil {
			failed := d.failed
			d.mu.Unlock()
			return 0, failed
		}
		if d.spare == nil && d.making == nil && (d.now == nil || d.now.left() <= d.now.size/4) {
			k.makeBlock(state)
		}
		making := d.making
		d.mu.Unlock()
		if ref != 0 {
			return ref, k.keep(ref, secret)
		}
		if making == nil {
			return 0, errs.New(errs.Unavailable, "keys.closed")
		}
		select {
		case <-making:
			waited = true
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// handOut takes the next key of the current block; zero when there is none. The
// caller holds the lock.
func (k *Ring) handOut() (Ref, []byte) {
	d := &k.hand
	now := k.rings.o.Clock.Now()
	for d.now != nil || d.spare != nil {
		if d.now == nil {
			d.now, d.spare = d.spare, nil
		}
		l := d.now
		if now.Sub(clock.FromMicros(l.leasedAt)) > leaseLife {
			l.wipe() // too old to be sure of; the sweep finds what is left
		}
		for l.next < l.size {
			slot := l.next
			l.next++
			if secret := l.keys[slot]; secret != nil {
				l.keys[slot] = nil
				return subjectRef(l.block, slot), secret
			}
		}
		d.now = nil
	}
	return 0, nil
}

// keep opens a key just handed out and remembers it.
func (k *Ring) keep(ref Ref, secret []byte) error {
	generation := k.generation.Load()
	m, err := newMaterial(kindSubject, secret)
	if err == nil {
		k.rings.cache.put(cacheKey{k, ref, subjectMaxVer}, m, generation)
	}
	return err
}

// newMaterial opens a key and overwrites secret, unless the material keeps it.
func newMaterial(kind byte, secret []byte) (*material, error) {
	switch kind {
	case kindSign:
		return &material{seed: secret}, nil
	case kindIndex:
		key, err := blindindex.NewKey(secret)
		clear(secret)
		if err != nil {
			return nil, corrupt("keys.key_damaged", err)
		}
		return &material{index: key}, nil
	}
	primitive, err := subtle.NewAESGCM(secret)
	clear(secret)
	if err != nil {
		return nil, corrupt("keys.key_damaged", err)
	}
	return &material{aead: primitive}, nil
}

// makeBlock starts a maker. The caller holds the lock.
func (k *Ring) makeBlock(state *kek) {
	d := &k.hand
	if !k.rings.begin() {
		return
	}
	generation := k.generation.Load()
	done := make(chan struct{})
	d.making, d.failed = done, nil
	go func() {
		defer k.rings.work.Done()
		made, err := k.lease(context.Background(), state)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.making, d.failed = nil, err
		close(done)
		switch {
		case err != nil:
		case k.generation.Load() != generation && k.state.Load() == nil:
			made.wipe() // the ring was told to forget meanwhile
		default:
			d.spare = made
		}
	}()
}

// lease takes what is left of an earlier block, or makes a new one durable.
func (k *Ring) lease(ctx context.Context, state *kek) (*lease, error) {
	secrets := make([]byte, fullBlock*keyBytes)
	if _, err := rand.Read(secrets); err != nil {
		return nil, err
	}
	defer clear(secrets)
	for {
		var row blockRow
		fresh := false
		err := k.write(ctx, func(tx db.Tx) (err error) {
			version, err := ringVersion(tx)
			if err != nil {
				return err
			}
			if version != state.version {
				return errOtherVersion
			}
			if row, err = takeRest(tx); !errors.Is(err, db.ErrNoRows) {
				row.leasedAt = clock.Micros(tx.Now())
				fresh = false
				return err
			}
			fresh = true
			row, err = k.newBlock(tx, state, secrets)
			return err
		})
		if errors.Is(err, errOtherVersion) {
			if state, err = k.reopen(ctx, state); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		if fresh {
			return freshLease(row, secrets), nil
		}
		return k.restLease(state, row)
	}
}

// errOtherVersion is returned when the KEK was rotated since this ring opened it.
var errOtherVersion = errors.New("keys: the KEK was rotated meanwhile")

// newBlock wraps secrets and stores them as the next block.
func (k *Ring) newBlock(tx db.Tx, state *kek, secrets []byte) (blockRow, error) {
	number, err := next(tx, "block")
	if err != nil {
		return blockRow{}, err
	}
	size := sizeOf(number)
	row := blockRow{block: number, version: int64(state.version), size: int64(size), handed: int64(size),
		leasedAt: clock.Micros(tx.Now()), keys: make([]byte, 0, size*wrappedSize)}
	for slot := range size {
		wrapped, err := state.wrap(k.tenant, kindSubject, subjectRef(number, slot), subjectMaxVer, secretAt(secrets, slot))
		if err != nil {
			return row, err
		}
		row.keys = append(row.keys, wrapped...)
	}
	return row, insertBlock(tx, row)
}

func secretAt(secrets []byte, slot int) []byte { return secrets[slot*keyBytes : (slot+1)*keyBytes] }

func freshLease(row blockRow, secrets []byte) *lease {
	l := &lease{block: row.block, leasedAt: row.leasedAt, size: int(row.size), keys: make([][]byte, row.size)}
	for slot := range l.keys {
		l.keys[slot] = append([]byte(nil), secretAt(secrets, slot)...)
	}
	return l
}

// restLease opens the slots of an earlier block that nobody was given.
func (k *Ring) restLease(state *kek, row blockRow) (*lease, error) {
	l := &lease{block: row.block, leasedAt: row.leasedAt, size: int(row.size), next: int(row.handed), keys: make([][]byte, row.size)}
	for slot := l.next; slot < l.size; slot++ {
		if isZero(row.slot(slot)) {
			continue
		}
		secret, err := state.unwrap(k.tenant, kindSubject, subjectRef(row.block, slot), subjectMaxVer, row.slot(slot))
		if err != nil {
			l.wipe()
			return nil, corrupt("keys.key_damaged", err)
		}
		l.keys[slot] = secret
	}
	return l, nil
}

// giveBack notes in the keyring which keys were never handed out, so that the next
// process goes on with them. After a crash that note is missing, and the keys count
// as handed out until a sweep.
func (k *Ring) giveBack(ctx context.Context) error {
	leases := k.hand.take()
	var rest []*lease
	for _, l := range leases {
		if l.left() > 0 {
			rest = append(rest, l)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	err := k.write(ctx, func(tx db.Tx) error {
		for _, l := range rest {
			if err := returnRest(tx, l.block, l.leasedAt, int64(l.next)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, l := range rest {
		l.wipe()
	}
	return err
}
