package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/testkit/house"
)

// town is a tenant of civic engagement with what the tests do in it.
type town struct {
	*testing.T
	h *house.House
	t tenant.Tenant
}

func onBoth(t *testing.T, run func(town)) {
	house.Engines(t, func(t *testing.T, h *house.House) {
		run(town{t, h, h.Tenant("town", "civic-engagement", "CA", false)})
	})
}

func (w town) permit(a access.Action, collection id.Name) *access.Permit {
	w.Helper()
	return w.h.Permit(w.t, access.Ask{Action: a, On: access.Record, Collection: collection})
}

func (w town) person(mail string) vault.Record {
	w.Helper()
	rec, err := w.h.House.Vault.Create(house.Platform(), w.permit(access.Create, "participants"), fields(mail), vault.CreateOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return rec
}

func fields(mail string) []byte {
	return fmt.Appendf(nil, `{"email":%q,"display_name":"Inès","standing":"registered"}`, mail)
}

// check wants the log and the rows to agree.
func (w town) check() {
	w.Helper()
	ctx := house.Platform()
	log, release, err := w.permit(access.Read, "participants").Log(ctx, tenant.Main)
	if err != nil {
		w.Fatal(err)
	}
	defer release()
	if r, err := log.Verify(ctx, audit.VerifyOptions{}); err != nil || !r.OK() {
		w.Errorf("log: %v %+v", err, r.Culprits)
	}
	if r, err := log.VerifyRows(ctx, w.h.House.Rows(ctx, w.t, tenant.Main)); err != nil || !r.OK() {
		w.Errorf("rows: %v %+v", err, r)
	}
}

// A restricted person's data leaves by no path, and lifting it opens them again.
func TestRestriction(t *testing.T) {
	onBoth(t, func(w town) {
		ctx, v := house.Platform(), w.h.House.Vault
		rec := w.person("ines@example.org")
		rec, err := v.Restrict(ctx, w.permit(access.Restrict, "participants"), rec.ID, rec.ETag(), true)
		if err != nil || !rec.Restricted {
			w.Fatal(err)
		}
		if _, err := v.Get(ctx, w.permit(access.Read, "participants"), rec.ID, "support"); !errs.Is(err, errs.Restricted) {
			w.Errorf("read: %v", err)
		}
		if found, err := v.Find(ctx, w.permit(access.Find, "participants"), "email", "ines@example.org", "support"); err != nil || len(found) != 0 {
			w.Errorf("find: %v %v", found, err)
		}
		if page, err := v.List(ctx, w.permit(access.List, "participants"), vault.ListOptions{Limit: 10, Purpose: "support"}); err != nil || len(page.Records) != 0 {
			w.Errorf("list: %v %v", page, err)
		}
		var out bytes.Buffer
		if _, err := v.Export(ctx, w.permit(access.Export, "participants"), "support", vault.CSV, &out); err != nil || strings.Contains(out.String(), "ines@") {
			w.Errorf("export: %q %v", out.String(), err)
		}
		if _, err := v.Update(ctx, w.permit(access.Update, "participants"), rec.ID, rec.ETag(), []byte(`{"display_name":"X"}`)); !errs.Is(err, errs.Restricted) {
			w.Errorf("update: %v", err)
		}
		if got, err := v.Get(ctx, w.permit(access.Read, "participants"), rec.ID, "rights"); err != nil || !bytes.Contains(got.Fields, []byte("ines@")) {
			w.Errorf("a purpose that may pass: %s %v", got.Fields, err)
		}
		rec, err = v.Restrict(ctx, w.permit(access.Restrict, "participants"), rec.ID, rec.ETag(), false)
		if err != nil {
			w.Fatal(err)
		}
		if _, err := v.Get(ctx, w.permit(access.Read, "participants"), rec.ID, "support"); err != nil {
			w.Errorf("released: %v", err)
		}
		w.check()
	})
}

// Two who create the same unique value at once: one is told.
func TestUniqueUnderLoad(t *testing.T) {
	onBoth(t, func(w town) {
		p := w.permit(access.Create, "participants")
		var wg sync.WaitGroup
		var mu sync.Mutex
		made, refused := 0, 0
		for range 16 {
			wg.Go(func() {
				_, err := w.h.House.Vault.Create(house.Platform(), p, fields("one@example.org"), vault.CreateOptions{})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					made++
				case errs.Is(err, errs.Conflict):
					refused++
				default:
					w.Errorf("%v", err)
				}
			})
		}
		wg.Wait()
		if made != 1 || refused != 15 {
			w.Errorf("%d made, %d refused", made, refused)
		}
		w.check()
	})
}

