package demo

import (
	"context"
	rand2 "crypto/rand"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/clock"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
	"garant.example/internal/vault"
)

// furnish makes the operator, the tenants, their people and their records, as far
// as they are missing.
func (d *Demo) furnish(ctx context.Context, h *server.House, o Options, fresh bool) error {
	ctx = actor.In(ctx, actor.Platform("demo"))
	tell := func(format string, args ...any) {
		if o.Progress != nil {
			o.Progress(fmt.Sprintf(format, args...))
		}
	}
	if fresh {
		tell("operator")
		if _, err := h.Found(ctx, "Garant Demo", "CA", "fr"); err != nil {
			return err
		}
	}
	if err := h.Resume(ctx); err != nil {
		return err
	}
	op, err := h.Tenants.Get(h.Tenants.Operator())
	if err != nil {
		return err
	}
	if err := d.people(ctx, h, op); err != nil {
		return err
	}
	for _, opening := range cast() {
		t, err := h.Tenants.Named(string(opening.Slug))
		if err != nil {
			tell("%s", opening.Slug)
			opening.Contract.Start = o.Clock.Now()
			if t, err = h.OpenTenant(ctx, opening); err != nil {
				return fmt.Errorf("%s: %w", opening.Slug, err)
			}
		}
		if !t.Canary {
			if err := d.people(ctx, h, t); err != nil {
				return fmt.Errorf("%s: %w", t.Slug, err)
			}
		}
		if err := d.fill(ctx, h, o.Clock, t); err != nil {
			return fmt.Errorf("%s: %w", t.Slug, err)
		}
	}
	return d.Notebook.save(d.dir)
}

// enter asks the gate as the platform.
func enter(ctx context.Context, h *server.House, t tenant.Tenant, a access.Ask) (*access.Permit, error) {
	a.Tenant = t.ID
	return h.Gate.Enter(ctx, a)
}

// people makes one account for each role that persons hold, and a token for the
// programs.
func (d *Demo) people(ctx context.Context, h *server.House, t tenant.Tenant) error {
	p, err := enter(ctx, h, t, access.Ask{Action: access.Manage, On: access.Account})
	if err != nil {
		return err
	}
	r := seeded(t.Slug)
	var services []id.Name
	for i, role := range p.Matrix().Roles() {
		if role.Holders == access.Services {
			services = append(services, role.Name)
			continue
		}
		if d.Notebook.has(string(t.Slug), string(role.Name)) {
			continue
		}
		signIn, err := d.person(ctx, h, t, p, role, newPerson(r, t.Country, i+1))
		if err != nil {
			return err
		}
		d.Notebook.SignIns = append(d.Notebook.SignIns, signIn)
		if err := d.Notebook.save(d.dir); err != nil {
			return err
		}
	}
	return d.token(ctx, h, t, services)
}

// person makes one account and signs in once, so that the password that the demo
// tells is the person's own and need not be changed.
func (d *Demo) person(ctx context.Context, h *server.House, t tenant.Tenant, p *access.Permit, role access.Role, who person) (SignIn, error) {
	name := fmt.Sprintf("%s@%s.example", role.Name, t.Slug)
	_, initial, err := h.Identity.CreateAccount(ctx, p, identity.NewAccount{Roles: []id.Name{role.Name},
		Person: identity.Person{Name: who.first + " " + who.last, SignIn: name, Email: name, Lang: t.Lang}})
	if err != nil {
		return SignIn{}, err
	}
	door := actor.In(ctx, actor.Actor{Address: netip.IPv6Loopback(), Agent: "garant demo", Request: id.NewRequest()})
	in, err := h.Identity.SignIn(door, identity.Credentials{Tenant: t.ID, Name: name, Password: initial})
	if err != nil {
		return SignIn{}, err
	}
	wanted := passphrase()
	if in, err = h.Identity.ChangePassword(door, in.Secret, initial, wanted); err != nil {
		return SignIn{}, err
	}
	return SignIn{Tenant: string(t.Slug), Role: string(role.Name), Name: name, Password: wanted, First: manages(role)},
		h.Identity.SignOut(door, in.Secret)
}

func manages(role access.Role) bool {
	for _, rule := range role.Rules {
		if rule.On == access.Account && slices.Contains(rule.Allow, access.Manage) {
			return true
		}
	}
	return false
}

