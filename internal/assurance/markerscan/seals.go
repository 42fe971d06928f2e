package markerscan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// seals opens what was planted, then tries what must be refused: every part of the
// body with one bit turned, and the keys of another tenant.
func (r *run) seals(ctx context.Context, bodies []stored) error {
	ring, err := r.house.Rings.Open(ctx, r.control.Canary.ID)
	if err != nil {
		return err
	}
	other, err := r.neighbour(ctx)
	if err != nil {
		return err
	}
	for _, s := range bodies {
		culprit := s.planted.record.String()
		plain, err := ring.Open(nil, s.body, s.ad)
		if err != nil || !holds(plain, s.planted.tokens) {
			r.finding.Miss("marker_scan.reason.read_back", errors.Join(err, errors.New("what is stored does not hold the marker")))
			continue
		}
		for _, at := range []int{0, 1, 5, 11, 12, 20, len(s.body) / 2, len(s.body) - 1} {
			changed := bytes.Clone(s.body)
			changed[at] ^= 1
			r.turned++
			if _, err := ring.Open(nil, changed, s.ad); err == nil {
				r.finding.Fail("marker_scan.reason.flip", culprit)
			}
		}
		_, err = other.Open(nil, s.body, s.ad)
		switch {
		case err == nil:
			r.finding.Fail("marker_scan.reason.other_key", culprit)
		case errs.Is(err, errs.Sealed):
			r.finding.Miss("marker_scan.reason.other_closed", err)
		}
	}
	return r.keyLength(ctx, ring)
}

// keyLength opens every key of the canary's ring in memory and measures the
// shortest.
func (r *run) keyLength(ctx context.Context, ring *keys.Ring) error {
	if r.plan.bits == 0 {
		return nil
	}
	report, err := ring.Verify(ctx)
	if err != nil {
		return err
	}
	r.bits = report.KeyBits
	if int64(report.KeyBits) < r.plan.bits {
		r.finding.Fail("marker_scan.reason.key_short", r.control.Canary.ID.String())
	}
	return nil
}

// neighbour opens the keyring of another tenant: of the same profile when there is
// one, else the operator's own.
func (r *run) neighbour(ctx context.Context) (*keys.Ring, error) {
	return r.house.Rings.Open(ctx, other(r.control.Tenants, r.control.Canary.ID, r.house.Tenants.Operator()))
}

func other(list []tenant.Tenant, than, otherwise id.Tenant) id.Tenant {
	for _, t := range list {
		if t.ID != than {
			return t.ID
		}
	}
	return otherwise
}

// headers looks at every stored record of the profile's tenants without opening
// any: is it sealed as the settings in force say, and does it lie in the placement
// of its collection?
func (r *run) headers(ctx context.Context) error {
	declared, ok := r.house.Set.Profile(r.control.Promise.Profile)
	if !ok {
		return errors.New("the profile is not in the set")
	}
	algorithms, ok := declared.Settings.Set("at_rest_algorithms")
	if !ok || len(algorithms) == 0 {
		r.finding.Fail("marker_scan.reason.setting", "")
		return nil
	}
	for _, t := range r.control.Tenants {
		schema, err := r.schemaOf(ctx, t)
		if err != nil {
			return err
		}
		for _, p := range t.Placements {
			for s, err := range r.house.Vault.Stored(ctx, t, p.Name) {
				if err != nil {
					return err
				}
				r.header(&s, schema, p.Name, algorithms)
			}
		}
	}
	return nil
}

func (r *run) header(s *vault.Stored, schema *vault.Schema, placement id.Name, algorithms []string) {
	r.finding.Saw()
	h, err := keys.ParseHeader(s.Body)
	if err != nil || !slices.Contains(algorithms, h.Algorithm.String()) || int64(h.Algorithm.KeyBits()) < r.plan.bits {
		r.finding.Fail("marker_scan.reason.header", s.ID.String())
	}
	c, err := schema.Collection(s.Collection)
	if err != nil || c.Placement != placement {
		r.finding.Fail("marker_scan.reason.misplaced", s.ID.String())
	}
}

// sizes of the pieces of ciphertext that are searched for, in bytes.
const (
	windowSize = 32
	bodyBegins = 12 // after the header, which many records share
)

// windowsOf cuts pieces out of a sealed body: at its beginning, in its middle, at
// its end. A page of a database may cut one of them in two.
func windowsOf(body []byte) [][]byte {
	if len(body) < bodyBegins+windowSize {
		return nil
	}
	middle := max(bodyBegins, len(body)/2-windowSize)
	return [][]byte{body[bodyBegins:][:windowSize], body[middle:][:windowSize], body[len(body)-windowSize:]}
}

