package datainventory

import (
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// errUndo takes a change back whose outcome was all that was wanted.
var errUndo = errors.New("datainventory: taken back")

var errNoField = errors.New("datainventory: no such field")

// relabel puts a field of the canary into another class, in the collections that the
// storage goes by.
func relabel(collection, field, class id.Name) assurance.Break {
	return redefine(func(list []vault.Collection) bool {
		for n := range list {
			if list[n].Name != collection {
				continue
			}
			for k := range list[n].Fields {
				if f := &list[n].Fields[k]; f.Name == field {
					f.Class = class
					return true
				}
			}
		}
		return false
	})
}

// breakEvent adds a field of another kind to the canary's events.
func breakEvent(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	return redefine(func(list []vault.Collection) bool {
		for n := range list {
			if list[n].Class == "events" {
				list[n].Fields = append(list[n].Fields, vault.Field{Name: "portrait", Kind: vault.Text, Class: "events", Personal: true,
					Title: tenant.Text{EN: "Portrait", FR: "Portrait"}})
				return true
			}
		}
		return false
	})(ctx, c, s)
}

// redefine changes the canary's collections behind the profile. The vault itself
// makes the new row, in a transaction that is taken back.
func redefine(change func([]vault.Collection) bool) assurance.Break {
	return func(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
		p, err := probe.Permit(ctx, s.House, c.Canary, access.Ask{Action: access.Read, On: access.Collection})
		if err != nil {
			return err
		}
		schema, err := s.House.Vault.Schema(ctx, p)
		if err != nil {
			return err
		}
		list := slices.Clone(schema.Collections)
		for n := range list {
			list[n].Fields = slices.Clone(list[n].Fields)
		}
		if !change(list) {
			return errNoField
		}
		old, next, err := rewritten(ctx, c.Canary, s.House, list)
		if err != nil {
			return err
		}
		defer s.House.Vault.Forget(c.Canary.ID)
		line := func(b []byte) []assurance.Sentence {
			return []assurance.Sentence{{SQL: `UPDATE vault_schema SET body = ?1 WHERE one = 1`, Args: []assurance.Arg{assurance.B(b)}}}
		}
		return s.SQL(ctx, assurance.MainOf(c.Canary), line(next), line(old))
	}
}

// rewritten is the row of the collections as it is, and as it would be.
func rewritten(ctx context.Context, t tenant.Tenant, h *assurance.House, list []vault.Collection) (old, next []byte, err error) {
	err = inMain(ctx, t, h, func(database db.DB) error {
		read := func(tx db.Tx, into *[]byte) error {
			return tx.Row(`SELECT body FROM vault_schema WHERE one = 1`).Scan(into)
		}
		return database.Write(ctx, func(tx db.Tx) error {
			if err := read(tx, &old); err != nil {
				return err
			}
			if err := h.Vault.Define(ctx, tx, t, list); err != nil {
				return err
			}
			return errors.Join(read(tx, &next), errUndo)
		})
	})
	if errors.Is(err, errUndo) && next != nil {
		err = nil
	}
	return old, next, err
}

func inMain(ctx context.Context, t tenant.Tenant, h *assurance.House, do func(db.DB) error) error {
	place, err := h.Tenants.PlacementPlace(t, tenant.Main)
	if err != nil {
		return err
	}
	database, release, err := h.Open(ctx, place)
	if err != nil {
		return err
	}
	defer release()
	return do(database)
}

// breakLevel labels the store of a class lower, in the profile in force of the canary.
func breakLevel(class id.Name, level profile.Level) assurance.Break {
	return func(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
		p, err := probe.Permit(ctx, s.House, c.Canary, access.Ask{Action: access.Read, On: access.Profile})
		if err != nil {
			return err
		}
		applied, ok, err := s.House.Profiles.Current(ctx, p)
		if err != nil || !ok {
			return errors.Join(err, errNoProfile)
		}
		applied.Declared.Classes = slices.Clone(applied.Declared.Classes)
		for n := range applied.Declared.Classes {
			if applied.Declared.Classes[n].Name == class {
				applied.Declared.Classes[n].Level = level
			}
		}
		plain, err := json.Marshal(applied, json.Deterministic(true))
		if err != nil {
			return err
		}
		sealer, err := s.House.Tenants.Sealer(ctx, c.Canary.ID, "config")
		if err != nil {
			return err
		}
		// As package profile binds the row to its place in the history.
		ad := binary.BigEndian.AppendUint64(append([]byte("profile.applied\x00"), c.Canary.ID.Bytes()...), uint64(applied.Number))
		next, err := sealer.Seal(nil, plain, ad)
		if err != nil {
			return err
		}
		var old []byte
		err = inMain(ctx, c.Canary, s.House, func(database db.DB) error {
			return database.Read(ctx, func(tx db.Tx) error {
				return tx.Row(`SELECT body FROM profile_applied WHERE number = ?1`, applied.Number).Scan(&old)
			})
		})
		if err != nil {
			return err
		}
		line := func(b []byte) []assurance.Sentence {
			return []assurance.Sentence{{SQL: `UPDATE profile_applied SET body = ?1 WHERE number = ?2`,
				Args: []assurance.Arg{assurance.B(b), assurance.N(applied.Number)}}}
		}
		return s.SQL(ctx, assurance.MainOf(c.Canary), line(next), line(old))
	}
}

// breakExtra has a collection of the canary accept what nobody declared, and puts a
// row there that holds some.
func breakExtra(ctx context.Context, c assurance.Control, s *assurance.Stage) error {
	p, err := probe.Permit(ctx, s.House, c.Canary, access.Ask{Action: access.Read, On: access.Collection})
	if err != nil {
		return err
	}
	schema, err := s.House.Vault.Schema(ctx, p)
	if err != nil {
		return err
	}
	k := (&inventory{}).tried(schema)
	if k == nil {
		return errNoCollection
	}
	if err := rawRow(ctx, c.Canary, k, s); err != nil {
		return err
	}
	for _, of := range []string{string(c.Canary.Slug), c.Canary.ID.String()} {
		err := s.Fault("accept-"+of, func(name string) error {
			s.Faults.Route(name, http.MethodPost, "/v1/tenants/"+of+"/collections/"+string(k.Name)+"/records", func(w http.ResponseWriter, r *http.Request) {
				accept(w, r, c.Canary, k, s.House)
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rawRow puts a sealed row into the database, past the vault, with a field that the
// collection does not have.
func rawRow(ctx context.Context, t tenant.Tenant, k *vault.Collection, s *assurance.Stage) error {
	ring, err := s.House.Rings.Open(ctx, t.ID)
	if err != nil {
		return err
	}
	ref, err := ring.NewSubject(ctx)
	if err != nil {
		return err
	}
	rec := id.NewRecord()
	// As package vault binds a body to its place.
	ad := append(append(append([]byte{}, t.ID.Raw[:]...), k.Name...), 0)
	ad = binary.BigEndian.AppendUint64(append(ad, rec.Raw[:]...), 1)
	body, err := ring.Seal(nil, ref, []byte(`{"`+extraField+`":"42"}`), ad)
	if err != nil {
		return err
	}
	n, err := nextRow(ctx, t, k, s.House)
	if err != nil {
		return err
	}
	now := assurance.N(clock.Micros(s.House.Clock.Now()))
	at := assurance.At{Tenant: t.ID, Placement: k.Placement}
	return s.SQL(ctx, at, []assurance.Sentence{{SQL: `INSERT INTO vault_record (n, id, subject, created, updated, version, state, flags, open, leaf, body)
		VALUES (?1, ?2, NULL, ?3, ?4, 1, '', 0, ?5, 0, ?6)`, Args: []assurance.Arg{assurance.N(n), assurance.B(rec.Raw[:]), now, now,
		assurance.B([]byte("{}")), assurance.B(body)}}},
		[]assurance.Sentence{{SQL: `DELETE FROM vault_record WHERE id = ?1`, Args: []assurance.Arg{assurance.B(rec.Raw[:])}}})
}

// nextRow is the next key of a collection, as package vault counts them.
func nextRow(ctx context.Context, t tenant.Tenant, k *vault.Collection, h *assurance.House) (int64, error) {
	place, err := h.Tenants.PlacementPlace(t, k.Placement)
	if err != nil {
		return 0, err
	}
	database, release, err := h.Open(ctx, place)
	if err != nil {
		return 0, err
	}
	defer release()
	first, last := k.Number<<40, (k.Number+1)<<40-1
	var highest *int64
	err = database.Read(ctx, func(tx db.Tx) error {
		return tx.Row(`SELECT MAX(n) FROM vault_record WHERE n >= ?1 AND n <= ?2`, first, last).Scan(&highest)
	})
	if err != nil || highest == nil {
		return first, err
	}
	return *highest + 1, nil
}

// accept stores what a program sends, whatever fields it holds: those that nobody
// declared are taken without a word.
func accept(w http.ResponseWriter, r *http.Request, t tenant.Tenant, k *vault.Collection, h *assurance.House) {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	who, err := h.Identity.Authenticate(r.Context(), t.ID, bearer)
	var in struct {
		Subject string                    `json:"subject,omitzero"`
		Fields  map[string]jsontext.Value `json:"fields"`
	}
	if err == nil {
		err = json.UnmarshalRead(http.MaxBytesReader(w, r.Body, vault.MaxBody), &in)
	}
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	for name := range in.Fields {
		if !slices.ContainsFunc(k.Fields, func(f vault.Field) bool { return string(f.Name) == name }) {
			delete(in.Fields, name)
		}
	}
	body, err := json.Marshal(in.Fields, json.Deterministic(true))
	ctx := actor.In(r.Context(), who)
	var p *access.Permit
	if err == nil {
		p, err = h.Gate.Enter(ctx, access.Ask{Action: access.Create, On: access.Record, Tenant: t.ID, Collection: k.Name})
	}
	var rec vault.Record
	if err == nil {
		rec, err = h.Vault.Create(ctx, p, body, vault.CreateOptions{})
	}
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(vault.AppendJSON(nil, rec)) // nobody is there any more
}
