package sealinspector

import (
	"context"
	"slices"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/internal/profile"
)

// Name is the mechanism's name in profiles.
const Name = "seal-inspector"

// New returns the mechanism.
func New(h *assurance.House) assurance.Mechanism {
	return assurance.Mechanism{Name: Name, Breaks: breaks(),
		Measure: func(ctx context.Context, c assurance.Control, f *assurance.Finding) error {
			r := &run{house: h, control: c, finding: f, now: h.Clock.Now()}
			var err error
			if r.plan, err = planOf(c); err != nil {
				f.Miss("assurance.reason.parameter", err)
				return nil
			}
			return r.measure(ctx)
		}}
}

// plan is what a promise asks for.
type plan struct {
	algorithms []string      // ciphers that may be met
	digests    bool          // look at stored digests as well
	bits       int64         // length of keys; 0 when the promise names none
	sample     int64         // objects that are opened in one run
	fullPass   time.Duration // within which every object must have been opened; 0 for none
	kms        string        // the service that must hold the keys; empty when the promise names none
	keyAge     profile.Span  // how old a wrapping key may be; zero when the promise names none
	rewrap     time.Duration
	rows       bool // compare rows with the log
	segment    bool // try to reach data without naming a customer
}

// planOf reads the parameters of a promise.
func planOf(c assurance.Control) (p plan, err error) {
	given := c.Parameters()
	p.algorithms = []string{"AES-256-GCM"}
	if given.Has("algorithms") {
		if p.algorithms, err = given.Words("algorithms"); err != nil {
			return p, err
		}
		p.digests = slices.Contains(p.algorithms, "SHA-256")
	}
	if given.Has("key_bits") {
		if p.bits, err = given.Bits("key_bits"); err != nil {
			return p, err
		}
	}
	if p.sample, err = given.Count("sample"); err != nil {
		return p, err
	}
	if given.Has("full_pass") {
		if p.fullPass, err = given.Duration("full_pass"); err != nil {
			return p, err
		}
	}
	if given.Has("kms") {
		if p.kms, err = given.Text("kms"); err != nil {
			return p, err
		}
	}
	if given.Has("key_age") {
		if p.keyAge, err = given.Span("key_age"); err != nil {
			return p, err
		}
		if p.rewrap, err = given.Duration("rewrap_within"); err != nil {
			return p, err
		}
	}
	p.rows = c.Promise.ID == "wywm-integrity" || c.Promise.ID == "weg-segment"
	p.segment = c.Promise.ID == "weg-segment"
	return p, nil
}

// run is one measurement.
type run struct {
	house   *assurance.House
	control assurance.Control
	finding *assurance.Finding
	plan    plan
	now     time.Time

	opened, decoded int64 // objects by the usual decoder, and by the second one
	keys            int64 // wrapped keys that were opened
	bits            int   // of the shortest
	shortest        id.Tenant
}

// measure does what the plan asks for. The service and the keys come first: they
// say why an object may not open.
func (r *run) measure(ctx context.Context) error {
	for _, look := range []struct {
		wanted bool
		at     func(context.Context) error
	}{
		{r.plan.kms != "", r.services},
		{r.plan.kms != "", r.unwrapped},
		{r.plan.keyAge != (profile.Span{}), r.ages},
		{r.plan.bits > 0 || r.plan.kms != "", r.wrapped},
		{true, r.objects},
		{r.plan.rows, r.rows},
		{r.plan.digests, r.digests},
		{r.plan.segment, r.unnamed},
	} {
		if !look.wanted {
			continue
		}
		if err := look.at(ctx); err != nil {
			return err
		}
	}
	return nil
}
