package logverifier

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/audit"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// sums are what a run adds up over all logs.
type sums struct {
	logs, entries, rows, heads uint64
	anchor                     time.Time     // when the oldest head was kept
	open                       time.Duration // the longest end of a log that no head covered before this run
}

// logs verifies every log that tells of the profile's tenants.
func (m *mechanism) logs(ctx context.Context, c assurance.Control, w want, f *assurance.Finding) error {
	for _, op := range w.outside() {
		f.Fail("log_verifier.reason.operations", op)
	}
	var s sums
	operator, err := m.house.Tenants.Get(m.house.Tenants.Operator())
	if err != nil {
		return err
	}
	for _, t := range append([]tenant.Tenant{operator}, c.Tenants...) {
		for _, p := range t.Placements {
			m.one(ctx, t, p.Name, w, f, &s)
		}
	}
	m.control(ctx, w, f, &s)
	if c.Promise.ID == fieldsPromise {
		m.entries(ctx, c, w, f)
		f.Measure("fields", float64(len(w.fields)), "")
		f.Measure("operations", float64(len(audit.Operations())), "")
	}
	f.Measure("logs", float64(s.logs), "")
	f.Measure("entries", float64(s.entries), "")
	f.Measure("rows", float64(s.rows), "")
	f.Measure("heads", float64(s.heads), "")
	f.Measure("uncovered", math.Ceil(s.open.Minutes()), "min")
	if !s.anchor.IsZero() {
		f.Say("anchored", s.anchor.UTC().Format(time.DateOnly))
	}
	return nil
}

// one verifies the log of one placement, and its rows against it.
func (m *mechanism) one(ctx context.Context, t tenant.Tenant, placement id.Name, w want, f *assurance.Finding, s *sums) {
	log, release, err := m.house.Tenants.Log(ctx, t, placement)
	if err != nil {
		f.Skipped()
		f.Miss("log_verifier.reason.closed", err)
		return
	}
	defer release()
	if !m.verify(ctx, log, w, f, s) {
		return
	}
	report, err := log.VerifyRows(ctx, m.house.Rows(ctx, t, placement))
	if err != nil {
		f.Miss("log_verifier.reason.closed", err)
		return
	}
	s.rows += report.Rows
	blame(f, &report.Report)
	if report.OK() {
		m.keep(ctx, log, f)
	}
}

func (m *mechanism) control(ctx context.Context, w want, f *assurance.Finding, s *sums) {
	log, release, err := m.house.Tenants.ControlLog(ctx)
	if err != nil {
		f.Skipped()
		f.Miss("log_verifier.reason.closed", err)
		return
	}
	defer release()
	if m.verify(ctx, log, w, f, s) {
		m.keep(ctx, log, f)
	}
}

// verify reads one log again, against the heads that the witness keeps; true when
// all of it holds.
func (m *mechanism) verify(ctx context.Context, log *audit.Log, w want, f *assurance.Finding, s *sums) bool {
	known, err := m.witness.heads(log.Origin())
	if err != nil {
		f.Skipped()
		f.Miss("log_verifier.reason.witness", err)
		return false
	}
	report, err := log.Verify(ctx, audit.VerifyOptions{Outside: notes(known)})
	if err != nil {
		f.Skipped()
		f.Miss("log_verifier.reason.closed", err)
		return false
	}
	f.Saw()
	s.logs, s.entries, s.heads = s.logs+1, s.entries+report.Hashed, s.heads+uint64(len(known))
	if len(known) == 0 && w.witnesses > 0 {
		m.emptied(ctx, log, w, f)
	}
	if len(known) > 0 {
		if s.anchor.IsZero() || known[0].At.Before(s.anchor) {
			s.anchor = known[0].At
		}
		if covered := known[len(known)-1]; covered.Size < report.Size {
			s.open = max(s.open, m.house.Clock.Now().Sub(covered.At))
		}
	}
	blame(f, &report)
	return report.OK()
}

// emptied tells when a witness that has no head of a log should have one: a head was
// signed before the last run that counts.
func (m *mechanism) emptied(ctx context.Context, log *audit.Log, w want, f *assurance.Finding) {
	signed, err := log.Checkpoints(ctx, 0, math.MaxInt32)
	if err != nil {
		f.Miss("log_verifier.reason.closed", err)
		return
	}
	if n := len(signed); n > 0 && m.house.Clock.Now().After(w.age.After(signed[n-1].At)) {
		f.Miss("log_verifier.reason.witness", fmt.Errorf("no head is kept of %s", log.Origin()))
	}
}

// keep has the witness keep the head of a log that was found in order.
func (m *mechanism) keep(ctx context.Context, log *audit.Log, f *assurance.Finding) {
	known, err := m.witness.heads(log.Origin())
	if err == nil {
		var c audit.Checkpoint
		if c, err = log.Checkpoint(ctx); err == nil {
			err = m.witness.keep(log.Origin(), known, c, m.house.Clock.Now())
		}
	}
	if err != nil {
		f.Miss("log_verifier.reason.witness", err)
	}
}

// blame tells what a report found, what says most first: an entry that is wrong
// disagrees with the kept heads as well.
func blame(f *assurance.Finding, r *audit.Report) {
	weight := func(c audit.Culprit) int {
		switch c.Fault {
		case audit.FaultEntry:
			return 0
		case audit.FaultOutside:
			return 2
		default:
			return 1
		}
	}
	list := slices.SortedStableFunc(slices.Values(r.Culprits), func(a, b audit.Culprit) int { return weight(a) - weight(b) })
	for _, c := range list {
		f.Fail(reasonOf(c.Fault), fmt.Sprintf("%s#%d", r.Origin, c.Seq))
	}
	if !r.OK() && f.Detail == "" {
		f.Detail = fmt.Sprintf("%s: %d faults, the first %+v", r.Origin, r.Problems, r.Culprits[:min(1, len(r.Culprits))])
	}
}

func reasonOf(fault audit.Fault) string {
	switch fault {
	case audit.FaultEntry:
		return "log_verifier.reason.entry"
	case audit.FaultOutside:
		return "log_verifier.reason.rewritten"
	case audit.FaultRowChanged, audit.FaultRowGone, audit.FaultRowTwice, audit.FaultRowUnlogged:
		return "log_verifier.reason.rows"
	default:
		return "log_verifier.reason.altered"
	}
}

// entries reads the canary's entries one by one and looks for the fields that the
// promise names.
func (m *mechanism) entries(ctx context.Context, c assurance.Control, w want, f *assurance.Finding) {
	for _, p := range c.Canary.Placements {
		log, release, err := m.house.Tenants.Log(ctx, c.Canary, p.Name)
		if err != nil {
			f.Miss("log_verifier.reason.closed", err)
			continue
		}
		if err := each(ctx, log, func(r *audit.Record) {
			for _, field := range w.fields {
				if has, _ := holds(field, r); !has {
					f.Fail("log_verifier.reason.entry", fmt.Sprintf("%s#%d", log.Origin(), r.Seq))
				}
			}
		}); err != nil {
			f.Miss("log_verifier.reason.closed", err)
		}
		release()
	}
}

// pageOfEntries is how many entries are opened at a time.
const pageOfEntries = 1000

func each(ctx context.Context, log *audit.Log, visit func(*audit.Record)) error {
	q := audit.Query{Limit: pageOfEntries}
	for {
		page, err := log.Entries(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Entries {
			visit(&page.Entries[i])
		}
		if !page.More {
			return nil
		}
		q.From = page.Next
	}
}
