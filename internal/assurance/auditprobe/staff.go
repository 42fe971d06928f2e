package auditprobe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/audit"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// staff tries every way from a person of the operator to data.
type staff struct {
	*run
	operator tenant.Tenant
	person   *probe.Person
	began    map[id.Name]uint64 // the operator's log before the session
	register *vault.Collection
	canary   *tape // what was tried on the tenant
	own      *tape // what was read of the operator's registers
}

func (r *run) staff(ctx context.Context) (err error) {
	s := &staff{run: r}
	if s.operator, err = r.house.Tenants.Get(r.house.Tenants.Operator()); err != nil {
		return err
	}
	matrix, err := r.matrix(ctx, s.operator)
	if err != nil {
		return err
	}
	role, ok := reader(matrix)
	if !ok {
		return probe.ErrNoRole
	}
	before, err := newTape(ctx, r.house, r.door, s.operator)
	if err != nil {
		return err
	}
	s.began = before.from
	if s.person, err = probe.SignIn(ctx, r.house, s.operator, role); err != nil {
		return err
	}
	err = s.touchAll(ctx)
	if err = errors.Join(err, s.person.Leave(ctx)); err != nil {
		return err
	}
	if err := s.logbook(ctx); err != nil {
		return err
	}
	return errors.Join(r.compare(ctx, s.canary), r.compare(ctx, s.own))
}

// reader finds a role of staff that keeps registers and manages nothing.
func reader(m *access.Matrix) (id.Name, bool) {
	for _, r := range m.Roles() {
		var creates, manages bool
		for _, rule := range r.Rules {
			creates = creates || rule.On == access.Record && slices.Contains(rule.Allow, access.Create) && slices.Contains(rule.Allow, access.Export)
			manages = manages || rule.On != access.Record && slices.Contains(rule.Allow, access.Manage)
		}
		if r.Holders == access.Team && creates && !manages {
			return r.Name, true
		}
	}
	return "", false
}

func (s *staff) touchAll(ctx context.Context) (err error) {
	actor := s.person.Account.String()
	if s.canary, err = newTape(ctx, s.house, s.door, s.control.Canary, actor); err != nil {
		return err
	}
	if s.own, err = newTape(ctx, s.house, s.door, s.operator, actor); err != nil {
		return err
	}
	tried := false
	refusals := func(ctx context.Context) error {
		if tried { // the table of operations holds every path of the API
			return nil
		}
		tried = true
		return errors.Join(s.refusals(ctx), s.registers(ctx))
	}
	return s.plays(ctx, map[string]func(context.Context) error{"api": refusals, "export": refusals, "import": refusals,
		"administration": refusals, "console": s.console})
}

// refusals tries every operation on the tenant: without a grant each is refused, and
// stands in the tenant's own log.
func (s *staff) refusals(ctx context.Context) error {
	things, err := s.things(ctx)
	if err != nil {
		return err
	}
	for _, cell := range s.house.Table() {
		if cell.Scope != "tenant" || cell.Door != "api" {
			continue
		}
		if err := s.refusal(ctx, cell, things); err != nil {
			return err
		}
	}
	return nil
}

// things are what the operations are about: nothing that exists but the tenant itself.
func (s *staff) things(ctx context.Context) (probe.Things, error) {
	schema, err := schemaOf(ctx, s.house, s.control.Canary)
	if err != nil {
		return probe.Things{}, err
	}
	of := persons(schema)
	return probe.Things{Tenant: string(s.control.Canary.Slug), Collection: of.Name, Purpose: probe.PurposeOf(of), Record: id.NewRecord().String(),
		Account: id.NewAccount().String(), Token: id.NewToken().String(), Placement: string(tenant.Main)}, nil
}

