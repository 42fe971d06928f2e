package tenant

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
)

// Change is what may be changed of an open tenant; nil leaves a thing as it is. Its
// slug, its country and its profile stay: names, places and promises hang on them.
type Change struct {
	Title *string
	Lang  *string
	Hosts *[]string
	Start *time.Time
	End   *time.Time // the zero time: the contract runs on
}

// Version names a tenant as it stands: any change gives another.
func (t Tenant) Version() string {
	plain, err := json.Marshal(t, json.Deterministic(true))
	if err != nil {
		return "" // never of what a row gave; and nothing matches it
	}
	sum := sha256.Sum256(plain)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Change changes one version of a tenant, with its leaf in the control log. It
// returns errs.Invalid with every fault, errs.Stale when the tenant is no longer what
// version says, errs.Conflict when a host name is taken or the platform's own.
func (s *Service) Change(ctx context.Context, tid id.Tenant, version string, c Change) (Tenant, error) {
	s.naming.Lock()
	defer s.naming.Unlock()
	t, err := s.Get(tid)
	if err != nil {
		return Tenant{}, err
	}
	before := t
	named := c.apply(&t)
	if err := c.validate(t); err != nil {
		return Tenant{}, err
	}
	if err := s.mayHave(t); err != nil {
		return Tenant{}, err
	}
	if err := s.replace(ctx, before, t, version, named); err != nil {
		return Tenant{}, err
	}
	s.dir.put(t)
	return t, nil
}

// apply writes the change into a tenant and names what it changes.
func (c Change) apply(t *Tenant) (named []id.Name) {
	if c.Title != nil {
		t.Title, named = strings.TrimSpace(*c.Title), append(named, "title")
	}
	if c.Lang != nil {
		t.Lang, named = *c.Lang, append(named, "lang")
	}
	if c.Hosts != nil {
		t.Hosts, named = lower(*c.Hosts), append(named, "hosts")
	}
	if c.Start != nil {
		t.Contract.Start, named = c.Start.UTC(), append(named, "starts_at")
	}
	if c.End != nil {
		t.Contract.End, named = c.End.UTC(), append(named, "ends_at")
	}
	return named
}

// validate holds the tenant to what an opening is held to.
func (c Change) validate(t Tenant) error {
	n := Opening{Slug: t.Slug, Title: t.Title, Country: t.Country, Lang: t.Lang, Hosts: t.Hosts, Contract: t.Contract}
	return n.Validate()
}

// replace writes the row anew if it still is the version that was read: looked at
// within the transaction, where another node's change is seen too.
func (s *Service) replace(ctx context.Context, before, after Tenant, version string, named []id.Name) error {
	log, release, err := s.ControlLog(ctx)
	if err != nil {
		return err
	}
	defer release()
	sealer, err := s.opt.Keeper.Sealer(ctx, s.operator, "directory")
	if err != nil {
		return err
	}
	sealed, err := sealRow(after, sealer)
	if err != nil {
		return err
	}
	return log.Write(ctx, func(tx *audit.Tx) error {
		stored, err := rowOf(tx, before.ID)
		if errors.Is(err, db.ErrNoRows) {
			return notFound()
		}
		if err != nil {
			return err
		}
		now, err := openRow(before.ID.Bytes(), stored, sealer)
		if err != nil {
			return err
		}
		if v := now.Version(); v != version || v != before.Version() {
			return errs.New(errs.Stale, "tenant.stale").Do("tenant.stale.fix")
		}
		if now.Version() == after.Version() {
			return nil // nothing to change, and nothing to tell
		}
		if err := updateTenant(tx, after, sealed); err != nil {
			return err
		}
		tx.Record(audit.Entry{At: tx.Now(), Actor: audit.ActorOf(actor.From(ctx)), Operation: audit.TenantChange, Object: after.ID.Raw,
			Kind: "tenant", Outcome: audit.Done, Request: actor.From(ctx).Request, Fields: named,
			Detail: map[string]string{"state": string(after.State), "profile": string(after.Profile), "country": after.Country}})
		return keepControl(ctx, tx, func() (any, error) { return after, nil })
	})
}
