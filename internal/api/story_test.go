package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"garant.example/client"
	"garant.example/internal/clock"
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

// refusedWith says whether an error is a problem of a code.
func refusedWith(err error, code string) bool {
	var p *client.Problem
	return errors.As(err, &p) && p.Code == code
}

// TestRecordsFromEndToEnd is the main job: store, find, read with a purpose, change
// with If-Match, and see each act in the log with its proof.
func TestRecordsFromEndToEnd(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		ctx := context.Background()
		north := s.Open("north", "civic-engagement", "CA")
		people := north.Program.Collection("participants")
		made, err := people.Create(ctx, client.NewRecord{Fields: []byte(`{"email":"mei@example.org","display_name":"Mei","standing":"registered","notes":"=1+1"}`)})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := people.Find(ctx, "email", "MEI@Example.org", "support"); err != nil || len(found) != 1 || found[0].ID != made.ID {
			t.Fatalf("find: %v, %v", found, err)
		}
		read, err := people.Get(ctx, made.ID, "participation")
		if err != nil || read.ETag != made.ETag || !strings.Contains(string(read.Fields), "mei@example.org") {
			t.Fatalf("read: %v, %v", read, err)
		}
		changed, err := people.Update(ctx, made.ID, read.ETag, []byte(`{"display_name":"Mei T."}`))
		if err != nil || changed.Version != 2 {
			t.Fatalf("update: %v, %v", changed, err)
		}
		if _, err := people.Update(ctx, made.ID, read.ETag, []byte(`{"display_name":"M"}`)); !refusedWith(err, client.Stale) {
			t.Errorf("a stale change: %v", err)
		}
		exports(t, people)
		restricts(t, north, made.ID, changed.ETag)
		inLog(t, north, made.ID)
	})
}

// exports checks both formats, and that a formula is neutralised in CSV alone.
func exports(t *testing.T, people *client.Collection) {
	t.Helper()
	ctx := context.Background()
	var csv, ndjson bytes.Buffer
	if _, err := people.Export(ctx, "reporting", client.CSV, &csv); err != nil || !strings.Contains(csv.String(), "'=1+1") {
		t.Errorf("CSV: %v\n%s", err, &csv)
	}
	if _, err := people.Export(ctx, "reporting", client.NDJSON, &ndjson); err != nil || !strings.Contains(ndjson.String(), `"=1+1"`) {
		t.Errorf("NDJSON: %v\n%s", err, &ndjson)
	}
	if _, err := people.Export(ctx, "", client.CSV, &csv); !refusedWith(err, client.Precondition) {
		t.Errorf("an export without a purpose: %v", err)
	}
}

// restricts checks that a restricted person's data leaves by no path.
func restricts(t *testing.T, north *stage.Tenant, record, etag string) {
	t.Helper()
	ctx := context.Background()
	managed, people := north.Manager.Collection("participants"), north.Program.Collection("participants")
	restricted, err := managed.Restrict(ctx, record, etag)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.Get(ctx, record, "participation"); !refusedWith(err, client.Restricted) {
		t.Errorf("a restricted record was read: %v", err)
	}
	if found, err := people.Find(ctx, "email", "mei@example.org", "support"); err != nil || len(found) != 0 {
		t.Errorf("a restricted record was found: %v, %v", found, err)
	}
	released, err := managed.Release(ctx, record, restricted.ETag)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.Get(ctx, record, "participation"); err != nil {
		t.Errorf("after the release: %v", err)
	}
	if err := people.Delete(ctx, record, released.ETag); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, err := people.Get(ctx, record, "participation"); !refusedWith(err, client.NotFound) {
		t.Errorf("a deleted record was read: %v", err)
	}
}

// inLog checks that each act on the record stands in the log, with a proof.
func inLog(t *testing.T, north *stage.Tenant, record string) {
	t.Helper()
	ctx := context.Background()
	log := north.Person("ada", "auditor").Log()
	page, err := log.Entries(ctx, client.EntryQuery{Object: record})
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, e := range page.Entries {
		acts = append(acts, e.Operation)
	}
	for _, want := range []string{"record.create", "record.read", "record.update", "record.restrict", "record.release", "record.delete"} {
		if !slices.Contains(acts, want) {
			t.Errorf("%s is not in the log: %v", want, acts)
		}
	}
	key, err := log.Key(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		proof, err := log.Prove(ctx, e.Seq)
		if err != nil || proof.Seq != e.Seq || len(proof.Shown) > 0 {
			t.Fatalf("proof of %d: %v, %v", e.Seq, proof, err)
		}
		if err := proof.Verify(key); err != nil {
			t.Errorf("proof of %d: %v", e.Seq, err)
		}
		proof.JSON = bytes.Replace(proof.JSON, []byte(`"seq":`), []byte(`"seq":1`), 1)
		if err := proof.Verify(key); !errors.Is(err, client.ErrProof) {
			t.Errorf("a changed proof holds: %v", err)
		}
	}
	if again, err := log.Entries(ctx, client.EntryQuery{Operations: []string{"log.read"}}); err != nil || len(again.Entries) == 0 {
		t.Errorf("reading the log is not in the log: %v, %v", again, err)
	}
	verified(t, log, key)
}

