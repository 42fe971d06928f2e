package placementregister

import (
	"context"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/profile"
)

// failoverRecord is the word of the parameter "approval": a primary that lies
// elsewhere needs an open failover record.
const failoverRecord = "failover-record"

// The register of the operator that holds failover records, and the state in which
// one is open: approved by somebody, and not ended.
const (
	register  id.Name = "approvals"
	openState id.Name = "granted"
)

// failoverOf reads the parameter.
func failoverOf(p profile.Parameters) (bool, error) {
	if !p.Has("approval") {
		return false, nil
	}
	word, err := p.Text("approval")
	return word == failoverRecord, err
}

// recorded says whether a store lies elsewhere because of a failover that is on
// record: its placement names an entry of the operator's register of approvals, and
// that entry is open. An entry that ended no longer counts, and one that was never
// granted never did.
func (r *run) recorded(ctx context.Context, s store) bool {
	rec, err := id.ParseRecord(s.placement.Approval)
	if err != nil {
		return false
	}
	state, err := r.house.Vault.StateOf(ctx, r.house.Tenants.Operator(), register, rec)
	if err != nil && !errs.Is(err, errs.NotFound) {
		r.f.Miss("placement_register.reason.closed", err)
	}
	return err == nil && state == openState
}
