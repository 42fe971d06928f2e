package auditprobe

import (
	"context"
	"time"

	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// touch is one request that must leave an entry.
type touch struct {
	what           string // the operation of the door
	op             audit.Operation
	object         id.Raw // zero when it is about no one thing
	purpose        string
	outcome        audit.Outcome
	many           bool // more than one entry may tell of it
	request        id.Request
	sent, answered time.Time
}

// tape is the touches of one run against one tenant.
type tape struct {
	house   *assurance.House
	door    *probe.Door
	of      tenant.Tenant
	from    map[id.Name]uint64 // by placement: the size of its log when the tape began
	actors  map[string]bool    // whose entries belong to the tape
	touches []touch
}

func newTape(ctx context.Context, h *assurance.House, d *probe.Door, t tenant.Tenant, actors ...string) (*tape, error) {
	p := &tape{house: h, door: d, of: t, from: map[id.Name]uint64{}, actors: map[string]bool{}}
	for _, a := range actors {
		p.actors[a] = true
	}
	for _, place := range t.Placements {
		log, release, err := h.Tenants.Log(ctx, t, place.Name)
		if err != nil {
			return nil, err
		}
		head, err := log.Head(ctx)
		release()
		if err != nil {
			return nil, err
		}
		p.from[place.Name] = head.Size
	}
	return p, nil
}

// send makes a touch. The request must end as the touch says; how it ended comes
// back.
func (p *tape) send(ctx context.Context, c probe.Call, t touch) (probe.Answer, error) {
	if t.outcome == 0 {
		t.outcome = audit.Done
	}
	if t.purpose == "" {
		t.purpose = c.Purpose
	}
	t.sent = p.house.Clock.Now()
	a, err := p.door.Do(ctx, c)
	if err != nil {
		return a, err
	}
	t.answered, t.request = p.house.Clock.Now(), a.Request
	p.touches = append(p.touches, t)
	return a, nil
}

// must is send for a touch that has to be granted.
func (p *tape) must(ctx context.Context, c probe.Call, t touch) (probe.Answer, error) {
	a, err := p.send(ctx, c, t)
	if err == nil {
		err = a.Err(c)
	}
	return a, err
}

// made is a touch of a maker: a record came into being through the API.
func (p *tape) made(sent time.Time, a probe.Answer, m probe.Made) {
	p.touches = append(p.touches, touch{what: "record.create", op: audit.RecordCreate, object: m.ID.Raw, outcome: audit.Done,
		request: a.Request, sent: sent, answered: p.house.Clock.Now()})
}

// last is the touch that was made last.
func (p *tape) last() *touch { return &p.touches[len(p.touches)-1] }

// bookkeeping are entries that tell how somebody was known, not what was touched.
func bookkeeping(op audit.Operation) bool {
	switch op {
	case audit.SignIn, audit.SignOut, audit.SessionUse, audit.TokenUse:
		return true
	default:
		return false
	}
}

// entries reads what the tape's actors left in the tenant's logs since it began.
func (p *tape) entries(ctx context.Context) (map[id.Request][]audit.Record, error) {
	found := map[id.Request][]audit.Record{}
	for place, from := range p.from {
		log, release, err := p.house.Tenants.Log(ctx, p.of, place)
		if err != nil {
			return nil, err
		}
		err = since(ctx, log, from, func(r audit.Record) {
			if p.actors[r.Entry.Actor.Ref] && !bookkeeping(r.Entry.Operation) {
				found[r.Entry.Request] = append(found[r.Entry.Request], r)
			}
		})
		release()
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

const pageOfEntries = 500

func since(ctx context.Context, log *audit.Log, from uint64, visit func(audit.Record)) error {
	q := audit.Query{From: from, Limit: pageOfEntries}
	for {
		page, err := log.Entries(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Entries {
			visit(r)
		}
		if !page.More {
			return nil
		}
		q.From = page.Next
	}
}

// stored compares the rows that the storage holds anew with those that the log tells
// of, and returns how many there are. It reads the tables past every domain.
func (p *tape) stored(ctx context.Context, f *assurance.Finding) (int, error) {
	total := 0
	for place, from := range p.from {
		told, to, err := p.told(ctx, place, from)
		if err != nil {
			return total, err
		}
		rows, err := p.rows(ctx, place, from)
		if err != nil {
			return total, err
		}
		for raw, leaf := range rows {
			if leaf >= to {
				delete(told, raw) // written since the log was read
				continue
			}
			total++
			if !told[raw] {
				f.Fail("audit_probe.reason.rows", id.Record{Raw: raw}.String())
			}
			delete(told, raw)
		}
		for raw := range told {
			f.Fail("audit_probe.reason.rows", id.Record{Raw: raw}.String())
		}
	}
	return total, nil
}

// rows reads which records were written since a number, and by which entry.
func (p *tape) rows(ctx context.Context, place id.Name, from uint64) (map[id.Raw]uint64, error) {
	at, err := p.house.Tenants.PlacementPlace(p.of, place)
	if err != nil {
		return nil, err
	}
	database, release, err := p.house.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	defer release()
	found := map[id.Raw]uint64{}
	return found, database.Read(ctx, func(tx db.Tx) error {
		for row, err := range tx.Rows(`SELECT id, leaf FROM vault_record WHERE leaf >= ?1`, int64(from)) {
			var b []byte
			var leaf int64
			if err == nil {
				err = row.Scan(&b, &leaf)
			}
			if err != nil {
				return err
			}
			raw, err := id.FromBytes(b)
			if err != nil {
				return err
			}
			found[raw] = uint64(leaf)
		}
		return nil
	})
}

// told lists the records that the log says were written since a number and stand,
// and how long the log was then.
func (p *tape) told(ctx context.Context, place id.Name, from uint64) (map[id.Raw]bool, uint64, error) {
	log, release, err := p.house.Tenants.Log(ctx, p.of, place)
	if err != nil {
		return nil, 0, err
	}
	defer release()
	told, to := map[id.Raw]bool{}, from
	err = since(ctx, log, from, func(r audit.Record) {
		to = r.Seq + 1
		e := &r.Entry
		switch {
		case e.Kind != "record" || e.Operation.Class() != audit.ClassWrite:
		case e.Row == [32]byte{}:
			delete(told, e.Object)
		default:
			told[e.Object] = true
		}
	})
	return told, to, err
}
