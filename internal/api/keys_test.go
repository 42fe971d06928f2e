package api_test

import (
	"context"
	"testing"

	"garant.example/client"
	"garant.example/testkit/stage"
)

// Data keys are planned and rotated by level, or for one person, and the status says
// where each level stands; what names no level is refused with a pointer.
func TestDataKeysRotate(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		ctx := context.Background()
		north := s.Open("north", "civic-engagement", "CA")
		var last client.Record
		for _, mail := range []string{"a@example.org", "b@example.org"} {
			rec, err := north.Program.Collection("participants").Create(ctx, client.NewRecord{
				Fields: []byte(`{"email":"` + mail + `","display_name":"P","standing":"registered"}`)})
			if err != nil {
				t.Fatal(err)
			}
			last = rec
		}
		plan, err := north.Manager.RotateKeys(ctx, client.RotationRequest{Level: "subjects", Plan: true})
		if err != nil || plan.Total != 2 || plan.Keys != 2 || plan.Level != "subjects" || plan.ID != "" {
			t.Fatalf("%+v, %v", plan, err)
		}
		plan, err = north.Manager.RotateKeys(ctx, client.RotationRequest{Subject: last.Subject, Plan: true})
		if err != nil || plan.Total != 1 || !plan.Single {
			t.Fatalf("%+v, %v", plan, err)
		}
		before, err := north.Manager.Keys(ctx)
		if err != nil || len(before.Rotations) != 0 || len(before.Turns) != 3 {
			t.Fatalf("a plan rotated: %+v, %v", before, err)
		}
		for _, turn := range before.Turns {
			if turn.DueAt.Sub(turn.LastAt).Hours() != 365*24 || turn.Deadline.Sub(turn.DueAt).Hours() != 72 || turn.Overdue || turn.Running {
				t.Errorf("%+v", turn)
			}
		}
		begun, err := north.Manager.RotateKeys(ctx, client.RotationRequest{Level: "subjects"})
		if err != nil || begun.ID == "" || begun.Total != 2 {
			t.Fatalf("%+v, %v", begun, err)
		}
		after, err := north.Manager.Keys(ctx)
		if err != nil || len(after.Rotations) != 1 || after.Rotations[0].ID != begun.ID || after.Rotations[0].Done != 2 {
			t.Errorf("%+v, %v", after, err)
		}
		for _, in := range []client.RotationRequest{{Level: "all"}, {Level: "kek", Subject: last.Subject}} {
			if _, err := north.Manager.RotateKeys(ctx, in); !refusedWith(err, client.Invalid) {
				t.Errorf("%+v: %v", in, err)
			}
		}
	})
}
