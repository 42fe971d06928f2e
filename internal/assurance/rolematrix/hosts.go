package rolematrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/db"
	"garant.example/internal/tenant"
)

// maxHosts bounds how many customers' host names one run asks for.
const maxHosts = 200

var errNoHost = errors.New("rolematrix: no other customer has a host name to ask for")

// hosts asks for every customer's host name with somebody else's credentials, and
// compares where every customer's data lies.
func (r *run) hosts(ctx context.Context) error {
	declared, _, err := r.declared()
	if err != nil {
		return err
	}
	r.names()
	if err := r.stores(ctx); err != nil {
		return err
	}
	things, err := r.things(ctx)
	if err != nil {
		return err
	}
	callers := slices.Clone(r.want.callers)
	for _, word := range append(outsiders(), insiders(declared)...) {
		if !slices.Contains(callers, word) {
			callers = append(callers, word)
		}
	}
	cells := r.table(func(assurance.Cell) bool { return true })
	for _, word := range callers {
		err := r.as(ctx, word, declared, func(who caller) error { return r.platform(ctx, who, cells, declared, things) })
		if err != nil {
			r.skip(err)
		}
	}
	role, err := probe.Manager(declared)
	if err != nil {
		return err
	}
	if err := r.as(ctx, string(role), declared, func(who caller) error { return r.abroad(ctx, who) }); err != nil {
		r.skip(err)
	}
	r.f.Measure("tenants", float64(len(r.control.Tenants)), "")
	r.f.Measure("callers", float64(len(callers)), "")
	r.f.Measure("cells", float64(r.cells), "")
	r.f.Measure("granted", float64(r.granted), "")
	r.f.Measure("withheld", float64(r.withheld), "")
	return nil
}

// names makes sure that each customer has an address of its own, which leads to it.
func (r *run) names() {
	taken := map[string]bool{}
	n := 0
	for _, t := range r.control.Tenants {
		r.f.Saw()
		if len(t.Hosts) == 0 {
			r.f.Fail("role_matrix.reason.no_host", t.ID.String())
		}
		for _, host := range t.Hosts {
			n++
			found, ok := r.house.Tenants.Hosted(host)
			if !ok || found.ID != t.ID || taken[host] {
				r.f.Fail("role_matrix.reason.host", t.ID.String())
			}
			taken[host] = true
		}
	}
	r.f.Measure("hosts", float64(n), "")
}

// stores makes sure that no two customers share a database or a keyring, under
// whatever name a file may be reached.
func (r *run) stores(ctx context.Context) error {
	type store struct {
		of    tenant.Tenant
		place db.Place
		file  os.FileInfo
	}
	var all []store
	for _, t := range r.house.Tenants.All() {
		if t.State != tenant.Open {
			continue
		}
		places, err := r.places(t)
		if err != nil {
			return err
		}
		for _, place := range places {
			s := store{of: t, place: place}
			if place.Path != "" {
				if s.file, err = os.Stat(place.Path); err != nil {
					r.skip(err)
				}
			}
			all = append(all, s)
		}
	}
	for i, a := range all {
		r.f.Saw()
		for _, b := range all[:i] {
			if a.place == b.place || a.file != nil && b.file != nil && os.SameFile(a.file, b.file) {
				r.f.Fail("role_matrix.reason.shared", a.of.ID.String())
				r.f.Fail("role_matrix.reason.shared", b.of.ID.String())
			}
		}
	}
	r.f.Measure("stores", float64(len(all)), "")
	return ctx.Err()
}

// places are all databases of a customer: its placements and its keyring.
func (r *run) places(t tenant.Tenant) ([]db.Place, error) {
	keyring, err := r.house.Tenants.KeyringPlace(t.ID)
	if err != nil {
		return nil, err
	}
	list := []db.Place{keyring}
	for _, p := range t.Placements {
		place, err := r.house.Tenants.PlacementPlace(t, p.Name)
		if err != nil {
			return nil, err
		}
		list = append(list, place)
	}
	return list, nil
}

// platform executes every operation of the canary's platform under the canary's own
// host name, and those of the operator's under the name of the door, as one caller.
// Nobody of another customer is let in, and nobody whose credentials are over; the
// canary's own people and programs are let in exactly where the profile says so, or a
// refusal would say nothing.
func (r *run) platform(ctx context.Context, who caller, cells []assurance.Cell, declared *access.Matrix, things probe.Things) error {
	operators := func(c assurance.Cell) bool { return c.Scope == "operator" }
	own := slices.DeleteFunc(slices.Clone(cells), operators)
	if _, err := r.walk(ctx, own, who, declared, things, hostOf(r.control.Canary)); err != nil {
		return err
	}
	if who.who.Kind == actor.Staff {
		return nil // what staff may do among themselves is no customer's affair
	}
	_, err := r.walk(ctx, slices.DeleteFunc(slices.Clone(cells), func(c assurance.Cell) bool { return !operators(c) }), who, declared, things, "")
	return err
}

// abroad goes with the canary's own credentials to the canary's host name, where they
// must open, and to every other customer's, where they must open nothing: neither the
// canary's rooms nor the customer's.
func (r *run) abroad(ctx context.Context, who caller) error {
	canary := r.control.Canary
	list := func(t tenant.Tenant, host string) (probe.Answer, error) {
		return r.door.Do(ctx, probe.Call{Method: http.MethodGet, Path: "/v1/tenants/" + string(t.Slug) + "/collections", Bearer: who.bearer, Host: host})
	}
	a, err := list(canary, hostOf(canary))
	if err != nil || !a.OK() {
		return errors.Join(err, fmt.Errorf("rolematrix: the canary's own host name answered %d", a.Status))
	}
	r.judge("own host", who, true, a)
	asked := 0
	for _, t := range r.house.Tenants.All() {
		if t.ID == canary.ID || len(t.Hosts) == 0 || !t.Serves(r.house.Clock.Now()) || asked == maxHosts {
			continue
		}
		asked++
		for _, of := range []tenant.Tenant{canary, t} {
			a, err := list(of, hostOf(t))
			if err != nil {
				return err
			}
			if r.judgeHost(t, who, a); a.OK() {
				break
			}
		}
	}
	if asked == 0 {
		return errNoHost
	}
	return nil
}

// judgeHost tells a host name that lets the credentials of another customer in.
func (r *run) judgeHost(t tenant.Tenant, who caller, a probe.Answer) {
	if a.OK() {
		r.f.Fail("role_matrix.reason.host", t.ID.String())
	}
	r.judge("host of "+t.ID.String(), who, false, a)
}

func hostOf(t tenant.Tenant) string {
	if len(t.Hosts) == 0 {
		return ""
	}
	return t.Hosts[0]
}