// windows are the marks that say where ciphertext lies: of what was planted, and
// with only-in of one record in each placement of every tenant of the profile.
func (r *run) windows(ctx context.Context, bodies []stored) ([]mark, error) {
	var marks []mark
	for _, s := range bodies {
		m, err := r.window(r.control.Canary, s.planted.collection.Placement, s.planted.record, s.body)
		if err != nil {
			return nil, err
		}
		marks = append(marks, m)
	}
	if !r.plan.onlyIn {
		return marks, nil
	}
	for _, t := range r.control.Tenants {
		for _, p := range t.Placements {
			for s, err := range r.house.Vault.Stored(ctx, t, p.Name) {
				if err != nil {
					return nil, err
				}
				if t.ID == r.control.Canary.ID || windowsOf(s.Body) == nil {
					break
				}
				m, err := r.window(t, p.Name, s.ID, bytes.Clone(s.Body))
				if err != nil {
					return nil, err
				}
				marks = append(marks, m)
				break
			}
		}
	}
	return marks, nil
}

func (r *run) window(t tenant.Tenant, placement id.Name, rec id.Record, body []byte) (mark, error) {
	place, err := r.house.Tenants.PlacementPlace(t, placement)
	if err != nil {
		return mark{}, err
	}
	return mark{windows: windowsOf(body), own: placeKey(place), what: "ciphertext of " + string(placement), culprit: rec.String()}, nil
}

// apart looks whether databases, keyrings and keysets of the platform's tenants
// are pairwise distinct.
func (r *run) apart(ctx context.Context) error {
	taken := map[string]id.Tenant{}
	claim := func(what string, t id.Tenant) {
		r.finding.Saw()
		if _, twice := taken[what]; twice {
			r.finding.Fail("marker_scan.reason.shared", t.String())
		}
		taken[what] = t
	}
	for _, t := range r.house.Tenants.All() {
		if t.State == tenant.Wiped || t.State == tenant.Building {
			continue
		}
		list, err := databases(r.house, []tenant.Tenant{t})
		if err != nil {
			return err
		}
		for _, d := range list[1:] { // the first is the control database
			claim(placeKey(d.place), t.ID)
		}
		if t.Profile != r.control.Promise.Profile {
			continue
		}
		keyset, err := r.keyset(ctx, t.ID)
		if err != nil {
			return err
		}
		claim(string(keyset), t.ID)
	}
	return nil
}

// keyset is the wrapped keyset of a tenant, as it lies in its keyring.
func (r *run) keyset(ctx context.Context, t id.Tenant) (keyset []byte, err error) {
	place, err := r.house.Tenants.KeyringPlace(t)
	if err != nil {
		return nil, err
	}
	opened, release, err := r.house.Open(ctx, place)
	if err != nil {
		return nil, err
	}
	defer release()
	err = opened.Read(ctx, func(tx db.Tx) error { return tx.Row(`SELECT keyset FROM keyring WHERE one = 1`).Scan(&keyset) })
	return keyset, err
}

// maxOpened bounds how many records and entries of the canary are opened.
const maxOpened = 100_000

// opened reads the canary's events and log entries as a person would see them: none
// may hold a token of another source. The events' own tokens must be met: the look
// sees what it reads.
func (r *run) opened(ctx context.Context) error {
	texts, err := r.events(ctx)
	if err != nil {
		return err
	}
	for i := range r.garden.records {
		p := &r.garden.records[i]
		met := slices.ContainsFunc(texts, func(b []byte) bool { return anyOf(b, p.tokens) })
		own := p.collection.Placement == r.plan.events
		if p.wanted && own && !met {
			r.finding.Miss("marker_scan.reason.read_back", fmt.Errorf("%s was not met among the events", p.collection.Name))
		}
		if p.wanted && !own && met {
			r.finding.Fail("marker_scan.reason.in_events", p.record.String())
		}
	}
	r.finding.Measure("opened", float64(len(texts)), "")
	return nil
}

func anyOf(text []byte, tokens []string) bool {
	return slices.ContainsFunc(tokens, func(t string) bool { return bytes.Contains(text, []byte(t)) })
}

// events gives the canary's events and the entries of its logs since the run began.
func (r *run) events(ctx context.Context) (texts [][]byte, err error) {
	for i := range r.schema.Collections {
		c := &r.schema.Collections[i]
		if c.Placement != r.plan.events {
			continue
		}
		permit, err := r.garden.door.enter(ctx, access.List, access.Record, c.Name)
		if err != nil {
			return nil, err
		}
		for after := int64(0); len(texts) < maxOpened; {
			page, err := r.house.Vault.List(ctx, permit, vault.ListOptions{After: after, Limit: vault.MaxPage, Purpose: purposeOf(c)})
			if err != nil {
				return nil, err
			}
			for _, rec := range page.Records {
				texts = append(texts, rec.Fields)
			}
			if after = page.Next; after == 0 {
				break
			}
		}
	}
	for _, p := range r.control.Canary.Placements {
		list, err := r.entries(ctx, p.Name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, list...)
	}
	return texts, nil
}

func (r *run) entries(ctx context.Context, placement id.Name) (texts [][]byte, err error) {
	log, release, err := r.house.Tenants.Log(ctx, r.control.Canary, placement)
	if err != nil {
		return nil, err
	}
	defer release()
	page, err := log.Entries(ctx, audit.Query{NewestFirst: true, Limit: 1000})
	for _, e := range page.Entries {
		texts = append(texts, fmt.Appendf(nil, "%+v", e.Entry))
	}
	return texts, err
}
