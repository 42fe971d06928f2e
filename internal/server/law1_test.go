package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/profile"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
	"garant.example/profiles"
	"garant.example/testkit/house"
)

// Law 1: no write without its leaf, no leaf without its write; and nothing that is
// read leaves before its leaf is durable. The log is made unwritable under each
// verb: the verb must fail, and leave every table as it was. Then the log is healed,
// and the same call must go through and leave at least one leaf.
func TestLaw1NoWriteWithoutLeaf(t *testing.T) {
	house.Engines(t, func(t *testing.T, h *house.House) {
		w := newWorld(t, h)
		for _, v := range w.verbs() {
			call := v.prepare()
			w.breakLog()
			before := w.state()
			if err := call(); err == nil {
				t.Errorf("%s went through without a log", v.name)
			}
			if after := w.state(); after != before {
				t.Errorf("%s changed something without a leaf: %s", v.name, difference(before, after))
			}
			w.healLog()
			size := w.leaves()
			if err := call(); err != nil {
				t.Errorf("%s with a log: %v", v.name, err)
			}
			if w.leaves() == size {
				t.Errorf("%s left no leaf", v.name)
			}
		}
		w.sound()
	})
}

// world is a town with one of everything.
type world struct {
	*testing.T
	h      *house.House
	t      tenant.Tenant
	serial int
}

func newWorld(t *testing.T, h *house.House) *world {
	return &world{T: t, h: h, t: h.Tenant("town", "civic-engagement", "CA", false)}
}

// verb is one thing that can be done. prepare makes what it acts on, while the log
// is whole.
type verb struct {
	name    string
	prepare func() func() error
}

func (w *world) places() []db.Place {
	main, err := w.h.House.Tenants.PlacementPlace(w.t, tenant.Main)
	if err != nil {
		w.Fatal(err)
	}
	return []db.Place{main, w.h.House.Opt.Control}
}

// in runs fn on a database past all domains.
func (w *world) in(p db.Place, fn func(db.DB) error) {
	w.Helper()
	d, release, err := w.h.House.Pool.Acquire(context.Background(), p)
	if err != nil {
		w.Fatal(err)
	}
	defer release()
	if err := fn(d); err != nil {
		w.Fatal(err)
	}
}

func (w *world) rename(from, to string) {
	w.Helper()
	for _, p := range w.places() {
		w.in(p, func(d db.DB) error {
			return d.Write(context.Background(), func(tx db.Tx) error {
				_, err := tx.Exec(`ALTER TABLE ` + from + ` RENAME TO ` + to)
				return err
			})
		})
	}
}

func (w *world) breakLog() { w.rename("audit_segment", "audit_away") }
func (w *world) healLog()  { w.rename("audit_away", "audit_segment") }

// state is every byte of every table, as the engine itself writes it.
func (w *world) state() string {
	w.Helper()
	var all strings.Builder
	for _, p := range w.places() {
		w.in(p, func(d db.DB) error {
			return d.Read(context.Background(), func(tx db.Tx) error {
				names, err := texts(tx, map[db.Engine]string{db.SQLite: `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`,
					db.Postgres: `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`}[tx.Engine()])
				for _, name := range names {
					if err == nil {
						err = dump(tx, name, &all)
					}
				}
				return err
			})
		})
	}
	return all.String()
}

func texts(tx db.Tx, query string) (list []string, err error) {
	for row, err := range tx.Rows(query) {
		if err != nil {
			return nil, err
		}
		var s string
		if err := row.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// dump writes a table, one line for each row.
func dump(tx db.Tx, name string, to *strings.Builder) error {
	query := `SELECT t::text FROM ` + name + ` t ORDER BY t::text`
	if tx.Engine() == db.SQLite {
		columns, err := texts(tx, `SELECT 'quote(' || name || ')' FROM pragma_table_info('`+name+`')`)
		if err != nil {
			return err
		}
		query = `SELECT ` + strings.Join(columns, " || ',' || ") + ` FROM ` + name + ` ORDER BY 1`
	}
	rows, err := texts(tx, query)
	for _, row := range rows {
		to.WriteString(name + ": " + row + "\n")
	}
	return err
}

// difference shows the first lines that are not in both.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("%.200s\nbecame\n%.200s", x[i], y[i])
		}
	}
	return fmt.Sprintf("%d lines became %d", len(x), len(y))
}

