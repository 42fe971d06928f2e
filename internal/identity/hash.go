package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"

	"garant.example/internal/errs"
)

// Cost is what one password hash costs: the parameters of Argon2id (RFC 9106).
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes over the memory
	Threads uint8  // lanes
}

// DefaultCost is the second recommended option of RFC 9106: 64 MiB, three passes,
// four lanes.
func DefaultCost() Cost { return Cost{Memory: 64 << 10, Time: 3, Threads: 4} }

// Bounds of what is accepted from options and from stored hashes: a stored hash
// that was tampered with must not cost a gigabyte to refuse.
const (
	maxMemory  = 1 << 20 // KiB
	maxTime    = 32
	maxThreads = 32
	saltSize   = 16
	hashSize   = 32
)

func (c Cost) valid() bool {
	return c.Time >= 1 && c.Time <= maxTime && c.Threads >= 1 && c.Threads <= maxThreads &&
		c.Memory >= 8*uint32(c.Threads) && c.Memory <= maxMemory
}

// Verifier is a stored password hash, taken apart. Its text is a PHC string:
// $argon2id$v=19$m=65536,t=3,p=4$<salt>$<hash>.
type Verifier struct {
	Cost Cost
	Salt [saltSize]byte
	Hash [hashSize]byte
}

// String writes the PHC string.
func (v Verifier) String() string {
	b := make([]byte, 0, 112)
	b = append(b, "$argon2id$v=19$m="...)
	b = strconv.AppendUint(b, uint64(v.Cost.Memory), 10)
	b = append(b, ",t="...)
	b = strconv.AppendUint(b, uint64(v.Cost.Time), 10)
	b = append(b, ",p="...)
	b = strconv.AppendUint(b, uint64(v.Cost.Threads), 10)
	b = append(b, '$')
	b = base64.RawStdEncoding.AppendEncode(b, v.Salt[:])
	b = append(b, '$')
	return string(base64.RawStdEncoding.AppendEncode(b, v.Hash[:]))
}

// ParseVerifier reads what String wrote, and nothing else. It returns ErrHash.
func ParseVerifier(s string) (Verifier, error) {
	var v Verifier
	rest, ok := strings.CutPrefix(s, "$argon2id$v=19$")
	parts := strings.Split(rest, "$")
	if !ok || len(parts) != 3 {
		return v, ErrHash
	}
	costs := strings.Split(parts[0], ",")
	if len(costs) != 3 {
		return v, ErrHash
	}
	memory, ok1 := number(costs[0], "m=", maxMemory)
	passes, ok2 := number(costs[1], "t=", maxTime)
	threads, ok3 := number(costs[2], "p=", maxThreads)
	if !ok1 || !ok2 || !ok3 {
		return v, ErrHash
	}
	v.Cost = Cost{Memory: memory, Time: passes, Threads: uint8(threads)}
	if !v.Cost.valid() || !fill(v.Salt[:], parts[1]) || !fill(v.Hash[:], parts[2]) || v.String() != s {
		return Verifier{}, ErrHash
	}
	return v, nil
}

func number(s, prefix string, most uint64) (uint32, bool) {
	digits, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil && n <= most
}

func fill(dst []byte, s string) bool {
	if base64.RawStdEncoding.DecodedLen(len(s)) != len(dst) {
		return false
	}
	n, err := base64.RawStdEncoding.Strict().Decode(dst, []byte(s))
	return err == nil && n == len(dst)
}

// Hasher hashes passwords, a few at a time: each hash takes the memory of its
// cost, so a storm of sign-ins must wait rather than exhaust the machine. It is
// safe for concurrent use.
type Hasher struct {
	cost  Cost
	turns chan struct{} // one token per hash under way
	queue chan struct{} // one token per hash under way or waiting
	runs  atomic.Uint64
}

// NewHasher returns a hasher that runs at most parallel hashes at once and lets
// waiting more wait. It returns errs.Config when a figure is out of bounds.
func NewHasher(cost Cost, parallel, waiting int) (*Hasher, error) {
	if !cost.valid() || parallel < 1 || waiting < 0 {
		return nil, errs.New(errs.Config, "identity.cost.bounds").Do("identity.cost.bounds.fix")
	}
	return &Hasher{cost: cost, turns: make(chan struct{}, parallel), queue: make(chan struct{}, parallel+waiting)}, nil
}

// Cost is what a new hash costs.
func (h *Hasher) Cost() Cost { return h.cost }

// Runs is how many hashes were computed: tests of answer times count them.
func (h *Hasher) Runs() uint64 { return h.runs.Load() }

// Hash returns the verifier of a password, with a fresh salt. It returns
// errs.TooMany when too many wait already.
func (h *Hasher) Hash(ctx context.Context, password string) (Verifier, error) {
	v := Verifier{Cost: h.cost}
	rand.Read(v.Salt[:]) // never fails; the program ends without randomness
	var err error
	v.Hash, err = h.run(ctx, password, v.Cost, v.Salt)
	return v, err
}

// Verify says whether the password is the one behind v. Without a v (no such
// account, no password) the same work is done and the answer is no.
func (h *Hasher) Verify(ctx context.Context, v *Verifier, password string) (bool, error) {
	want := Verifier{Cost: h.cost}
	if v != nil {
		want = *v
	}
	got, err := h.run(ctx, password, want.Cost, want.Salt)
	if err != nil {
		return false, err
	}
	same := subtle.ConstantTimeCompare(got[:], want.Hash[:]) == 1
	return same && v != nil, nil
}

func (h *Hasher) run(ctx context.Context, password string, c Cost, salt [saltSize]byte) (out [hashSize]byte, err error) {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return out, errs.New(errs.TooMany, "identity.busy").Do("identity.busy.fix")
	}
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return out, errs.New(errs.Unavailable, "identity.busy").Do("identity.busy.fix").Cause(ctx.Err())
	}
	h.runs.Add(1)
	copy(out[:], argon2.IDKey([]byte(password), salt[:], c.Time, c.Memory, c.Threads, hashSize))
	return out, nil
}
