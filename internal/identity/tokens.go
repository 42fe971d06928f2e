package identity

import (
	"context"
	"crypto/subtle"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Authenticate says which program sends a token to a tenant. It takes no permit,
// because nobody is known before it. A token of another tenant is unknown here.
// What it knows of a token is never older than a second, and a token revoked on
// this node is refused at once. It returns errs.Unauthenticated; a refusal of a
// well-formed token has its leaf.
func (s *Service) Authenticate(ctx context.Context, t id.Tenant, bearer string) (actor.Actor, error) {
	token, hash, err := parseToken(bearer)
	if err != nil {
		return actor.Actor{}, errs.New(errs.Unauthenticated, "identity.token.malformed").Do("identity.token.fix")
	}
	now := clock.Micros(s.tenants.Clock().Now())
	h := s.tokens.get(tokenKey{t, token}, now)
	if h == nil {
		if h, err = s.loadToken(ctx, t, token, hash, now); err != nil {
			return actor.Actor{}, err
		}
	}
	if subtle.ConstantTimeCompare(h.row.hash[:], hash[:]) != 1 {
		return actor.Actor{}, s.refuseToken(ctx, t, nil, "unknown", "identity.token.refused")
	}
	if reason, key := h.row.over(now); reason != "" {
		return actor.Actor{}, s.refuseToken(ctx, t, h.row, reason, key)
	}
	a := h.actor
	from := actor.From(ctx)
	a.Address, a.Agent, a.Request, a.Lang = from.Address, from.Agent, from.Request, from.Lang
	return a, nil
}

// loadToken reads a token, notes the day of its use, and keeps it.
func (s *Service) loadToken(ctx context.Context, tid id.Tenant, token id.Token, hash [32]byte, now int64) (*heldToken, error) {
	t, err := s.tenants.Get(tid)
	if err != nil {
		return nil, err
	}
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return nil, err
	}
	defer release()
	generation := s.tokens.begin()
	var row *tokenRow
	err = log.Read(ctx, func(tx db.Tx) error { row, err = readToken(tx, token); return err })
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, s.refuseToken(ctx, tid, nil, "unknown", "identity.token.refused")
	}
	h := &heldToken{row: row, actor: row.actor(tid), at: now}
	if reason, _ := row.over(now); reason != "" || subtle.ConstantTimeCompare(row.hash[:], hash[:]) != 1 {
		return h, nil // refused by the caller, and not worth keeping
	}
	if row.used < dayOf(now) {
		// While room is short the day is noted later: what the token does has its own
		// leaf or is refused.
		if err := s.noteDay(ctx, log, tid, row, dayOf(now)); err != nil && !short(err) {
			return nil, err
		}
	}
	s.tokens.put(tokenKey{tid, token}, h, generation)
	return h, nil
}

// noteDay writes down that a token was used on a day: once a day and token.
func (s *Service) noteDay(ctx context.Context, log *audit.Log, t id.Tenant, row *tokenRow, day int64) error {
	who := row.actor(t)
	from := stranger(ctx)
	who.Address, who.Agent, who.Request = from.Address, from.Agent, from.Request
	return log.Write(ctx, func(tx *audit.Tx) error {
		stored, err := readToken(tx, row.id)
		if err != nil || stored == nil || stored.used >= day {
			return err // another request was first
		}
		if err := noteUse(tx, row.id, day); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: audit.ActorOf(who), Operation: audit.TokenUse, Object: row.id.Raw,
			Kind: access.Token.String(), Outcome: audit.Done, Request: who.Request})
		return nil
	})
}

