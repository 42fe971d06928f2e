package markerscan

import (
	"context"
	"errors"
	"slices"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// Name is the mechanism's name in profiles.
const Name = "marker-scan"

// New returns the mechanism.
func New(h *assurance.House) assurance.Mechanism {
	return assurance.Mechanism{Name: Name, Breaks: breaks(),
		Measure: func(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
			return (&run{house: h, control: c, finding: f}).measure(ctx)
		}}
}

// run is one measurement.
type run struct {
	house   *assurance.House
	control assurance.Control
	finding *assurance.Finding
	plan    plan
	garden  *garden
	schema  *vault.Schema
	since   time.Time // of the machine: what files carry
	servers []string  // data folders of database servers
	turned  int       // altered copies that had to be refused
	bits    int       // of the canary's shortest key; 0 when nobody asked
}

func (r *run) measure(ctx context.Context) (err error) {
	if r.plan, err = planOf(r.control); err != nil {
		r.finding.Miss("assurance.reason.parameter", err)
		return nil
	}
	r.since = clock.System().Now()
	door, err := openDoor(ctx, r.house, r.control.Canary)
	if err != nil {
		r.finding.Miss("assurance.reason.canary", err)
		return nil
	}
	// What was planted goes again, whatever happens and however impatient the caller is.
	after := context.WithoutCancel(ctx)
	defer func() {
		if err := door.close(after); err != nil {
			r.finding.Miss("marker_scan.reason.removal", err)
		}
	}()
	r.garden = &garden{door: door, known: map[id.Name]id.Record{}}
	defer func() {
		if err := r.garden.clear(after); err != nil {
			r.finding.Miss("marker_scan.reason.removal", err)
		}
	}()
	if r.plan.account {
		m, err := r.garden.enlist(ctx)
		defer func() {
			if err := m.rest(after); err != nil {
				r.finding.Miss("marker_scan.reason.removal", err)
			}
		}()
		if err != nil {
			r.finding.Miss("marker_scan.reason.planting", err)
			return nil
		}
	}
	if err := r.plantAll(ctx); err != nil {
		r.finding.Miss("marker_scan.reason.planting", err)
		return nil
	}
	return r.look(ctx)
}

// plantAll plants in every collection that the promise is about and reads back.
func (r *run) plantAll(ctx context.Context) (err error) {
	if r.schema, err = r.schemaOf(ctx, r.control.Canary); err != nil {
		return err
	}
	for i := range r.schema.Collections {
		c := &r.schema.Collections[i]
		if len(r.plan.sources) > 0 && !slices.Contains(r.plan.sources, c.Placement) {
			continue
		}
		if err := r.garden.plant(ctx, r.schema, c.Name, true); err != nil {
			return err
		}
	}
	for i := range r.garden.records {
		ok, err := r.garden.readBack(ctx, &r.garden.records[i])
		if err != nil {
			return err
		}
		if !ok {
			r.finding.Miss("marker_scan.reason.read_back", errors.New(string(r.garden.records[i].collection.Name)))
		}
	}
	return r.garden.disturb(ctx)
}

func (r *run) schemaOf(ctx context.Context, t tenant.Tenant) (*vault.Schema, error) {
	p, err := r.house.Gate.Enter(ctx, access.Ask{Action: access.List, On: access.Collection, Tenant: t.ID})
	if err != nil {
		return nil, err
	}
	return r.house.Vault.Schema(ctx, p)
}

// look does every check on what was planted.
func (r *run) look(ctx context.Context) error {
	bodies, err := r.garden.sealed(ctx, r.house, r.control.Canary)
	if err != nil {
		return err
	}
	if len(bodies) < len(r.garden.records) {
		r.finding.Miss("marker_scan.reason.read_back", errors.New("a record that was planted lies in no placement"))
	}
	if err := r.seals(ctx, bodies); err != nil {
		return err
	}
	if r.plan.settings || r.plan.onlyIn {
		if err := r.headers(ctx); err != nil {
			return err
		}
	}
	marks, err := r.windows(ctx, bodies)
	if err != nil {
		return err
	}
	if err := r.scan(ctx, append(r.garden.marks, marks...)); err != nil {
		return err
	}
	if r.plan.onlyIn {
		if err := r.apart(ctx); err != nil {
			return err
		}
	}
	if r.plan.events != "" {
		return r.opened(ctx)
	}
	return nil
}

// scan reads all raw bytes and judges what was met.
func (r *run) scan(ctx context.Context, marks []mark) error {
	s, err := newScanner(marks, r.plan.encodings)
	if err != nil {
		r.finding.Miss("assurance.reason.parameter", err)
		return nil
	}
	list, err := databases(r.house, r.control.Tenants)
	if err != nil {
		return err
	}
	mine := folders(r.house)
	s.own(mine)
	r.servers = servers(ctx, r.house, list)
	s.shared(r.servers, mine, r.since, maxServer)
	if r.house.Folders != nil {
		s.shared(r.house.Folders(), mine, r.since, maxShared)
	}
	if r.house.Logs != nil {
		s.shared(r.house.Logs(), mine, r.since, maxServer)
	}
	if err := s.tables(ctx, r.house, list); err != nil {
		r.finding.Miss("marker_scan.reason.unfinished", err)
	}
	if s.missed != nil {
		r.finding.Miss("marker_scan.reason.unfinished", s.missed)
	}
	r.judge(s, marks)
	r.finding.Measure("files", float64(s.files), "")
	r.finding.Measure("bytes", float64(s.bytes), "B")
	r.finding.Measure("turned", float64(r.turned), "")
	if r.bits > 0 {
		r.finding.Measure("key_bits", float64(r.bits), "bit")
	}
	r.finding.Measure("rows", float64(s.rows), "")
	return nil
}

// judge weighs every hit: a token met anywhere is a failure; a piece of ciphertext
// must be met at home, which shows that the search sees, and with only-in nowhere
// else.
func (r *run) judge(s *scanner, marks []mark) {
	home := make([]bool, len(marks))
	for _, h := range s.hits {
		m := marks[h.mark]
		switch {
		case m.token != "":
			r.fail("marker_scan.reason.clear", m, h.place)
		case lies(h.place, m.own):
			home[h.mark] = true
		case r.plan.onlyIn && !within(h.place, r.servers):
			// A server's own files hold all its databases; its tables tell them apart.
			r.fail("marker_scan.reason.elsewhere", m, h.place)
		}
	}
	tokens := 0
	for i, m := range marks {
		if m.token != "" {
			tokens++
		}
		if m.token != "" || home[i] {
			r.finding.Saw()
			continue
		}
		r.finding.Skipped()
		r.finding.Miss("marker_scan.reason.unseen", errors.New(m.what+" was not met in "+m.own))
	}
	r.finding.Measure("markers", float64(tokens), "")
}

// fail keeps the first place for the operator: the page shows opaque ids only.
func (r *run) fail(reason string, m mark, place string) {
	r.finding.Fail(reason, m.culprit)
	if r.finding.Detail == "" {
		r.finding.Detail = m.what + " in " + place
	}
}
