package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"garant.example/client"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// damaged is a platform with two towns of which one will be damaged on disk.
type damaged struct {
	site
	*testing.T
	towns map[string]*load // by slug: what was acknowledged
	token map[string]string
}

func newDamaged(t *testing.T) *damaged { return newDamagedAt(t, site{Dir: t.TempDir()}) }

func newDamagedAt(t *testing.T, s site) *damaged {
	d := &damaged{site: s, T: t, towns: map[string]*load{}, token: map[string]string{}}
	if err := d.found(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.token["town"] = d.Token
	d.house(func(h *server.House) {
		var err error
		if d.token["village"], err = d.town(h, "village"); err != nil {
			t.Fatal(err)
		}
	})
	d.running(func(r *server.Running) {
		for slug := range d.token {
			d.towns[slug] = &load{hands: make([][]*person, 1)}
			for range 60 {
				if err := d.towns[slug].create(t.Context(), d.people(r, slug), 0); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	return d
}

func (d *damaged) house(do func(*server.House)) {
	d.Helper()
	h, _, err := d.open(d.Context(), io.Discard)
	if err != nil {
		d.Fatal(err)
	}
	do(h)
	if err := h.Close(context.Background()); err != nil {
		d.Error(err)
	}
}

func (d *damaged) running(do func(*server.Running)) {
	d.Helper()
	r := d.serve(d.T, &notebook{})
	do(r)
	if err := r.Stop(context.Background()); err != nil {
		d.Error(err)
	}
}

func (d *damaged) people(r *server.Running, slug string) *client.Collection {
	d.Helper()
	s := d.site
	s.Token = d.token[slug]
	return s.client(d.T, r.URL()).Tenant(slug).Collection("participants")
}

// place is where the town's data lie.
func (d *damaged) place() (data, ring db.Place) {
	d.Helper()
	d.house(func(h *server.House) {
		town, err := h.Tenants.Named("town")
		if err != nil {
			d.Fatal(err)
		}
		if data, err = h.Tenants.PlacementPlace(town, tenant.Main); err != nil {
			d.Fatal(err)
		}
		if ring, err = h.Tenants.KeyringPlace(town.ID); err != nil {
			d.Fatal(err)
		}
	})
	return data, ring
}

// unaffected wants everybody of the village to be read and changed as ever.
func (d *damaged) unaffected(r *server.Running) {
	d.Helper()
	people := d.people(r, "village")
	for _, p := range d.towns["village"].hands[0] {
		rec, err := people.Get(d.Context(), p.id, "support")
		if err == nil {
			err = p.matches(rec.Fields)
		}
		if err == nil {
			err = p.update(d.Context(), people, p.name+"!")
		}
		if err != nil {
			d.Errorf("the village suffers with the town: %v", err)
		}
	}
}

// A page of a tenant's database is damaged: who asks for what stood on it is told
// so, nobody gets anything wrong, and the other tenant does not notice.
func TestCrashDamagedPage(t *testing.T) {
	d := newDamaged(t)
	data, _ := d.place()
	raw, err := os.ReadFile(data.Path)
	if err != nil {
		t.Fatal(err)
	}
	d.house(func(h *server.House) { raw, err = damage(h, raw) })
	if err == nil {
		err = os.WriteFile(data.Path, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.running(func(r *server.Running) {
		d.partlyCorrupt(r)
		d.unaffected(r)
		d.checked(r, data)
	})
}

// partlyCorrupt wants some of the town's people, and not all, to be answered with a
// damaged page, and everybody else with what is known of them.
func (d *damaged) partlyCorrupt(r *server.Running) {
	d.Helper()
	corrupt, asked, people := 0, 0, d.people(r, "town")
	for _, hand := range d.towns["town"].hands {
		for _, p := range hand {
			if p.gone || p.doubt != "" {
				continue
			}
			asked++
			rec, err := people.Get(d.Context(), p.id, "support")
			if err == nil {
				err = p.matches(rec.Fields)
			}
			var problem *client.Problem
			switch {
			case errors.As(err, &problem) && problem.Code == client.Corrupt && problem.Key == "audit.pages":
				corrupt++
			case err != nil:
				d.Errorf("%s: %#v", p.mail, err)
			}
		}
	}
	if corrupt == 0 || corrupt == asked {
		d.Errorf("%d of %d answers were that a page is damaged", corrupt, asked)
	}
}

// checked wants the check of the database to find the damage.
func (d *damaged) checked(r *server.Running, data db.Place) {
	d.Helper()
	found, release, err := r.House.Pool.Acquire(d.Context(), data)
	if err != nil {
		d.Fatal(err)
	}
	defer release()
	if err := found.Check(d.Context()); !errors.Is(err, db.ErrCorrupt) {
		d.Errorf("the check of the database: %v", err)
	}
}

// damage overwrites the head of the page in which one record of the town lies.
func damage(h *server.House, raw []byte) ([]byte, error) {
	town, err := h.Tenants.Named("town")
	if err != nil {
		return nil, err
	}
	const page = 4096
	var bodies [][]byte
	for r, err := range h.Vault.Stored(house.Platform(), town, tenant.Main) {
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, r.Body)
	}
	at := bytes.Index(raw, bodies[len(bodies)/2])
	if at < 0 {
		return nil, errors.New("the record is not in the file")
	}
	clear(raw[at/page*page : at/page*page+100])
	return raw, nil
}

// A checkpoint and the keyring are changed behind the platform's back: verifying
// finds the one, and no person's record opens with another's key.
func TestCrashTampered(t *testing.T) {
	d := newDamaged(t)
	data, ring := d.place()
	d.house(func(h *server.House) {
		checkpoint(t, h)
		write(t, h, data, `UPDATE audit_checkpoint SET note = CAST(replace(CAST(note AS TEXT), 'A', 'B') AS BLOB)`)
		write(t, h, ring, `UPDATE keyring_block SET keys = CAST(substr(keys, 66, 65) || substr(keys, 1, 65) || substr(keys, 131) AS BLOB)`)
	})
	d.running(func(r *server.Running) {
		town, err := r.House.Tenants.Named("town")
		if err != nil {
			t.Fatal(err)
		}
		log, release, err := r.House.Tenants.Log(house.Platform(), town, tenant.Main)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		report, err := log.Verify(house.Platform(), audit.VerifyOptions{})
		if err != nil || report.OK() {
			t.Errorf("a changed checkpoint was not found: %v", err)
		}
		refused := 0
		people := d.people(r, "town")
		for _, p := range d.towns["town"].hands[0] {
			rec, err := people.Get(t.Context(), p.id, "support")
			if err == nil {
				err = p.matches(rec.Fields)
			}
			var problem *client.Problem
			if errors.As(err, &problem) && problem.Code == client.Corrupt {
				refused++
			} else if err != nil {
				t.Errorf("%s: %v", p.mail, err)
			}
		}
		if refused == 0 {
			t.Error("two persons' keys changed places and nobody noticed")
		}
		d.unaffected(r)
	})
}

func checkpoint(t *testing.T, h *server.House) {
	t.Helper()
	town, err := h.Tenants.Named("town")
	if err != nil {
		t.Fatal(err)
	}
	log, release, err := h.Tenants.Log(house.Platform(), town, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := log.Checkpoint(house.Platform()); err != nil {
		t.Fatal(err)
	}
}

// write changes a database past all domains.
func write(t *testing.T, h *server.House, p db.Place, statement string) {
	t.Helper()
	d, release, err := h.Pool.Acquire(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	err = d.Write(t.Context(), func(tx db.Tx) error {
		n, err := tx.Exec(statement)
		if err == nil && n == 0 {
			err = fmt.Errorf("nothing to change: %s", statement)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