// refuseToken writes the refusal down. row is nil unless the secret was right:
// whoever has it may learn why it serves no more.
func (s *Service) refuseToken(ctx context.Context, tid id.Tenant, row *tokenRow, reason, key string) error {
	t, err := s.tenants.Get(tid)
	if err != nil {
		return err
	}
	log, release, err := s.tenants.Log(ctx, t, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	e := refusalEntry(stranger(ctx), access.Token.String(), reason)
	if row != nil {
		e.Object = row.id.Raw
	}
	if _, err := log.Append(ctx, e); err != nil {
		return err
	}
	return errs.New(errs.Unauthenticated, key).Do("identity.token.fix")
}

// MadeToken is a new token with its text: what an answer is made of.
type MadeToken struct {
	Token Token
	Text  string
}

// CreateToken makes a token and returns its text, which is shown this once and
// stored nowhere. It returns errs.Invalid with every fault, errs.Conflict when a
// role has as many holders as it may.
func (s *Service) CreateToken(ctx context.Context, p *access.Permit, n NewToken) (text string, made Token, err error) {
	if err := allow(p, access.Token, access.Manage); err != nil {
		return "", Token{}, err
	}
	set, err := s.Settings(ctx, p.Tenant())
	if err != nil {
		return "", Token{}, err
	}
	if err := n.validate(set.Token); err != nil {
		return "", Token{}, err
	}
	n.Roles, n.Scope = sortedNames(n.Roles), sortedNames(n.Scope)
	if err := holdable(p.Matrix(), n.Roles, actor.Service); err != nil {
		return "", Token{}, err
	}
	if err := known(p.Matrix(), p.Tenant().ID, n); err != nil {
		return "", Token{}, err
	}
	row, body, text, err := s.newTokenRow(ctx, p, n, set.Token)
	if err != nil {
		return "", Token{}, err
	}
	log, release, err := p.Log(ctx, tenant.Main)
	if err != nil {
		return "", Token{}, err
	}
	defer release()
	err = log.Write(ctx, func(tx *audit.Tx) error {
		if err := roomForToken(tx, p.Matrix(), row); err != nil {
			return err
		}
		if err := insertToken(tx, row); err != nil {
			return err
		}
		e := p.Entry(audit.TokenCreate)
		e.Object, e.Row = row.id.Raw, row.rowHash()
		e.Detail = map[string]string{"roles": detail(row.roles), "scope": detail(row.scope)}
		tx.Record(e)
		return tenant.Keep(ctx, tx, func() (any, error) { return MadeToken{row.token(body), text}, nil })
	})
	if err != nil {
		return "", Token{}, err
	}
	return text, row.token(body), nil
}

func (s *Service) newTokenRow(ctx context.Context, p *access.Permit, n NewToken, limits TokenLimits) (*tokenRow, tokenBody, string, error) {
	if n.Life == 0 {
		n.Life = limits.Life
	}
	if n.Over {
		n.Life = 0
	}
	token := id.NewToken()
	text, hash := newTokenText(token)
	body := tokenBody{Label: n.Label, By: p.Actor.Ref()}
	sealer, err := s.sealer(ctx, p.Tenant().ID)
	if err != nil {
		return nil, body, "", err
	}
	plain, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		return nil, body, "", err
	}
	sealed, err := sealer.Seal(nil, plain, bind(tokenAD, token.Raw))
	if err != nil {
		return nil, body, "", err
	}
	now := s.now()
	return &tokenRow{id: token, hash: hash, roles: n.Roles, scope: n.Scope, created: clock.Micros(now),
		expires: clock.Micros(now.Add(n.Life)), body: sealed}, body, text, nil
}

// known refuses a scope that names a collection the tenant does not have.
func known(m *access.Matrix, t id.Tenant, n NewToken) error {
	e := errs.New(errs.Invalid, "identity.token.invalid").Do("identity.token.invalid.fix")
	who := actor.Actor{Kind: actor.Service, Tenant: t, Roles: n.Roles}
	for _, c := range n.Scope {
		d := m.Decide(&who, access.Ask{Action: access.Read, On: access.Record, Tenant: t, Collection: c})
		if d.Reason == access.UnknownResource {
			e.At("/scope", "identity.token.scope", errs.Params{"collection": string(c)})
		}
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// RevokeToken ends a token: it is refused on this node from the moment this
// returns, within a second on every other. Revoking twice is no error.
func (s *Service) RevokeToken(ctx context.Context, p *access.Permit, token id.Token) error {
	if err := allow(p, access.Token, access.Manage); err != nil {
		return err
	}
	log, release, err := p.Log(ctx, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	now := clock.Micros(s.now())
	err = log.WriteEssential(ctx, func(tx *audit.Tx) error {
		row, err := readToken(tx, token)
		if err != nil {
			return err
		}
		if row == nil {
			return tokenUnknown()
		}
		if row.revoked != 0 {
			return nil
		}
		if err := revokeToken(tx, token, now); err != nil {
			return err
		}
		row.revoked = now
		e := p.Entry(audit.TokenRevoke)
		e.Object, e.Row = token.Raw, row.rowHash()
		tx.Record(e)
		return nil
	})
	// Also after an unknown outcome: a token too few in memory costs one read.
	s.tokens.evict(tokenKey{p.Tenant().ID, token})
	return err
}

// Tokens lists up to limit tokens, after one.
func (s *Service) Tokens(ctx context.Context, p *access.Permit, after id.Token, limit int) ([]Token, error) {
	if err := allow(p, access.Token, access.List, access.Manage); err != nil {
		return nil, err
	}
	sealer, err := s.sealer(ctx, p.Tenant().ID)
	if err != nil {
		return nil, err
	}
	log, release, err := p.Log(ctx, tenant.Main)
	if err != nil {
		return nil, err
	}
	defer release()
	var list []Token
	err = log.Read(ctx, func(tx db.Tx) error {
		for row, err := range listTokens(tx, after, clampLimit(limit)) {
			if err != nil {
				return err
			}
			body, err := row.openBody(sealer)
			if err != nil {
				return err
			}
			list = append(list, row.token(body))
		}
		return nil
	})
	return list, err
}

func (r *tokenRow) openBody(sealer audit.Sealer) (b tokenBody, err error) {
	plain, err := sealer.Open(nil, r.body, bind(tokenAD, r.id.Raw))
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(plain, &b)
}
