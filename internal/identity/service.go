package identity

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity/strength"
	"garant.example/internal/tenant"
)

// Finder makes keyed hashes under a key that only the tenant has: by them a
// sign-in name or an address is found again and cannot be guessed from what is
// stored. Package keys is behind it. The same field and value give the same tag.
type Finder interface {
	Tag(ctx context.Context, t id.Tenant, field, value string) ([]byte, error)
}

// Options are what the service stands on. Tenants, Gate and Finder are required.
type Options struct {
	Tenants *tenant.Service
	Gate    *access.Gate
	Finder  Finder

	// Cost is what hashing a password costs; DefaultCost when zero.
	Cost Cost
	// Hashes is how many passwords are hashed at once, each with the memory of
	// Cost; 2 when zero.
	Hashes int
	// Waiting is how many more may wait for their turn; 64 when zero. Whoever
	// comes after them is told to try again.
	Waiting int
	// SetupSecret lets an unattended installation make the first account without
	// the one-time link; at least 32 characters. It is dead once an account exists.
	SetupSecret db.Secret
	// Tokens bounds the tokens kept in memory; 4096 when zero.
	Tokens int
}

const (
	defaultHashes  = 2
	defaultWaiting = 64
	defaultTokens  = 4096
	minSetupSecret = 32
)

// Service holds the verbs. It is safe for concurrent use.
type Service struct {
	tenants  *tenant.Service
	gate     *access.Gate
	finder   Finder
	meter    strength.Meter // reads its lists when a score is first asked for
	hasher   *Hasher
	settings tenant.Memory[Settings]
	tokens   tokenCache
	trying   gauge
	secret   *[sha256.Size]byte // hash of the setup secret; nil when there is none
	ready    atomic.Bool        // an operator's account exists
	asking   sync.Mutex         // held while Ready looks
	asked    int64              // when Ready last looked, µs
}

// New returns the service. It returns errs.Config when an option is out of its
// bounds.
func New(o Options) (*Service, error) {
	if o.Cost == (Cost{}) {
		o.Cost = DefaultCost()
	}
	if o.Hashes == 0 {
		o.Hashes = defaultHashes
	}
	if o.Waiting == 0 {
		o.Waiting = defaultWaiting
	}
	if o.Tokens == 0 {
		o.Tokens = defaultTokens
	}
	hasher, err := NewHasher(o.Cost, o.Hashes, o.Waiting)
	if err != nil {
		return nil, err
	}
	secret, err := setupHash(o.SetupSecret)
	if err != nil {
		return nil, err
	}
	return &Service{tenants: o.Tenants, gate: o.Gate, finder: o.Finder, hasher: hasher,
		tokens: newTokenCache(o.Tokens),
		trying: gauge{busy: map[string]int{}}, secret: secret}, nil
}

// setupHash takes from the setup secret what is kept of it in memory.
func setupHash(secret db.Secret) (*[sha256.Size]byte, error) {
	text := secret.Reveal()
	if text == "" {
		return nil, nil
	}
	if len(text) < minSetupSecret {
		return nil, errs.New(errs.Config, "identity.setup.secret_short").With("min", minSetupSecret).
			Do("identity.setup.secret_short.fix")
	}
	hash := sha256.Sum256([]byte(text))
	return &hash, nil
}

// Hashing is where passwords are hashed, for those who measure its cost.
func (s *Service) Hashing() *Hasher { return s.hasher }

func (s *Service) now() time.Time { return s.tenants.Clock().Now().Truncate(time.Microsecond) }

// sealKey names the key that seals what people typed here.
const sealKey = "identity"

func (s *Service) sealer(ctx context.Context, t id.Tenant) (audit.Sealer, error) {
	return s.tenants.Sealer(ctx, t, sealKey)
}

// allow refuses a permit that was given for something else: a handler that mixes
// verbs up must fail, not pass.
func allow(p *access.Permit, on access.Resource, actions ...access.Action) error {
	if p == nil || p.Ask.On != on || !slices.Contains(actions, p.Ask.Action) {
		return mismatch()
	}
	return nil
}

// kindOf says what the persons of a tenant are.
func kindOf(t tenant.Tenant) actor.Kind {
	if t.Operator {
		return actor.Staff
	}
	return actor.Member
}

// stranger is the actor of the context as the log keeps it before anybody is
// known. Behind some doors (a Unix socket, a test) there is no address; the log
// wants one from the unknown, so it is told "none".
func stranger(ctx context.Context) actor.Actor {
	a := actor.From(ctx)
	out := actor.Actor{Address: a.Address, Agent: a.Agent, Request: a.Request, Lang: a.Lang}
	if !out.Address.IsValid() {
		out.Address = noAddress()
	}
	if out.Request.IsZero() {
		out.Request = id.NewRequest()
	}
	return out
}
