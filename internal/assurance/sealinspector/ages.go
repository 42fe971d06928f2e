package sealinspector

import (
	"context"
	"time"
)

const day = 24 * time.Hour

// ages measures the wrapping key of every tenant of the profile: how old it is, and
// whether every data key has come under it in time.
func (r *run) ages(ctx context.Context) error {
	oldest, waiting := time.Duration(0), int64(0)
	for _, t := range r.control.Tenants {
		about, err := r.house.Rings.Status(ctx, t.ID)
		if err != nil {
			return err
		}
		r.finding.Saw()
		oldest = max(oldest, r.now.Sub(about.Rotated))
		waiting += about.OldWrap
		due := r.control.Promise.Control.Allowance().After(r.plan.keyAge.After(about.Rotated))
		if r.now.After(due) {
			r.finding.Fail("seal_inspector.reason.old_key", t.ID.String())
		}
		late := r.now.Sub(about.Rotated) > r.plan.rewrap
		if late && (about.OldWrap > 0 || about.Rotation != nil) {
			r.finding.Fail("seal_inspector.reason.not_rewrapped", t.ID.String())
		}
	}
	r.finding.Measure("oldest", float64(oldest/day), "d")
	r.finding.Measure("waiting", float64(waiting), "")
	return nil
}
