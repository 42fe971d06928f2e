package vault

import (
	"context"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"

	"garant.example/internal/access"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Schema is all the collections of a tenant. It is immutable once loaded.
type Schema struct {
	Collections []Collection `json:"collections"`
	LastNumber  int64        `json:"last_number"`

	byName map[id.Name]*Collection
}

// Collection returns a collection, or errs.NotFound.
func (s *Schema) Collection(name id.Name) (*Collection, error) {
	if c, ok := s.byName[name]; ok {
		return c, nil
	}
	return nil, errs.New(errs.NotFound, "vault.collection.unknown").Do("vault.collection.unknown.fix")
}

// prepare compiles patterns and the index of names.
func (s *Schema) prepare() error {
	s.byName = make(map[id.Name]*Collection, len(s.Collections))
	for i := range s.Collections {
		c := &s.Collections[i]
		if err := c.Validate(); err != nil {
			return err
		}
		s.byName[c.Name] = c
	}
	return nil
}

const configKey = "config"

func schemaAD(t id.Tenant) []byte { return append([]byte("vault.schema\x00"), t.Bytes()...) }

// Define replaces the tenant's collections within a transaction of its main log;
// the caller records the leaf. A collection keeps its number for ever, so that
// its rows are found again. The caller calls Forget once the transaction is durable.
// It returns errs.Invalid with the first collection's faults, and errs.Conflict when
// a collection that holds records would go or move.
func (s *Service) Define(ctx context.Context, tx db.Tx, t tenant.Tenant, collections []Collection) error {
	old, err := s.loadSchema(ctx, tx, t)
	if err != nil {
		return err
	}
	next := &Schema{Collections: slices.Clone(collections), LastNumber: old.LastNumber}
	for i := range next.Collections {
		c := &next.Collections[i]
		if known, ok := old.byName[c.Name]; ok {
			c.Number = known.Number
		} else {
			next.LastNumber++
			c.Number = next.LastNumber
		}
		if c.Number >= maxNumber {
			return errs.New(errs.Conflict, "vault.collection.numbers")
		}
		if c.Placement == "" {
			c.Placement = tenant.Main
		}
	}
	if err := next.prepare(); err != nil {
		return err
	}
	if err := s.noneLost(ctx, tx, t, old, next); err != nil {
		return err
	}
	return s.saveSchema(ctx, tx, t, next)
}

// noneLost refuses to forget a collection that holds records: nobody could read or
// erase them any more.
func (s *Service) noneLost(ctx context.Context, tx db.Tx, t tenant.Tenant, old, next *Schema) error {
	for i := range old.Collections {
		c := &old.Collections[i]
		if kept, ok := next.byName[c.Name]; ok && kept.Placement == c.Placement {
			continue
		}
		n, err := s.rowsOf(ctx, tx, t, c)
		if err != nil {
			return err
		}
		if n > 0 {
			return errs.New(errs.Conflict, "vault.collection.holds").With("Collection", string(c.Name)).Do("vault.collection.holds.fix")
		}
	}
	return nil
}

// rowsOf counts a collection's rows; those of the main placement within the
// transaction that is under way there.
func (s *Service) rowsOf(ctx context.Context, tx db.Tx, t tenant.Tenant, c *Collection) (n int64, err error) {
	if c.Placement == tenant.Main {
		return countRows(tx, c)
	}
	log, release, err := s.tenants.Log(ctx, t, c.Placement)
	if err != nil {
		return 0, err
	}
	defer release()
	err = log.Read(ctx, func(tx db.Tx) error { n, err = countRows(tx, c); return err })
	return n, err
}

func (s *Service) saveSchema(ctx context.Context, tx db.Tx, t tenant.Tenant, schema *Schema) error {
	sealer, err := s.tenants.Sealer(ctx, t.ID, configKey)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(schema, json.Deterministic(true))
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(nil, plain, schemaAD(t.ID))
	if err != nil {
		return err
	}
	return storeSchema(tx, sealed)
}

// loadSchema reads the schema within a transaction; an empty one when there is none.
func (s *Service) loadSchema(ctx context.Context, tx db.Tx, t tenant.Tenant) (*Schema, error) {
	schema := &Schema{}
	sealed, err := readSchema(tx)
	if errors.Is(err, db.ErrNoRows) {
		return schema, schema.prepare()
	}
	if err != nil {
		return nil, err
	}
	sealer, err := s.tenants.Sealer(ctx, t.ID, configKey)
	if err != nil {
		return nil, err
	}
	plain, err := sealer.Open(nil, sealed, schemaAD(t.ID))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(plain, schema); err != nil {
		return nil, err
	}
	return schema, schema.prepare()
}

// Schema returns the collections of the tenant a permit is for.
func (s *Service) Schema(ctx context.Context, p *access.Permit) (*Schema, error) {
	return s.schema(ctx, p.Tenant())
}

func (s *Service) schema(ctx context.Context, t tenant.Tenant) (*Schema, error) {
	return s.schemas.Get(t.ID, s.tenants.Clock().Now(), func() (schema *Schema, err error) {
		log, release, err := s.tenants.Log(ctx, t, tenant.Main)
		if err != nil {
			return nil, err
		}
		defer release()
		err = log.Read(ctx, func(tx db.Tx) error { schema, err = s.loadSchema(ctx, tx, t); return err })
		return schema, err
	})
}

// Forget drops what is remembered of a tenant's schema.
func (s *Service) Forget(t id.Tenant) { s.schemas.Forget(t) }
