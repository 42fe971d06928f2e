package rolematrix

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/assurance"
	"garant.example/internal/assurance/probe"
	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// logs executes every operation on logs as every caller that the promise names, and
// as every program there is.
func (r *run) logs(ctx context.Context) error {
	declared, compiled, err := r.declared()
	if err != nil {
		return err
	}
	for _, role := range compiled.Policy.Roles {
		if role.Holders != access.Auditors && reads(role) {
			r.f.Fail("role_matrix.reason.declared", string(role.Name))
		}
	}
	callers := slices.Clone(r.want.callers)
	for _, role := range append(probe.RolesOf(declared, access.Services), "revoked-token") {
		if !slices.Contains(callers, string(role)) {
			callers = append(callers, string(role))
		}
	}
	console, err := r.hasConsole(ctx)
	if err != nil {
		return err
	}
	for _, word := range callers {
		err := r.as(ctx, word, declared, func(who caller) error { return r.reading(ctx, who, declared, console) })
		if err != nil {
			r.skip(err)
		}
	}
	if err := r.disk(ctx); err != nil {
		return err
	}
	if err := r.holders(ctx, compiled.Policy.Roles); err != nil {
		return err
	}
	r.f.Measure("callers", float64(len(callers)), "")
	r.f.Measure("cells", float64(r.cells), "")
	r.f.Measure("granted", float64(r.granted), "")
	return nil
}

// reads says whether a role may do anything with logs.
func reads(role access.Role) bool {
	return slices.ContainsFunc(role.Rules, func(rule access.Rule) bool { return rule.On == access.Log })
}

func (r *run) hasConsole(ctx context.Context) (bool, error) {
	if !slices.Contains(r.want.doors, "console") {
		return false, nil
	}
	a, err := r.door.Do(ctx, probe.Call{Method: http.MethodGet, Path: "/t/" + string(r.control.Canary.Slug) + "/sign-in"})
	return a.Status == http.StatusOK, err
}

// reading executes the operations on logs as one caller. Whoever may read leaves an
// entry with each reading.
func (r *run) reading(ctx context.Context, who caller, declared *access.Matrix, console bool) error {
	canary := r.control.Canary
	things := r.things("")
	answers := map[string]probe.Answer{}
	for _, cell := range r.table("api", func(c assurance.Cell) bool { return c.On == access.Log }) {
		allowed := who.who.Kind != actor.Anonymous &&
			declared.Decide(&who.who, access.Ask{Action: cell.Action, On: cell.On, Tenant: canary.ID}).Allowed
		a, err := r.execute(ctx, cell, who, allowed, things, "")
		if err != nil {
			return err
		}
		if allowed && a.OK() {
			answers[cell.Name] = a
		}
	}
	if console && (who.console.ID == canary.ID || who.bearer == "") {
		allowed := who.who.Kind != actor.Anonymous &&
			declared.Decide(&who.who, access.Ask{Action: access.Read, On: access.Log, Tenant: canary.ID}).Allowed
		for _, path := range []string{"/log", "/log/0"} {
			a, err := r.door.Do(ctx, probe.Call{Method: http.MethodGet, Path: "/t/" + string(canary.Slug) + path, Cookie: consoleCookie(canary, who)})
			if err != nil {
				return err
			}
			r.judge("console "+path, who, allowed, a)
		}
	}
	return r.logged(ctx, answers)
}

// logged makes sure that reading entries and taking them out stand in the log.
func (r *run) logged(ctx context.Context, answers map[string]probe.Answer) error {
	ops := map[string]audit.Operation{"log.list": audit.LogRead, "log.read": audit.LogRead, "log.export": audit.LogExport}
	log, release, err := r.house.Tenants.Log(ctx, r.control.Canary, tenant.Main)
	if err != nil {
		return err
	}
	defer release()
	for name, op := range ops {
		a, ok := answers[name]
		if !ok {
			continue
		}
		page, err := log.Entries(ctx, audit.Query{Request: a.Request, Operations: []audit.Operation{op}, NewestFirst: true, Limit: 1})
		if err != nil {
			return err
		}
		r.f.Saw()
		if len(page.Entries) == 0 {
			r.f.Fail("role_matrix.reason.unlogged", name)
		}
	}
	return nil
}

// disk makes sure that the files that hold logs are their owner's alone.
func (r *run) disk(ctx context.Context) error {
	if len(r.want.modes) == 0 || !slices.Contains(r.want.doors, "disk") {
		return nil
	}
	looked := 0
	for _, t := range r.control.Tenants {
		for _, p := range t.Placements {
			files, err := r.files(ctx, t, p.Name)
			if err != nil {
				return err
			}
			for _, path := range files {
				info, err := os.Lstat(path)
				if os.IsNotExist(err) {
					continue // a file that is there only while it is needed
				}
				if err != nil {
					r.skip(err)
					continue
				}
				looked++
				r.f.Saw()
				if !slices.Contains(r.want.modes, info.Mode().Perm()) {
					r.f.Fail("role_matrix.reason.mode", t.ID.String()+" "+filepath.Base(path))
					r.f.Detail = fmt.Sprintf("%s has the mode %04o", filepath.Base(path), info.Mode().Perm())
				}
			}
		}
	}
	r.f.Measure("files", float64(looked), "")
	return nil
}

// files are those of a placement and the folder they lie in; none when the engine
// keeps them elsewhere.
func (r *run) files(ctx context.Context, t tenant.Tenant, placement id.Name) ([]string, error) {
	var files []string
	err := r.database(ctx, t, placement, func(d db.DB) error {
		files = d.Files()
		return nil
	})
	if len(files) > 0 {
		files = append(files, filepath.Dir(files[0]))
	}
	return files, err
}

func (r *run) database(ctx context.Context, t tenant.Tenant, placement id.Name, do func(db.DB) error) error {
	place, err := r.house.Tenants.PlacementPlace(t, placement)
	if err != nil {
		return err
	}
	database, release, err := r.house.Open(ctx, place)
	if err != nil {
		return err
	}
	defer release()
	return do(database)
}

// holders counts the persons who may read logs, tenant by tenant: by the roles that
// stand beside each account, without opening who it is.
func (r *run) holders(ctx context.Context, roles []access.Role) error {
	if r.want.limit == 0 {
		return nil
	}
	most := int64(0)
	for _, t := range r.control.Tenants {
		n := int64(0)
		err := r.database(ctx, t, tenant.Main, func(d db.DB) error {
			return d.Read(ctx, func(tx db.Tx) error {
				for row, err := range tx.Rows(`SELECT roles FROM identity_account WHERE state = 'active'`) {
					var held string
					if err == nil {
						err = row.Scan(&held)
					}
					if err != nil {
						return err
					}
					if slices.ContainsFunc(roles, func(role access.Role) bool {
						return reads(role) && slices.Contains(strings.Split(held, ","), string(role.Name))
					}) {
						n++
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
		r.f.Saw()
		if most = max(most, n); n > r.want.limit {
			r.f.Fail("role_matrix.reason.holders", t.ID.String())
		}
	}
	r.f.Measure("holders", float64(most), "")
	r.f.Measure("cap", float64(r.want.limit), "")
	return nil
}