func verified(t *testing.T, log *client.Log, key string) {
	t.Helper()
	ctx := context.Background()
	kept, err := log.Checkpoint(ctx)
	if err != nil || client.VerifyCheckpoint(kept, key) != nil {
		t.Fatalf("checkpoint: %v, %v", err, client.VerifyCheckpoint(kept, key))
	}
	v, err := log.Verify(ctx)
	if err != nil || !v.OK || v.Rows == 0 || v.Hashed != v.Size {
		t.Errorf("verify: %+v, %v", v, err)
	}
	if _, err := log.Entries(ctx, client.EntryQuery{}); err != nil { // the log grows
		t.Fatal(err)
	}
	proof, err := log.Continues(ctx, kept)
	if err != nil || proof.Verify(key) != nil || proof.Older != kept {
		t.Errorf("the log does not continue its checkpoint: %v", err)
	}
	var bundle bytes.Buffer
	if _, err := log.Bundle(ctx, client.Period{Since: clock.System().Now().Add(-time.Hour)}, &bundle); err != nil || !bytes.HasPrefix(bundle.Bytes(), []byte("PK")) {
		t.Errorf("bundle: %v", err)
	}
	if tile, err := log.Tile(ctx, "tile/0/000.p/1"); err != nil || len(tile) != 32 {
		t.Errorf("tile: %d bytes, %v", len(tile), err)
	}
	if _, err := log.Tile(ctx, "tile/entries/000.p/1"); err != nil {
		t.Errorf("entry tile: %v", err)
	}
}

func TestImportTellsEachLine(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		ctx := context.Background()
		people := s.Open("north", "civic-engagement", "CA").Program.Collection("participants")
		var lines strings.Builder
		const rows = 1500 // several transactions, and answers before the end of the request
		for i := range rows {
			fmt.Fprintf(&lines, `{"email":"p%d@example.org","display_name":"P","standing":"registered"}`+"\n", i)
		}
		lines.WriteString(`{"email":"nothing","display_name":"P","standing":"registered"}` + "\n")
		lines.WriteString("not JSON\n")
		for run, want := range []map[string]int{{client.Created: rows, client.Refused: 2}, {client.Exists: rows, client.Refused: 2}} {
			got, next := map[string]int{}, 1
			err := people.Import(ctx, strings.NewReader(lines.String()), func(r client.ImportResult) error {
				if r.Line != next {
					return fmt.Errorf("line %d after %d", r.Line, next-1)
				}
				next++
				got[r.Status]++
				if (r.Status == client.Refused) != (r.Problem != nil && r.ID == "") && r.Status != client.Exists {
					t.Errorf("line %d: %+v", r.Line, r)
				}
				return nil
			})
			if err != nil || got[client.Created] != want[client.Created] || got[client.Exists] != want[client.Exists] || got[client.Refused] != want[client.Refused] {
				t.Fatalf("run %d: %v, %v", run, got, err)
			}
		}
	})
}

func TestRepeatedCreationIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, s *stage.Stage) {
		r := newRing(t, s)
		h := post("once", `{"fields":{"email":"once@example.org","display_name":"O","standing":"registered"}}`, 201, "", "")
		h.header = map[string]string{"Idempotency-Key": "attempt-1"}
		first, body := r.send(t, h)
		again, second := r.send(t, h)
		if first.StatusCode != 201 || again.StatusCode != 201 || !bytes.Equal(body, second) {
			t.Errorf("%s %s\n%s %s", first.Status, body, again.Status, second)
		}
		h.body = strings.Replace(h.body, `"O"`, `"P"`, 1)
		h.status, h.code, h.pointer = 409, "conflict", "header/Idempotency-Key"
		r.check(t, h)
	})
}