func (s *staff) refusal(ctx context.Context, cell assurance.Cell, things probe.Things) error {
	c, ok := probe.Fill(cell, things)
	if !ok {
		s.f.Skipped()
		s.f.Miss("audit_probe.reason.path", fmt.Errorf("auditprobe: nothing fills %s", cell.Path))
		return nil
	}
	c.Bearer = s.person.Bearer
	a, err := s.canary.send(ctx, c, touch{what: cell.Name, op: audit.AccessRefused, outcome: audit.Refused})
	if err != nil {
		return err
	}
	switch {
	case a.Refused():
	case a.OK():
		s.f.Fail("audit_probe.reason.let_in", cell.Name)
	default:
		s.f.Skipped()
		s.f.Miss("audit_probe.reason.path", a.Err(c))
	}
	return nil
}

// registers makes, reads and lists a record of the operator's own registers.
func (s *staff) registers(ctx context.Context) (err error) {
	maker, err := probe.NewMaker(ctx, s.house, s.door, s.operator, s.person.Bearer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, maker.Clean(ctx)) }()
	maker.Tell = s.own.made
	c := register(maker.Schema)
	made, err := maker.Make(ctx, c.Name)
	if err != nil {
		return err
	}
	purpose := probe.PurposeOf(c)
	if _, err := s.own.must(ctx, probe.Call{Method: http.MethodGet, Path: made.Path(s.operator), Purpose: purpose, Bearer: s.person.Bearer},
		touch{what: "register.read", op: audit.RecordRead, object: made.ID.Raw}); err != nil {
		return err
	}
	_, err = s.own.must(ctx, probe.Call{Method: http.MethodGet, Path: listPath(string(s.operator.Slug), c.Name), Purpose: purpose, Bearer: s.person.Bearer},
		touch{what: "register.list", op: audit.RecordList})
	return err
}

// register is the operator's collection that the probe touches: one that is about
// nobody.
func register(s *vault.Schema) *vault.Collection {
	for i := range s.Collections {
		if c := &s.Collections[i]; c.About == vault.AboutNobody && c.Name != "assets" { // assets say where things run
			return c
		}
	}
	return &s.Collections[0]
}

func listPath(t string, collection id.Name) string {
	return "/v1/tenants/" + t + "/collections/" + string(collection) + "/records"
}

// console knocks at every room of the tenant's console with the operator's session:
// each leads to the sign-in page, and shows nothing.
func (s *staff) console(ctx context.Context) error {
	things, err := s.things(ctx)
	if err != nil {
		return err
	}
	rooms := 0
	for _, cell := range s.house.Table() {
		if cell.Door != "console" || cell.Scope != "tenant" && cell.Scope != "own" {
			continue
		}
		rooms++
		s.f.Saw()
		c, ok := probe.Fill(cell, things)
		if !ok {
			return fmt.Errorf("auditprobe: nothing fills %s", cell.Path)
		}
		c.Cookie = &http.Cookie{Name: probe.CookieOf(s.control.Canary), Value: s.person.Bearer}
		a, err := s.door.Do(ctx, c)
		if err != nil {
			return err
		}
		if !a.Refused() {
			s.f.Fail("audit_probe.reason.let_in", "console "+cell.Name)
		}
	}
	if rooms == 0 {
		return errNoRooms
	}
	return nil
}

var errNoRooms = errors.New("auditprobe: the console has no rooms in the table of operations")

// logbook makes sure that the session stands in the operator's log from its start to
// its end, with the person and the client.
func (s *staff) logbook(ctx context.Context) error {
	log, release, err := s.house.Tenants.Log(ctx, s.operator, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	var start, end *audit.Entry
	err = since(ctx, log, s.began[tenant.Main], func(r audit.Record) {
		e := &r.Entry
		if e.Actor.Session != s.person.Session {
			return
		}
		switch {
		case e.Operation == audit.SignIn || start == nil && e.Operation == audit.AccountChange: // a new password opens a new session
			start = e
		case e.Operation == audit.SignOut:
			end = e
		}
	})
	if err != nil {
		return err
	}
	s.f.Saw()
	session := s.person.Session.String()
	if has(s.want.fields, "start") && (start == nil || start.Actor.Ref == "" || start.At.IsZero()) {
		s.f.Fail("audit_probe.reason.start", session)
	}
	if has(s.want.fields, "end") && (end == nil || start != nil && end.At.Before(start.At)) {
		s.f.Fail("audit_probe.reason.end", session)
	}
	return nil
}
