package placementregister

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// opened asks the engine of a store which file or database it has opened, and holds
// that against the region. It says whether the engine answered.
func (r *run) opened(ctx context.Context, s store, region tenant.Region) bool {
	place, err := r.place(s)
	if err != nil {
		r.f.Miss("placement_register.reason.closed", err)
		return false
	}
	if place.Engine != region.Engine {
		r.f.Fail("placement_register.reason.undeclared", s.culprit())
		return true
	}
	real, err := r.real(ctx, place)
	if err != nil {
		r.f.Miss("placement_register.reason.closed", err)
		return false
	}
	if !matches(place, region, real) {
		r.f.Fail("placement_register.reason.undeclared", s.culprit())
	}
	r.keys(ctx, s, region)
	return true
}

func (r *run) place(s store) (db.Place, error) {
	if s.keyring {
		return r.house.Tenants.KeyringPlace(s.of.ID)
	}
	return r.house.Tenants.PlacementPlace(s.of, s.placement.Name)
}

// real is the file or the database that the engine itself names.
func (r *run) real(ctx context.Context, place db.Place) (string, error) {
	query := `SELECT file FROM pragma_database_list WHERE name = 'main'`
	if place.Engine == db.Postgres {
		query = `SELECT current_database()::text`
	}
	opened, release, err := r.house.Open(ctx, place)
	if err != nil {
		return "", err
	}
	defer release()
	var name string
	err = opened.Read(ctx, func(tx db.Tx) error { return tx.Row(query).Scan(&name) })
	return name, err
}

// matches says whether what the engine opened lies in the region: below its folder
// once every link is followed, or on its server under its own name.
func matches(place db.Place, region tenant.Region, real string) bool {
	if place.Engine == db.Postgres {
		return place.DSN == region.DSN && place.Name == real
	}
	folder, err := filepath.EvalSymlinks(region.Dir)
	if err != nil {
		return false
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return false
	}
	file, err := filepath.EvalSymlinks(real)
	if err != nil {
		return false
	}
	below, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(below)
}

// keys holds the key service of a keyring against the region: a key of AWS names
// its region.
func (r *run) keys(ctx context.Context, s store, region tenant.Region) {
	if !s.keyring {
		return
	}
	status, err := r.house.Rings.Status(ctx, s.of.ID)
	if err != nil {
		r.f.Miss("placement_register.reason.closed", err)
		return
	}
	if code, ok := regionOfKey(status.Key); ok && code != region.Code {
		r.f.Fail("placement_register.reason.key_elsewhere", s.culprit())
	}
}

// regionOfKey reads the region out of arn:aws:kms:REGION:ACCOUNT:key/ID.
func regionOfKey(name string) (string, bool) {
	parts := strings.Split(name, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "kms" {
		return "", false
	}
	return parts[3], true
}

// strangers looks into the folders of every region for what belongs to nobody there:
// the register is held against what is there, too. A region that the promise does not
// speak of holds nothing of the tenants that it does speak of, whatever it is called: a
// copy, a backup, a replica.
func (r *run) strangers() error {
	for _, region := range r.house.Tenants.Regions() {
		if region.Engine != db.SQLite {
			continue
		}
		_, asked := r.asked[region.Name]
		for _, folder := range []string{"tenants", "keyrings"} {
			list, err := os.ReadDir(filepath.Join(region.Dir, folder))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			for _, entry := range list {
				switch {
				case r.lives(entry.Name(), region.Name, folder == "keyrings"):
				case asked:
					r.f.Fail("placement_register.reason.stranger", entry.Name())
				case r.concerns(entry.Name()):
					r.f.Fail("placement_register.reason.elsewhere", entry.Name())
				}
			}
		}
	}
	return nil
}

// concerns says whether a folder is named after a tenant that the promise speaks of.
func (r *run) concerns(name string) bool {
	return slices.ContainsFunc(r.control.Tenants, func(t tenant.Tenant) bool { return t.ID.String() == name && r.speaksOf(t) })
}

// lives says whether a tenant of the directory has something in a region.
func (r *run) lives(name string, region id.Name, keyring bool) bool {
	t, err := id.ParseTenant(name)
	if err != nil {
		return false
	}
	found, err := r.house.Tenants.Get(t)
	if err != nil {
		return false
	}
	if keyring {
		return found.Home() == region
	}
	for _, p := range found.Placements {
		if p.Region == region {
			return true
		}
	}
	return false
}