// passphrase is a password one can type: three words, a number and a sign.
func passphrase() string {
	words := strings.Fields("Maple River Stone Harbour Lantern Orchard Meadow Cedar Willow Granite Copper Saffron Juniper Heron Otter Plover Ember Quartz Thistle Bramble")
	pick := func(n int) int {
		i, err := rand2.Int(rand2.Reader, big.NewInt(int64(n)))
		if err != nil {
			panic(err) // the program ends without randomness
		}
		return int(i.Int64())
	}
	return fmt.Sprintf("%s-%s-%s-%d!", words[pick(len(words))], words[pick(len(words))], words[pick(len(words))], 1000+pick(9000))
}

// token makes the token that the commands of the demo use.
func (d *Demo) token(ctx context.Context, h *server.House, t tenant.Tenant, roles []id.Name) error {
	if d.Notebook.Tokens[string(t.Slug)] != "" || len(roles) == 0 {
		return nil
	}
	p, err := enter(ctx, h, t, access.Ask{Action: access.Manage, On: access.Token})
	if err != nil {
		return err
	}
	text, _, err := h.Identity.CreateToken(ctx, p, identity.NewToken{Label: "demo", Roles: roles})
	if err != nil {
		return err
	}
	d.Notebook.Tokens[string(t.Slug)] = text
	return d.Notebook.save(d.dir)
}

// fill makes records in every collection, persons first.
func (d *Demo) fill(ctx context.Context, h *server.House, c clock.Clock, t tenant.Tenant) error {
	if d.Notebook.Filled[string(t.Slug)] {
		return nil
	}
	p, err := enter(ctx, h, t, access.Ask{Action: access.List, On: access.Collection})
	if err != nil {
		return err
	}
	schema, err := h.Vault.Schema(ctx, p)
	if err != nil {
		return err
	}
	m := &maker{r: seeded(t.Slug), country: t.Country, now: c.Now()}
	made := map[id.Name][]id.Record{}
	for _, c := range inOrder(schema.Collections) {
		if err := d.fillOne(ctx, h, t, c, m, made); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	d.Notebook.Filled[string(t.Slug)] = true
	return d.Notebook.save(d.dir)
}

// inOrder puts every collection after those that its records point to.
func inOrder(collections []vault.Collection) []*vault.Collection {
	var out []*vault.Collection
	placed := map[id.Name]bool{}
	for len(out) < len(collections) {
		before := len(out)
		for i := range collections {
			c := &collections[i]
			if !placed[c.Name] && !slices.ContainsFunc(needs(c), func(n id.Name) bool { return !placed[n] }) {
				placed[c.Name] = true
				out = append(out, c)
			}
		}
		if len(out) == before {
			return out // a circle: those in it stay empty
		}
	}
	return out
}

func needs(c *vault.Collection) []id.Name {
	var list []id.Name
	if c.About == vault.AboutSubject {
		list = append(list, c.Of)
	}
	for _, f := range c.Fields {
		if f.Kind == vault.Ref && f.Of != c.Name {
			list = append(list, f.Of)
		}
	}
	return list
}

func (d *Demo) fillOne(ctx context.Context, h *server.House, t tenant.Tenant, c *vault.Collection, m *maker, made map[id.Name][]id.Record) error {
	p, err := enter(ctx, h, t, access.Ask{Action: access.Create, On: access.Record, Collection: c.Name})
	if err != nil {
		return err
	}
	count := 24
	if t.Canary {
		count = 3
	}
	for range count {
		fields, err := m.fields(c, made)
		if err != nil {
			return err
		}
		opt := vault.CreateOptions{Canary: t.Canary}
		if c.About == vault.AboutSubject {
			if len(made[c.Of]) == 0 {
				return nil // nobody yet to whom it could belong
			}
			opt.Subject = id.Subject{Raw: pick(m.r, made[c.Of]).Raw}
		}
		rec, err := h.Vault.Create(ctx, p, fields, opt)
		if err != nil {
			return err
		}
		made[c.Name] = append(made[c.Name], rec.ID)
	}
	return nil
}

func seeded(name id.Name) *rand.Rand {
	var seed uint64
	for _, c := range []byte(name) {
		seed = seed*131 + uint64(c)
	}
	return rand.New(rand.NewPCG(seed, 42))
}
