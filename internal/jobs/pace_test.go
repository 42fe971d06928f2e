package jobs

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

func many(n int, state tenant.State) []tenant.Tenant {
	list := make([]tenant.Tenant, n)
	for i := range list {
		list[i] = tenant.Tenant{ID: id.NewTenant(), Slug: id.Name(fmt.Sprint("t", i)), State: state}
	}
	return list
}

// TestVisitPauses: what is opened costs a pause each, once the ordinary number is
// passed; what is passed over costs none.
func TestVisitPauses(t *testing.T) {
	all := many(10*atOnce, tenant.Open)
	opened, pauses := 0, 0
	err := visit(t.Context(), all, func(context.Context) { pauses++ }, func(tenant.Tenant) (bool, error) { opened++; return true, nil })
	if err != nil || opened != len(all) || pauses != len(all)-atOnce {
		t.Errorf("%d opened, %d pauses, %v", opened, pauses, err)
	}
	seen := 0
	pauses = 0
	err = visit(t.Context(), all, func(context.Context) { pauses++ }, func(tenant.Tenant) (bool, error) { seen++; return seen%20 == 0, nil })
	if err != nil || seen != len(all) || pauses != 0 {
		t.Errorf("%d seen, %d pauses for %d that were opened, %v", seen, pauses, len(all)/20, err)
	}
}

func TestVisitGoesOn(t *testing.T) {
	all := append(append(many(3, tenant.Open), many(2, tenant.Building)...), many(2, tenant.Wiped)...)
	all = append(all, many(1, tenant.Ended)...)
	mine := errors.New("mine")
	var seen []tenant.State
	err := visit(t.Context(), all, rest, func(x tenant.Tenant) (bool, error) {
		seen = append(seen, x.State)
		if len(seen) == 2 {
			return true, mine
		}
		return true, nil
	})
	if !errors.Is(err, mine) || fmt.Sprint(seen) != "[open open open ended]" {
		t.Errorf("visited %v, %v", seen, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err = visit(ctx, many(10*atOnce, tenant.Open), rest, func(tenant.Tenant) (bool, error) {
		if n++; n == atOnce {
			cancel() // the pause that comes now does not hold the end up
		}
		return true, nil
	})
	if err != nil || n > atOnce+1 {
		t.Errorf("%d visited, %v", n, err)
	}
}
