package rolematrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"

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
	for _, word := range r.want.callers {
		if err := r.as(ctx, word, declared, func(who caller) error { return r.foreign(ctx, who) }); err != nil {
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
	r.f.Measure("cells", float64(r.cells), "")
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

// foreign executes every operation on the canary, under the canary's own host name,
// as somebody of another customer: each must be refused.
func (r *run) foreign(ctx context.Context, who caller) error {
	canary := r.control.Canary
	collection, err := r.anyCollection(ctx)
	if err != nil {
		return err
	}
	things := r.things(collection)
	host := hostOf(canary)
	for _, cell := range r.table("api", func(assurance.Cell) bool { return true }) {
		if _, err := r.execute(ctx, cell, who, false, things, host); err != nil {
			return err
		}
	}
	if !slices.Contains(r.want.doors, "console") {
		return nil
	}
	a, err := r.door.Do(ctx, probe.Call{Method: http.MethodGet, Path: "/t/" + string(canary.Slug) + "/collections", Host: host, Cookie: consoleCookie(canary, who)})
	if err != nil {
		return err
	}
	if a.Status == http.StatusNotFound { // there is no console
		return nil
	}
	r.judge("console collection.list", who, false, a)
	return nil
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