// leaves counts the entries of both logs.
func (w *world) leaves() (n uint64) {
	w.Helper()
	for _, open := range []func() (*audit.Log, func(), error){
		func() (*audit.Log, func(), error) { return w.h.House.Tenants.Log(house.Platform(), w.t, tenant.Main) },
		func() (*audit.Log, func(), error) { return w.h.House.Tenants.ControlLog(house.Platform()) },
	} {
		log, release, err := open()
		if err != nil {
			w.Fatal(err)
		}
		head, err := log.Head(house.Platform())
		release()
		if err != nil {
			w.Fatal(err)
		}
		n += head.Size
	}
	return n
}

// sound wants rows and leaves to fit.
func (w *world) sound() {
	w.Helper()
	ctx := house.Platform()
	log, release, err := w.h.House.Tenants.Log(ctx, w.t, tenant.Main)
	if err != nil {
		w.Fatal(err)
	}
	defer release()
	if r, err := log.Verify(ctx, audit.VerifyOptions{}); err != nil || !r.OK() {
		w.Errorf("log: %v %+v", err, r.Culprits)
	}
	if r, err := log.VerifyRows(ctx, w.h.House.Rows(ctx, w.t, tenant.Main)); err != nil || !r.OK() {
		w.Errorf("rows: %v %+v", err, r.Culprits)
	}
}

func (w *world) permit(a access.Action, on access.Resource, collection id.Name) *access.Permit {
	w.Helper()
	return w.h.Permit(w.t, access.Ask{Action: a, On: on, Collection: collection})
}

func (w *world) fields() (mail string, fields []byte) {
	w.serial++
	mail = fmt.Sprintf("p%d@example.org", w.serial)
	return mail, fmt.Appendf(nil, `{"email":%q,"display_name":"Inès","standing":"registered"}`, mail)
}

