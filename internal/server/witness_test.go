package server_test

import (
	"encoding/base64"
	"io"
	"testing"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// witness stands outside of all lives of a platform and remembers what it saw.
type witness struct {
	notes [][]byte               // checkpoints
	keys  map[keys.Ref]id.Record // whose text was sealed under which key
}

func newWitness() *witness { return &witness{keys: map[keys.Ref]id.Record{}} }

// heard keeps the checkpoints that a process said before it died; the last line
// may be cut.
func (w *witness) heard(t *testing.T, lines []string) {
	t.Helper()
	for i, line := range lines {
		note, err := base64.StdEncoding.DecodeString(line)
		switch {
		case err == nil:
			w.notes = append(w.notes, note)
		case i != len(lines)-1:
			t.Errorf("it said %q", line)
		}
	}
}

// account is what one look found.
type account struct {
	rows   map[string]string // by id: the fields, opened
	mails  map[string]string // by address: the id
	acts   map[string]map[audit.Operation]int
	leaves map[string]uint64 // by id: number of the creation
}

// check opens what is on the disk and holds it against every answer.
func (w *witness) check(t *testing.T, s site, l *load, when string) {
	t.Helper()
	ctx := house.Platform()
	h, _, err := s.open(ctx, io.Discard)
	if err != nil {
		t.Fatalf("%s: it does not open again: %v", when, err)
	}
	defer func() {
		if err := h.Close(ctx); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}()
	town, err := h.Tenants.Named("town")
	if err != nil {
		t.Fatal(err)
	}
	log, release, err := h.Tenants.Log(ctx, town, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if r, err := log.Verify(ctx, audit.VerifyOptions{Outside: w.notes}); err != nil || !r.OK() {
		t.Errorf("%s: the log does not verify: %v %+v", when, err, r.Culprits)
	}
	if r, err := log.VerifyRows(ctx, h.Rows(ctx, town, tenant.Main)); err != nil || !r.OK() {
		t.Errorf("%s: rows and leaves differ: %v %+v", when, err, r.Culprits)
	}
	a := &account{rows: map[string]string{}, mails: map[string]string{}, acts: map[string]map[audit.Operation]int{}, leaves: map[string]uint64{}}
	w.readRows(t, h, town, a)
	a.readLog(t, log)
	checkIndex(t, h, town, log, a, when)
	for _, hand := range l.hands {
		for _, p := range hand {
			a.hold(t, p, when)
		}
	}
	c, err := log.Checkpoint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.notes = append(w.notes, c.Note)
}

// readRows opens every record by itself and sees to it that no two share a key.
func (w *witness) readRows(t *testing.T, h *server.House, town tenant.Tenant, a *account) {
	t.Helper()
	ctx := house.Platform()
	ring, err := h.Rings.Open(ctx, town.ID)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range h.Vault.Stored(ctx, town, tenant.Main) {
		if err != nil {
			t.Fatal(err)
		}
		head, err := keys.ParseHeader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := w.keys[head.Ref]; ok && other != r.ID {
			t.Errorf("%v and %v share a key", other, r.ID)
		}
		w.keys[head.Ref] = r.ID
		plain, err := ring.Open(nil, r.Body, r.AD)
		if err != nil {
			t.Errorf("%v does not open: %v", r.ID, err)
		}
		a.rows[r.ID.String()] = string(plain)
	}
}

func (a *account) readLog(t *testing.T, log *audit.Log) {
	t.Helper()
	for q := (audit.Query{Limit: 1000}); ; {
		page, err := log.Entries(house.Platform(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Entries {
			if r.Entry.Object.IsZero() || r.Entry.Outcome != audit.Done {
				continue
			}
			object := id.Record{Raw: r.Entry.Object}.String()
			if a.acts[object] == nil {
				a.acts[object] = map[audit.Operation]int{}
			}
			a.acts[object][r.Entry.Operation]++
			if r.Entry.Operation == audit.RecordCreate {
				a.leaves[object] = r.Seq
			}
		}
		if q.From = page.Next; !page.More {
			return
		}
	}
}

// checkIndex computes the whole blind index anew from the opened records.
func checkIndex(t *testing.T, h *server.House, town tenant.Tenant, log *audit.Log, a *account, when string) {
	t.Helper()
	ctx := house.Platform()
	ring, err := h.Rings.Open(ctx, town.ID)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ring.Index(ctx)
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		tag string
		n   int64
	}
	want, numbers := map[entry]bool{}, map[int64]bool{}
	err = log.Read(ctx, func(tx db.Tx) error {
		for row, err := range tx.Rows(`SELECT n, id FROM vault_record`) {
			if err != nil {
				return err
			}
			var n int64
			var raw []byte
			if err := row.Scan(&n, &raw); err != nil {
				return err
			}
			if numbers[n] {
				t.Errorf("%s: two rows have the number %d", when, n)
			}
			numbers[n] = true
			record := id.Record{Raw: id.Raw(raw)}.String()
			mail, phone := findable(t, a.rows[record])
			if a.mails[mail] != "" {
				t.Errorf("%s: %s is there twice", when, mail)
			}
			a.mails[mail] = record
			for field, value := range map[string]string{"email": mail, "phone": phone} {
				tag := key.Tag("participants", field, value)
				want[entry{string(tag[:]), n}] = true
			}
		}
		for row, err := range tx.Rows(`SELECT tag, n FROM vault_index`) {
			if err != nil {
				return err
			}
			var e entry
			var tag []byte
			if err := row.Scan(&tag, &e.n); err != nil {
				return err
			}
			if e.tag = string(tag); !want[e] {
				t.Errorf("%s: an index row of number %d belongs to nothing", when, e.n)
			}
			delete(want, e)
		}
		return nil
	})
	if err != nil || len(want) > 0 {
		t.Errorf("%s: %d index rows are missing: %v", when, len(want), err)
	}
}