func TestIdempotency(t *testing.T) {
	onBoth(t, func(w town) {
		ctx, p := house.Platform(), w.permit(access.Create, "participants")
		p.Actor.Component = "client" // the key belongs to whoever asks
		opt := vault.CreateOptions{IdempotencyKey: "k1"}
		first, err := w.h.House.Vault.Create(ctx, p, fields("a@example.org"), opt)
		if err != nil {
			w.Fatal(err)
		}
		again, err := w.h.House.Vault.Create(ctx, p, fields("a@example.org"), opt)
		if err != nil || again.ID != first.ID {
			w.Errorf("repeated: %v %v", again, err)
		}
		if _, err := w.h.House.Vault.Create(ctx, p, fields("b@example.org"), opt); !errs.Is(err, errs.Conflict) {
			w.Errorf("another body: %v", err)
		}
		w.check()
	})
}

// A change to a row behind the log's back is found, whatever was changed.
func TestTamperingIsFound(t *testing.T) {
	for name, sql := range map[string]string{
		"state":     `UPDATE vault_record SET state = 'x'`,
		"flags":     `UPDATE vault_record SET flags = 1`,
		"open":      `UPDATE vault_record SET open = body`,
		"deleted":   `DELETE FROM vault_record`,
		"body":      `UPDATE vault_record SET body = open`,
		"moved":     `UPDATE vault_record SET n = n + 1`,
		"timestamp": `UPDATE vault_record SET created = created - 1`,
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(w town) {
				ctx := house.Platform()
				w.person("a@example.org")
				w.raw(func(tx db.Tx) error { _, err := tx.Exec(sql); return err })
				log, release, err := w.permit(access.Read, "participants").Log(ctx, tenant.Main)
				if err != nil {
					w.Fatal(err)
				}
				defer release()
				if r, err := log.VerifyRows(ctx, w.h.House.Rows(ctx, w.t, tenant.Main)); err == nil && r.OK() {
					w.Errorf("not found: %+v", r)
				}
			})
		})
	}
}

