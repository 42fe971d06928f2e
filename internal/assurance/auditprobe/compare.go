package auditprobe

import (
	"context"
	"time"

	"garant.example/internal/audit"
	"garant.example/internal/id"
)

// skew is how far the time of an entry may lie before its touch: the log counts in
// microseconds.
const skew = time.Millisecond

// compare holds the touches of a tape against its entries, both ways.
func (r *run) compare(ctx context.Context, p *tape) error {
	entries, err := p.entries(ctx)
	if err != nil {
		return err
	}
	for i := range p.touches {
		t := &p.touches[i]
		r.f.Saw()
		r.touches++
		found := entries[t.request]
		if t.request.IsZero() {
			found = nil
		}
		delete(entries, t.request)
		r.entries += len(found)
		r.one(t, found)
	}
	for request, left := range entries {
		for range left {
			r.entries++
			r.f.Fail("audit_probe.reason.untouched", request.String())
		}
	}
	return nil
}

// one holds a touch against the entries of its request.
func (r *run) one(t *touch, found []audit.Record) {
	var own []*audit.Entry
	for i := range found {
		if e := &found[i].Entry; e.Operation == t.op && e.Outcome == t.outcome {
			own = append(own, e)
		}
	}
	switch {
	case len(own) == 0:
		r.f.Fail("audit_probe.reason.untraced", culprit(t))
		return
	case !t.many && len(found) > 1:
		r.f.Fail("audit_probe.reason.twice", culprit(t))
	}
	for _, e := range own {
		for _, field := range r.want.fields {
			if missing, _ := lacks(field, t, e, r.want.within); missing {
				r.f.Fail("audit_probe.reason."+field, culprit(t))
			}
		}
		if e.Object != t.object && !t.object.IsZero() {
			r.f.Fail("audit_probe.reason.object", culprit(t))
		}
	}
	if own[0].At.Sub(t.sent) > r.slowest {
		r.slowest = own[0].At.Sub(t.sent)
	}
}

// culprit names a touch by the number of its request, or by what was done when the
// answer gave none.
func culprit(t *touch) string {
	if t.request.IsZero() {
		return t.what
	}
	return t.what + " " + t.request.String()
}

// lacks says whether an entry lacks a field that the promise names; known is false
// for a word that names none. A field that the touch could not give is not missing:
// a refusal happens before anybody asks for the purpose.
func lacks(field string, t *touch, e *audit.Entry, within time.Duration) (missing, known bool) {
	switch field {
	case "actor":
		return e.Actor.Ref == "", true
	case "device":
		return e.Actor.Device == "" && (e.Actor.Agent == "" || !e.Actor.Address.IsValid()), true
	case "operation":
		return !e.Operation.Known(), true
	case "result":
		return e.Outcome != t.outcome, true
	case "time":
		return e.At.Before(t.sent.Add(-skew)) || e.At.After(t.answered.Add(within)), true
	case "purpose":
		return t.outcome == audit.Done && t.purpose != "" && e.Purpose != t.purpose, true
	case "reason":
		return e.Reason == "" && e.Purpose == "" && e.Ticket == "", true
	case "object":
		return !names(t, e), true
	default:
		return false, false
	}
}

// names says whether an entry tells what was touched: the one thing, or what kind of
// thing, and of a refusal what was wanted of it.
func names(t *touch, e *audit.Entry) bool {
	if t.outcome == audit.Refused {
		return e.Kind != "" && e.Detail["action"] != ""
	}
	if !t.object.IsZero() {
		return e.Object == t.object
	}
	return e.Object != (id.Raw{}) || e.Collection != "" || e.Kind != ""
}