func (w *world) record() (vault.Record, string) {
	w.Helper()
	mail, fields := w.fields()
	rec, err := w.h.House.Vault.Create(house.Platform(), w.permit(access.Create, access.Record, "participants"), fields, vault.CreateOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return rec, mail
}

func (w *world) account(password string) identity.Account {
	w.Helper()
	mail, _ := w.fields()
	a, _, err := w.h.House.Identity.CreateAccount(house.Platform(), w.permit(access.Manage, access.Account, ""),
		identity.NewAccount{Person: identity.Person{Name: "Test", SignIn: mail, Email: mail, Lang: "en"}, Roles: []id.Name{"administrator"}, Password: password})
	if err != nil {
		w.Fatal(err)
	}
	return a
}

var errShown = errors.New("something was shown")

func (w *world) verbs() []verb {
	return append(append(w.recordVerbs(), w.peopleVerbs()...), w.otherVerbs()...)
}

// onRecord is a verb that acts on a record of its own.
func (w *world) onRecord(name string, a access.Action, do func(ctx context.Context, p *access.Permit, r vault.Record, mail string) error) verb {
	return verb{name, func() func() error {
		rec, mail := w.record()
		p := w.permit(a, access.Record, "participants")
		return func() error { return do(house.Platform(), p, rec, mail) }
	}}
}

// hidden fails when a reader failed and showed something all the same.
func hidden(err error, shown int) error {
	if err != nil && shown > 0 {
		return nil // taken for success: the test will say that it went through
	}
	return err
}

func (w *world) recordVerbs() []verb {
	v := w.h.House.Vault
	return []verb{
		w.onRecord("record create", access.Create, func(ctx context.Context, p *access.Permit, _ vault.Record, _ string) error {
			_, fields := w.fields()
			r, err := v.Create(ctx, p, fields, vault.CreateOptions{IdempotencyKey: "once"})
			if len(r.Fields) == 0 && err == nil {
				return errShown
			}
			return err
		}),
		w.onRecord("record update", access.Update, func(ctx context.Context, p *access.Permit, r vault.Record, _ string) error {
			_, err := v.Update(ctx, p, r.ID, r.ETag(), []byte(`{"display_name":"Other","email":"other`+r.ID.String()+`@example.org"}`))
			return err
		}),
		w.onRecord("record delete", access.Delete, func(ctx context.Context, p *access.Permit, r vault.Record, _ string) error {
			return v.Delete(ctx, p, r.ID, r.ETag())
		}),
		w.onRecord("record restrict", access.Restrict, func(ctx context.Context, p *access.Permit, r vault.Record, _ string) error {
			_, err := v.Restrict(ctx, p, r.ID, r.ETag(), true)
			return err
		}),
		w.onRecord("record import", access.Import, func(ctx context.Context, p *access.Permit, _ vault.Record, _ string) error {
			_, fields := w.fields()
			told := 0
			err := v.Import(ctx, p, bytes.NewReader(fields), func(r vault.Result) error {
				told++
				return r.Err
			})
			return hidden(err, told)
		}),
		w.onRecord("record read", access.Read, func(ctx context.Context, p *access.Permit, r vault.Record, _ string) error {
			out, err := v.Get(ctx, p, r.ID, "support")
			return hidden(err, len(out.Fields))
		}),
		w.onRecord("record find", access.Find, func(ctx context.Context, p *access.Permit, _ vault.Record, mail string) error {
			found, err := v.Find(ctx, p, "email", mail, "support")
			return hidden(err, len(found))
		}),
		w.onRecord("record list", access.List, func(ctx context.Context, p *access.Permit, _ vault.Record, _ string) error {
			page, err := v.List(ctx, p, vault.ListOptions{Limit: 10, Purpose: "support"})
			return hidden(err, len(page.Records))
		}),
		w.onRecord("record list, masked", access.List, func(ctx context.Context, p *access.Permit, _ vault.Record, _ string) error {
			page, err := v.List(ctx, p, vault.ListOptions{Limit: 10})
			return hidden(err, len(page.Records))
		}),
		w.onRecord("record export", access.Export, func(ctx context.Context, p *access.Permit, _ vault.Record, _ string) error {
			var out bytes.Buffer
			_, err := v.Export(ctx, p, "reporting", vault.NDJSON, &out)
			return hidden(err, out.Len())
		}),
		{"record transition", func() func() error {
			rec, err := v.Create(house.Platform(), w.permit(access.Create, access.Record, "consultations"), []byte(`{"title":"Park","format":"survey"}`), vault.CreateOptions{})
			if err != nil {
				w.Fatal(err)
			}
			p := w.h.Permit(w.t, access.Ask{Action: access.Transition, On: access.Record, Collection: "consultations", Edge: access.Edge{From: "draft", To: "open"}})
			return func() error {
				_, err := v.Move(house.Platform(), p, rec.ID, rec.ETag())
				return err
			}
		}},
	}
}

// profile is the town's profile with another length of sessions.
func (w *world) profile() *profile.Profile {
	w.Helper()
	text, err := profiles.FS.ReadFile("civic-engagement.yaml")
	if err != nil {
		w.Fatal(err)
	}
	changed := bytes.Replace(text, []byte("{name: notes, "), []byte("{name: remarks, title: {en: Remarks, fr: Remarques}, kind: text, personal: true}\n      - {name: notes, "), 1)
	p, err := profile.Parse("civic-engagement.yaml", changed)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// A refusal is an answer too: the decision is told only once it stands in the log.
func (w *world) otherVerbs() []verb {
	h := w.h
	return []verb{
		{"tenant open", func() func() error {
			return func() error {
				w.serial++
				_, err := h.House.OpenTenant(house.Platform(), tenant.Opening{Slug: id.Name(fmt.Sprintf("v%d", w.serial)), Title: "V", Country: "CA", Lang: "en", Profile: "civic-engagement"})
				return err
			}
		}},
		{"tenant end", func() func() error {
			other := h.Tenant("leaving", "civic-engagement", "CA", false)
			return func() error {
				_, err := h.House.Tenants.End(house.Platform(), other.ID, h.House.Opt.Clock.Now())
				return err
			}
		}},
		{"key rotation", func() func() error {
			ring, err := h.House.Rings.Open(house.Platform(), w.t.ID)
			if err != nil {
				w.Fatal(err)
			}
			return func() error { _, err := ring.RunKEKRotation(house.Platform(), nil); return err }
		}},
		{"profile apply", func() func() error {
			p := w.h.Permit(w.t, access.Ask{Action: access.Manage, On: access.Profile})
			wanted := w.profile()
			plan, err := h.House.Profiles.Plan(house.Platform(), p, wanted)
			if err != nil {
				w.Fatal(err)
			}
			return func() error { _, err := h.House.Profiles.Apply(house.Platform(), p, wanted, plan.To); return err }
		}},
		{"refusal", func() func() error {
			ctx := actor.In(context.Background(), actor.Actor{Kind: actor.Member, Tenant: w.t.ID, Account: id.NewAccount(), Roles: []id.Name{"reader"}})
			return func() error {
				_, err := h.House.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Key, Tenant: w.t.ID})
				if err != nil && strings.HasPrefix(err.Error(), "forbidden") {
					return nil
				}
				return err
			}
		}},
		{"log read", func() func() error {
			name, password := h.Account(w.t, "auditor")
			session := signIn(w.T, h, "town", name, password)
			return func() error {
				res, body := h.Do(session, "GET", "/v1/tenants/town/log/entries", "")
				if res.StatusCode != http.StatusOK && !strings.Contains(body, `"entries"`) {
					return errors.New(res.Status)
				}
				return nil
			}
		}},
	}
}
