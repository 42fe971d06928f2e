package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"garant.example/client"
	"garant.example/testkit/stage"
)

func TestPeopleAndTokens(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		ctx := context.Background()
		north := s.Open("north", "civic-engagement", "CA")
		ada := north.Person("ada", "reader")
		if _, err := ada.Roles(ctx); !refusedWith(err, client.Forbidden) {
			t.Errorf("a reader saw the matrix: %v", err)
		}
		page, err := north.Manager.Accounts(ctx, "")
		if err != nil || len(page.Accounts) != 2 {
			t.Fatalf("%v, %v", page, err)
		}
		account, err := north.Manager.Account(ctx, page.Accounts[1].ID)
		if err != nil {
			t.Fatal(err)
		}
		stale := account.ETag
		if account, err = north.Manager.AssignRoles(ctx, account.ID, account.ETag, "auditor"); err != nil || account.Roles[0] != "auditor" {
			t.Fatalf("%v, %v", account, err)
		}
		if _, err := ada.Roles(ctx); !refusedWith(err, client.Unauthenticated) {
			t.Errorf("the session outlived the role: %v", err)
		}
		if _, err := north.Manager.Disable(ctx, account.ID, stale); !refusedWith(err, client.Stale) {
			t.Errorf("a stale change: %v", err)
		}
		if account, err = north.Manager.Disable(ctx, account.ID, account.ETag); err != nil || account.State != "disabled" {
			t.Errorf("%v, %v", account, err)
		}
		tokens(t, s, north)
	})
}

func tokens(t *testing.T, s *stage.Stage, north *stage.Tenant) {
	t.Helper()
	ctx := context.Background()
	made, err := north.Manager.CreateToken(ctx, client.NewToken{Label: "night", Roles: []string{"integration"}, Scope: []string{"participants"}, Life: time.Hour})
	if err != nil || !strings.HasPrefix(made.Secret, "grt_") {
		t.Fatalf("%v, %v", made, err)
	}
	night := s.Client(made.Secret).Tenant("north")
	if _, err := night.Collection("participants").List(ctx, client.ListOptions{}); err != nil {
		t.Errorf("the token opens nothing: %v", err)
	}
	if _, err := night.Collection("consultations").List(ctx, client.ListOptions{}); !refusedWith(err, client.Forbidden) {
		t.Errorf("the token reaches beyond its scope: %v", err)
	}
	if list, err := north.Manager.Tokens(ctx, ""); err != nil || len(list.Tokens) != 2 || list.Tokens[1].Secret != "" {
		t.Errorf("%v, %v", list, err)
	}
	if err := north.Manager.RevokeToken(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := night.Collection("participants").List(ctx, client.ListOptions{}); !refusedWith(err, client.Unauthenticated) {
		t.Errorf("a revoked token opens: %v", err)
	}
	if _, err := north.Manager.CreateToken(ctx, client.NewToken{Label: "too much", Roles: []string{"administrator"}}); !refusedWith(err, client.Invalid) {
		t.Errorf("a program became administrator: %v", err)
	}
}

func TestTenantsKeysAndProfiles(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		ctx := context.Background()
		north := s.Open("north", "insurance", "CA")
		info, err := north.Manager.Info(ctx)
		if err != nil || info.State != "open" || len(info.Placements) < 2 {
			t.Fatalf("%+v, %v", info, err)
		}
		before, err := north.Manager.Keys(ctx)
		if err != nil || !before.Open || before.Version != 1 {
			t.Fatalf("%+v, %v", before, err)
		}
		plan, err := north.Manager.RotateKeys(ctx, client.RotationRequest{Plan: true})
		if err != nil || plan.To != 2 {
			t.Fatalf("%+v, %v", plan, err)
		}
		if after, err := north.Manager.Keys(ctx); err != nil || after.Version != 1 {
			t.Errorf("a plan rotated: %+v, %v", after, err)
		}
		if _, err := north.Manager.RotateKeys(ctx, client.RotationRequest{}); err != nil {
			t.Fatal(err)
		}
		if after, err := north.Manager.Keys(ctx); err != nil || after.Version != 2 || after.OldWrap != 0 {
			t.Errorf("%+v, %v", after, err)
		}
		state, err := north.Manager.Profile(ctx)
		if err != nil || !state.Applied || len(state.Plan.Changes) != 0 || len(state.InForce) != 0 {
			t.Errorf("%+v, %v", state, err)
		}
		if plan, err := s.Operator.Platform().PlanProfile(ctx, "north"); err != nil || len(plan.Changes) != 0 {
			t.Errorf("%+v, %v", plan, err)
		}
		ends(t, s, north)
	})
}

func ends(t *testing.T, s *stage.Stage, north *stage.Tenant) {
	t.Helper()
	ctx := context.Background()
	list, err := s.Operator.Platform().Tenants(ctx, "")
	if err != nil || len(list.Tenants) != 3 { // the operator, north, and the canary beside it
		t.Fatalf("%v, %v", list, err)
	}
	if _, err := north.Manager.Info(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Operator.Platform().End(ctx, "north", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := north.Manager.Info(ctx); !refusedWith(err, client.Forbidden) {
		t.Errorf("after the contract's end: %v", err)
	}
}

// The operator's own people see nothing of a tenant without its grant (law 4).
func TestStaffSeeNothingWithoutAGrant(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		ctx := context.Background()
		s.Open("north", "civic-engagement", "CA")
		north := s.Operator.Tenant("north")
		if _, err := north.Collections(ctx); !refusedWith(err, client.Forbidden) {
			t.Errorf("collections: %v", err)
		}
		if _, err := north.Collection("participants").List(ctx, client.ListOptions{}); !refusedWith(err, client.Forbidden) {
			t.Errorf("records: %v", err)
		}
		if _, err := north.Log().Entries(ctx, client.EntryQuery{}); !refusedWith(err, client.Forbidden) {
			t.Errorf("log: %v", err)
		}
	})
}

func TestNothingIsServedBeforeTheFirstAccount(t *testing.T) {
	s := stage.Start(t, stage.Options{Unfounded: true})
	ctx, c := context.Background(), s.Client("")
	if _, err := c.Tenant("operator").Collections(ctx); !refusedWith(err, client.Setup) {
		t.Errorf("served before the setup: %v", err)
	}
	olive := client.Person{Name: "Olive", SignIn: "olive", Lang: "en"}
	if _, err := c.Setup(ctx, "wrong", olive, "Zwölf-Boxkämpfer-9182"); !refusedWith(err, client.Unauthenticated) {
		t.Errorf("a wrong secret: %v", err)
	}
	if _, err := c.Setup(ctx, s.Setup, olive, "short"); !refusedWith(err, client.Invalid) {
		t.Errorf("a short password: %v", err)
	}
	if _, err := c.Setup(ctx, s.Setup, olive, "Zwölf-Boxkämpfer-9182"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Setup(ctx, s.Setup, olive, "Zwölf-Boxkämpfer-9182"); !refusedWith(err, client.Conflict) {
		t.Errorf("set up twice: %v", err)
	}
	if _, err := c.Tenant("operator").Collections(ctx); !refusedWith(err, client.Unauthenticated) {
		t.Errorf("after the setup: %v", err)
	}
}
