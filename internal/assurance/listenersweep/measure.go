package listenersweep

import (
	"cmp"
	"context"
	"crypto/tls"
	"slices"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/profile"
)

// Name is the mechanism's name in profiles.
const Name = "listener-sweep"

// patience is how long one knock may take.
const patience = 3 * time.Second

// New returns the mechanism.
func New(h *assurance.House) assurance.Mechanism {
	return assurance.Mechanism{Name: Name, Breaks: breaks(),
		Measure: func(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
			r := &run{house: h, control: c, f: f}
			if err := r.wanted.read(c.Parameters()); err != nil {
				f.Miss("assurance.reason.parameter", err)
				return nil
			}
			r.measure(ctx)
			return nil
		}}
}

// wanted is what a promise asks for.
type wanted struct {
	expect    []expected
	minimum   uint16        // version
	left      time.Duration // of certificates, at least; 0: not asked
	hsts      time.Duration // at least; 0: not asked
	plaintext bool          // has to be refused, or redirected
}

func (w *wanted) read(p profile.Parameters) error {
	text, err := p.Text("tls_min")
	if err != nil {
		return err
	}
	if w.minimum = versionOf(text); w.minimum == 0 {
		return profile.ErrParameter
	}
	for name, at := range map[string]*time.Duration{"cert_left": &w.left, "hsts": &w.hsts} {
		if p.Has(name) {
			if *at, err = p.Duration(name); err != nil {
				return err
			}
		}
	}
	if p.Has("plaintext") {
		if text, err = p.Text("plaintext"); err != nil || text != "refuse" && text != "redirect" {
			return cmp.Or(err, profile.ErrParameter)
		}
		w.plaintext = true
	}
	if !p.Has("expect") {
		return nil
	}
	rows, err := p.Rows("expect")
	if err != nil {
		return err
	}
	for _, row := range rows {
		e, err := readExpected(row)
		if err != nil {
			return err
		}
		w.expect = append(w.expect, e)
	}
	return nil
}

// links says whether the promise speaks of connections between components.
func (w *wanted) links() bool {
	return slices.ContainsFunc(w.expect, func(e expected) bool {
		return slices.Contains([]string{"database", "replication", "metrics", "log-forwarding", "outbound"}, e.name)
	})
}

// verified says whether the promise asks for peers that are verified and messages
// that cannot be altered.
func (w *wanted) verified() bool {
	return slices.ContainsFunc(w.expect, func(e expected) bool { return e.peers == "verified" })
}

// databaseOnly says whether the promise speaks of the link to the database alone.
func (w *wanted) databaseOnly() bool {
	return len(w.expect) == 1 && w.expect[0].name == "database"
}

func versionOf(text string) uint16 {
	return map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[text]
}

// run is one measurement.
type run struct {
	house   *assurance.House
	control assurance.Control
	f       *assurance.Finding
	wanted  wanted
	relaxed int // declared, unencrypted, and never off this machine
}

func (r *run) measure(ctx context.Context) {
	doors := r.house.Doors()
	r.sockets(ctx, doors)
	r.expected(doors)
	for _, door := range doors {
		if door.Plaintext {
			r.window(ctx, door)
			continue
		}
		r.versions(ctx, door)
		if r.wanted.plaintext {
			r.inClear(ctx, door)
		}
		if r.wanted.left > 0 {
			r.certificates(ctx, door)
		}
		if r.wanted.verified() {
			r.altered(ctx, door)
		}
	}
	r.f.Measure("doors", float64(len(doors)), "")
	if r.wanted.hsts > 0 {
		r.pages(ctx)
	}
	if r.wanted.links() {
		r.links(ctx)
	}
	if r.relaxed > 0 {
		r.f.Measure("relaxed", float64(r.relaxed), "")
	}
}
