package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"garant.example/internal/access"
	"garant.example/internal/audit"
	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/testkit/house"
)

// aged opens the platform some time later, for long enough that no node can be left
// that has not heard of a rotation.
func (s site) aged(ctx context.Context, log io.Writer, by time.Duration) (*server.House, tenant.Tenant, error) {
	o, err := s.options(log)
	if err != nil {
		return nil, tenant.Tenant{}, err
	}
	o.Clock = clock.Offset(by)
	h, _, err := server.Open(ctx, o)
	if err != nil {
		return nil, tenant.Tenant{}, err
	}
	t, err := h.Tenants.Named("town")
	return h, t, err
}

// roleRotate rotates the keys of the town until it is killed, and says how many rows
// are done.
func roleRotate(s site) error {
	ctx := house.Platform()
	h, town, err := s.aged(ctx, os.Stderr, time.Hour)
	if err != nil {
		return err
	}
	fmt.Println("rotating")
	go func() {
		last := int64(-1)
		for {
			status, err := h.Rings.Status(ctx, town.ID)
			if err != nil {
				continue
			}
			done := int64(0)
			for _, r := range status.Rotations {
				done += r.Done
			}
			if done != last {
				fmt.Println(done)
				last = done
			}
		}
	}()
	for _, level := range []keys.Level{keys.LevelSubjects, keys.LevelCollections} {
		if _, err := h.Rotator.Begin(ctx, town, level); err != nil {
			return err
		}
	}
	if _, err := h.Rotator.Run(ctx, town); err != nil {
		return err
	}
	select {} // it said that all is done, and is killed all the same
}

// The platform is killed in the middle of rotations, again and again: each time every
// record opens, rows and log agree, and the keyring is sound. Then they come to their
// end, and what lay on the disk before opens no more.
func TestCrashDuringRotation(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			s := site{Dir: t.TempDir()}
			if engine == "postgres" {
				s = siteBeside(t)
			}
			if err := s.found(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := s.fill(t, 500, 300)
			for round := range 4 {
				c := s.child(t, "rotate")
				goal := int64(100 + 200*round)
				c.killWhen(t, func(line string) bool { n, _ := strconv.ParseInt(line, 10, 64); return n >= goal })
				s.sound(t, len(before))
			}
			s.end(t, before)
		})
	}
}

// fill stores persons and consultations, and returns every row.
func (s site) fill(t *testing.T, persons, others int) map[id.Record]vault.Stored {
	t.Helper()
	h, town, err := s.aged(t.Context(), io.Discard, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for collection, line := range map[id.Name]func(n int) string{
		"participants": func(n int) string {
			return fmt.Sprintf(`{"email":"p%d@example.org","display_name":"P","standing":"registered"}`, n)
		},
		"consultations": func(n int) string { return fmt.Sprintf(`{"title":"Consultation %d","format":"survey"}`, n) },
	} {
		var src bytes.Buffer
		for n := range map[id.Name]int{"participants": persons, "consultations": others}[collection] {
			fmt.Fprintln(&src, line(n))
		}
		p, err := h.Gate.Enter(house.Platform(), access.Ask{Tenant: town.ID, Action: access.Import, On: access.Record, Collection: collection})
		if err != nil {
			t.Fatal(err)
		}
		err = h.Vault.Import(house.Platform(), p, &src, func(r vault.Result) error { return r.Err })
		if err != nil {
			t.Fatal(err)
		}
	}
	return rowsOf(t, h, town)
}

func rowsOf(t *testing.T, h *server.House, town tenant.Tenant) map[id.Record]vault.Stored {
	t.Helper()
	out := map[id.Record]vault.Stored{}
	for r, err := range h.Vault.Stored(house.Platform(), town, tenant.Main) {
		if err != nil {
			t.Fatal(err)
		}
		out[r.ID] = r
	}
	return out
}

// sound opens the platform that was killed and looks at everything.
func (s site) sound(t *testing.T, rows int) {
	t.Helper()
	h, town, err := s.aged(t.Context(), io.Discard, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.Background())
	soundIn(t, h, town, rows)
}

func soundIn(t *testing.T, h *server.House, town tenant.Tenant, rows int) {
	t.Helper()
	ctx := house.Platform()
	ring, err := h.Rings.Open(ctx, town.ID)
	if err != nil {
		t.Fatal(err)
	}
	list := rowsOf(t, h, town)
	for _, r := range list {
		if _, err := ring.Open(nil, r.Body, r.AD); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
	if len(list) != rows {
		t.Errorf("%d rows of %d", len(list), rows)
	}
	if report, err := ring.Verify(ctx); err != nil || !report.Sound() {
		t.Errorf("keyring: %+v %v", report, err)
	}
	log, release, err := h.Tenants.Log(ctx, town, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if report, err := log.Verify(ctx, audit.VerifyOptions{}); err != nil || !report.OK() {
		t.Errorf("log: %+v %v", report, err)
	}
	if report, err := log.VerifyRows(ctx, h.Rows(ctx, town, tenant.Main)); err != nil || !report.OK() {
		t.Errorf("rows: %+v %v", report, err)
	}
}

// end lets the rotations come to their end, and tries the old texts.
func (s site) end(t *testing.T, before map[id.Record]vault.Stored) {
	t.Helper()
	h, town, err := s.aged(t.Context(), io.Discard, 3*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.Background())
	ctx := house.Platform()
	for _, level := range []keys.Level{keys.LevelSubjects, keys.LevelCollections} { // the last kill may have come before the second began
		if _, err := h.Rotator.Begin(ctx, town, level); err != nil {
			t.Fatal(err)
		}
	}
	if wait, err := h.Rotator.Run(ctx, town); err != nil || wait > 0 && s.DSN == "" {
		t.Fatal(wait, err)
	}
	if s.DSN != "" { // a rotation begun just now waits for other nodes
		if err := h.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if h, town, err = s.aged(t.Context(), io.Discard, 4*time.Hour); err != nil {
			t.Fatal(err)
		}
		defer h.Close(context.Background())
		if wait, err := h.Rotator.Run(ctx, town); err != nil || wait > 0 {
			t.Fatal(wait, err)
		}
	}
	status, err := h.Rings.Status(ctx, town.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range status.Rotations {
		if r.Running {
			t.Errorf("not at its end: %+v", r)
		}
	}
	ring, err := h.Rings.Open(ctx, town.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range before {
		if _, err := ring.Open(nil, r.Body, r.AD); !errs.Is(err, errs.Erased) {
			t.Errorf("%s opens under its old key: %v", r.ID, err)
		}
	}
	soundIn(t, h, town, len(before))
}
