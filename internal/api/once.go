package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/spec/blindindex"
	"garant.example/internal/tenant"
	"garant.example/internal/web"
)

// onceHeader makes a change safe to send again (draft-ietf-httpapi-idempotency-key-header).
const onceHeader = "Idempotency-Key"

// attempt is one request that acts once, with what opens its answer.
type attempt struct {
	tenant.Once
	call *call
	open func(context.Context) (*audit.Log, func(), error)
	aead tink.AEAD
}

// once serves a change that its caller may send again under an Idempotency-Key: the
// second time it answers what it answered the first time, and changes nothing. The
// caller was let in before: who may no longer make the change learns nothing either.
func (c *call) once(p *access.Permit, act func() error) error {
	a, err := c.attempt(p)
	if err != nil {
		return err
	}
	if a == nil {
		return act()
	}
	if done, err := a.replay(p); done || err != nil {
		return err
	}
	c.attempted = a
	c.r = c.r.WithContext(tenant.Acting(c.r.Context(), &a.Once))
	refused := act()
	if refused == nil {
		return nil
	}
	// Perhaps it is refused because the same request was quicker on another connection.
	if done, err := a.replay(p); done {
		return err
	}
	return refused
}

// reread reads the body into v and leaves it to be read again: for what must be known
// before the caller is let in.
func (c *call) reread(v any) error {
	body, err := web.ReadBody(c.r)
	if err != nil {
		return err
	}
	c.r.Body = io.NopCloser(bytes.NewReader(body))
	if err := web.ReadJSON(c.r, v); err != nil {
		return err
	}
	c.r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// attempt reads the key; nil without one.
func (c *call) attempt(p *access.Permit) (*attempt, error) {
	key, err := web.IdempotencyKey(c.r)
	if err != nil || key == "" {
		return nil, err
	}
	body, err := web.ReadBody(c.r)
	if err != nil {
		return nil, err
	}
	c.r.Body = io.NopCloser(bytes.NewReader(body))
	a := &attempt{call: c}
	if a.open, err = c.changes(p); err != nil {
		return nil, err
	}
	ring, err := c.api.Rings.Open(c.r.Context(), c.tenant.ID)
	if err != nil {
		return nil, err
	}
	index, err := ring.Index(c.r.Context())
	if err != nil {
		return nil, err
	}
	sum := web.RequestDigest(c.r, body)
	tag := index.Tag("once/"+c.route.Name, p.Actor.Ref(), key)
	digest := index.Tag("once-request/"+c.route.Name, p.Actor.Ref(), string(sum[:]))
	a.Once = tenant.Once{Tag: tag[:], Digest: digest[:], Control: c.route.Scope == Operator, Seal: a.seal}
	a.aead, err = answerKey(index, p.Actor.Ref(), key)
	return a, err
}

// answerKey is the key under which an answer is kept. It comes out of the tenant's
// index key and of what the client chose, which is stored nowhere: an answer may hold
// a secret that is shown once, and nobody opens it who could not ask for it again.
func answerKey(index *blindindex.Key, ref, key string) (tink.AEAD, error) {
	h := sha256.New()
	for i := range 4 { // four tags of ten bytes: more than the key has
		tag := index.Tag("once-answer/"+strconv.Itoa(i), ref, key)
		h.Write(tag[:])
	}
	return subtle.NewAESGCM(h.Sum(nil))
}

// changes says in which log the change of a route stands, and with it what is kept.
func (c *call) changes(p *access.Permit) (func(context.Context) (*audit.Log, func(), error), error) {
	if c.route.Scope == Operator {
		return c.api.Tenants.ControlLog, nil
	}
	place := tenant.Main
	if p.Ask.On == access.Record {
		schema, err := c.api.Vault.Schema(c.r.Context(), p)
		if err != nil {
			return nil, err
		}
		k, err := schema.Collection(p.Ask.Collection)
		if err != nil {
			return nil, err
		}
		place = k.Placement
	}
	return func(ctx context.Context) (*audit.Log, func(), error) { return p.Log(ctx, place) }, nil
}

// seal keeps the answer that a result will be given.
func (a *attempt) seal(result any) ([]byte, error) {
	out, err := a.call.render(result)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(out, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return a.aead.Encrypt(plain, a.Tag)
}

// replay answers what the first attempt answered; done is false when there was none.
// Showing it again has a leaf of its own.
func (a *attempt) replay(p *access.Permit) (done bool, err error) {
	ctx := context.WithoutCancel(a.call.r.Context())
	log, release, err := a.open(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	kept, found, err := a.Outcome(ctx, log)
	if err != nil || !found {
		return err != nil, err
	}
	if len(kept) == 0 {
		return true, a.Running()
	}
	var out saved
	plain, err := a.aead.Decrypt(kept, a.Tag)
	if err == nil {
		err = json.Unmarshal(plain, &out)
	}
	if err != nil { // the tenant's index key was changed since: nobody can open it
		return true, errs.New(errs.Conflict, "tenant.once.running").Do("tenant.once.running.fix").Cause(err)
	}
	e := p.Entry(shownAgain(p.Ask.On))
	e.Object, e.Detail = out.object(), map[string]string{"again": a.call.route.Name}
	if _, err := log.Append(ctx, e); err != nil {
		return true, err
	}
	return true, a.call.write(out)
}

// shownAgain is what the log calls an answer that is given once more.
func shownAgain(on access.Resource) audit.Operation {
	switch on {
	case access.Record:
		return audit.RecordRead
	case access.Token:
		return audit.TokenUse
	case access.Tenant:
		return audit.TenantRead
	default:
		return audit.AccountRead
	}
}

// saved is an answer as it is kept.
type saved struct {
	Status   int    `json:"status"`
	ETag     string `json:"etag,omitzero"`
	Location string `json:"location,omitzero"`
	Object   []byte `json:"object,omitzero"`
	Body     []byte `json:"body,omitzero"`
}

func (s saved) object() id.Raw {
	raw, err := id.FromBytes(s.Object)
	if err != nil {
		return id.Raw{} // an answer about nothing in particular
	}
	return raw
}

// give answers the result of a change.
func (c *call) give(result any) error {
	out, err := c.render(result)
	if err != nil {
		return err
	}
	return c.write(out)
}

// finish answers the result of a change that took several transactions, which is
// kept only now that the last of them is durable.
func (c *call) finish(result any) error {
	if a := c.attempted; a != nil {
		ctx := context.WithoutCancel(c.r.Context())
		log, release, err := a.open(ctx)
		if err != nil {
			return err
		}
		defer release()
		if err := a.Complete(ctx, log, result); err != nil {
			return err
		}
	}
	return c.give(result)
}

func (c *call) write(out saved) error {
	h := c.w.Header()
	for name, value := range map[string]string{"ETag": out.ETag, "Location": out.Location} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if out.Status != http.StatusNoContent {
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
	}
	c.w.WriteHeader(out.Status)
	_, err := c.w.Write(out.Body)
	return err
}
