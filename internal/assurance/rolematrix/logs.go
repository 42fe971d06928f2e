package rolematrix

import (
	"context"
	"fmt"
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
	for _, word := range append(outsiders(), insiders(declared)...) {
		if !slices.Contains(callers, word) {
			callers = append(callers, word)
		}
	}
	things, err := r.things(ctx)
	if err != nil {
		return err
	}
	for _, word := range callers {
		if err := r.as(ctx, word, declared, func(who caller) error { return r.reading(ctx, who, declared, things) }); err != nil {
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

// insiders are the roles that the canary's own people and programs may hold.
func insiders(m *access.Matrix) []string {
	var list []string
	for _, role := range m.Roles() {
		if m.Holds(role.Name, actor.Member) || m.Holds(role.Name, actor.Service) {
			list = append(list, string(role.Name))
		}
	}
	return list
}

// reading executes the operations on logs as one caller. Whoever may read leaves an
// entry with each reading.
func (r *run) reading(ctx context.Context, who caller, declared *access.Matrix, things probe.Things) error {
	cells := r.table(func(c assurance.Cell) bool { return c.On == access.Log && c.Scope == "tenant" })
	answers, err := r.walk(ctx, cells, who, declared, things, "")
	if err != nil {
		return err
	}
	return r.logged(ctx, answers)
}

// logged makes sure that reading entries and taking them out stand in the log.
func (r *run) logged(ctx context.Context, answers map[string]probe.Answer) error {
	ops := map[string]audit.Operation{"log.list": audit.LogRead, "log.read": audit.LogRead, "log.export": audit.LogExport,
		"console log.list": audit.LogRead, "console log.entry": audit.LogRead, "console log.export": audit.LogExport}
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
