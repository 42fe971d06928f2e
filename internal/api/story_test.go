package api_test

import (
	"context"
	"testing"

	"garant.example/client"
	"garant.example/internal/db"
	"garant.example/testkit/stage"
)

// each runs a test on a stage of each engine.
func each(t *testing.T, test func(t *testing.T, s *stage.Stage)) {
	t.Helper()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) { test(t, stage.Start(t, stage.Options{Engine: engine})) })
	}
}

func TestStory(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		ctx := context.Background()
		north := s.Open("north-hall", "civic-engagement", "CA")
		people := north.Program.Collection("participants")
		made, err := people.Create(ctx, client.NewRecord{Fields: []byte(`{"email":"mei@example.org","display_name":"Mei","standing":"registered"}`)})
		if err != nil {
			t.Fatal(err)
		}
		read, err := people.Get(ctx, made.ID, "participation")
		if err != nil || read.ETag != made.ETag {
			t.Fatalf("%v, %v", read, err)
		}
	})
}