// raw writes past every domain.
func (w town) raw(fn func(db.Tx) error) {
	w.Helper()
	place, err := w.h.House.Tenants.PlacementPlace(w.t, tenant.Main)
	if err != nil {
		w.Fatal(err)
	}
	database, release, err := w.h.House.Pool.Acquire(context.Background(), place)
	if err != nil {
		w.Fatal(err)
	}
	defer release()
	if err := database.Write(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

// Two rows whose sealed bodies were swapped do not open.
func TestSwappedBodies(t *testing.T) {
	onBoth(t, func(w town) {
		ctx, v := house.Platform(), w.h.House.Vault
		a, b := w.person("a@example.org"), w.person("b@example.org")
		w.raw(func(tx db.Tx) error {
			var bodies [2][]byte
			for i, rec := range []vault.Record{a, b} {
				if err := tx.Row(`SELECT body FROM vault_record WHERE id = ?1`, rec.ID.Bytes()).Scan(&bodies[i]); err != nil {
					return err
				}
			}
			for i, rec := range []vault.Record{b, a} {
				if _, err := tx.Exec(`UPDATE vault_record SET body = ?2 WHERE id = ?1`, rec.ID.Bytes(), bodies[i]); err != nil {
					return err
				}
			}
			return nil
		})
		for _, rec := range []vault.Record{a, b} {
			if _, err := v.Get(ctx, w.permit(access.Read, "participants"), rec.ID, "support"); !errs.Is(err, errs.Corrupt) {
				w.Errorf("a swapped body opened: %v", err)
			}
		}
	})
}

// What a role may not see stays masked, and what it may not change is refused with
// a pointer.
func TestFieldClasses(t *testing.T) {
	h := house.Open(t, house.Options{})
	w := town{t, h, h.Tenant("shop", "experimentation", "FR", false)}
	as := func(role id.Name) context.Context {
		return actor.In(context.Background(), actor.Actor{Kind: actor.Member, Tenant: w.t.ID, Account: id.NewAccount(), Roles: []id.Name{role},
			Request: id.NewRequest(), Assurance: actor.OneFactor})
	}
	enter := func(ctx context.Context, a access.Ask) (*access.Permit, error) {
		a.On, a.Tenant, a.Collection = access.Record, w.t.ID, "campaigns"
		return h.House.Gate.Enter(ctx, a)
	}
	ctx := as("admin")
	p, err := enter(ctx, access.Ask{Action: access.Create})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := h.House.Vault.Schema(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	c, err := schema.Collection("campaigns")
	if err != nil {
		t.Fatal(err)
	}
	sensitive := ""
	for _, f := range c.Fields {
		if f.Class == "campaign-sensitive" && f.Kind == vault.Text {
			sensitive = string(f.Name)
		}
	}
	rec, err := h.House.Vault.Create(ctx, p, campaign(c), vault.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []id.Name{"creator", "viewer"} {
		if _, err := enter(as(role), access.Ask{Action: access.Delete}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s deletes: %v", role, err)
		}
		if _, err := enter(as(role), access.Ask{Action: access.Transition, Edge: c.Life.Edges[0]}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s moves: %v", role, err)
		}
	}
	if p, err = enter(as("creator"), access.Ask{Action: access.Update}); err != nil {
		t.Fatal(err)
	}
	if sensitive != "" {
		_, err = h.House.Vault.Update(as("creator"), p, rec.ID, rec.ETag(), fmt.Appendf(nil, `{%q:"x"}`, sensitive))
		if e := errs.Of(err); e == nil || e.Code != errs.Forbidden || len(e.Fields) != 1 || e.Fields[0].Pointer != "/"+sensitive {
			t.Errorf("a creator changes %s: %v", sensitive, err)
		}
	}
	if rec.State == "" {
		t.Error("a campaign has a life cycle")
	}
}

// campaign makes the least that the collection asks for.
func campaign(c *vault.Collection) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, f := range c.Fields {
		if !f.Required {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		value := `"words"`
		switch f.Kind {
		case vault.Enum:
			value = fmt.Sprintf("%q", f.Options[0])
		case vault.Choices:
			value = fmt.Sprintf("[%q]", f.Options[0])
		case vault.Integer, vault.Decimal:
			value = "1"
			if f.Min != nil {
				value = fmt.Sprint(*f.Min)
			}
		case vault.Boolean:
			value = "true"
		case vault.URL:
			value = `"https://www.example.org"`
		case vault.Date:
			value = `"2026-11-22"`
		case vault.Moment:
			value = `"2026-11-22T06:04:00Z"`
		}
		fmt.Fprintf(&b, "%q:%s", f.Name, value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// An import keeps every sound line, tells every other, and may be run again.
func TestImport(t *testing.T) {
	onBoth(t, func(w town) {
		ctx := house.Platform()
		var in bytes.Buffer
		for i := range 1200 {
			fmt.Fprintf(&in, `{"email":"p%d@example.org","display_name":"P","standing":"invited"}`+"\n", i)
		}
		in.WriteString("{\"email\":\"broken\"}\n\nnot json\n")
		fmt.Fprintln(&in, `{"fields":{"email":"last@example.org","display_name":"P","standing":"invited"}}`)
		run := func() map[vault.Status]int {
			count := map[vault.Status]int{}
			last := 0
			err := w.h.House.Vault.Import(ctx, w.permit(access.Import, "participants"), bytes.NewReader(in.Bytes()), func(r vault.Result) error {
				if r.Line <= last {
					w.Errorf("line %d after line %d", r.Line, last)
				}
				last = r.Line
				count[r.Status]++
				return nil
			})
			if err != nil {
				w.Fatal(err)
			}
			return count
		}
		if got := run(); got[vault.Created] != 1201 || got[vault.Refused] != 2 || got[vault.Exists] != 0 {
			w.Errorf("first: %v", got)
		}
		if got := run(); got[vault.Created] != 0 || got[vault.Refused] != 2 || got[vault.Exists] != 1201 {
			w.Errorf("again: %v", got)
		}
		w.check()
	})
}

// An import ends with the first failure, also when its source has more to come and
// says nothing; what was told stays.
func TestImportEndsWithItsListener(t *testing.T) {
	onBoth(t, func(w town) {
		src, client := io.Pipe()
		defer client.Close()
		go func() {
			for i := range 1024 { // two batches, and then silence
				fmt.Fprintf(client, `{"email":"q%d@example.org","display_name":"P","standing":"invited"}`+"\n", i)
			}
		}()
		gone := errors.New("nobody listens any more")
		told := 0
		err := w.h.House.Vault.Import(house.Platform(), w.permit(access.Import, "participants"), src, func(vault.Result) error {
			if told++; told > 100 {
				return gone
			}
			return nil
		})
		if !errors.Is(err, gone) || told != 101 {
			w.Errorf("after %d lines: %v", told, err)
		}
		w.check()
	})
}

// Paging shows every record once, also while others are written.
func TestPages(t *testing.T) {
	onBoth(t, func(w town) {
		for i := range 25 {
			w.person(fmt.Sprintf("p%d@example.org", i))
		}
		seen := map[id.Record]bool{}
		opt := vault.ListOptions{Limit: 10}
		for {
			page, err := w.h.House.Vault.List(house.Platform(), w.permit(access.List, "participants"), opt)
			if err != nil {
				w.Fatal(err)
			}
			for _, r := range page.Records {
				if seen[r.ID] || bytes.Contains(r.Fields, []byte("@")) {
					w.Errorf("twice or unmasked: %s %s", r.ID, r.Fields)
				}
				seen[r.ID] = true
			}
			if opt.After = page.Next; page.Next == 0 {
				break
			}
		}
		if len(seen) != 25 {
			w.Errorf("%d of 25", len(seen))
		}
	})
}
