package bench

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"strings"

	"garant.example/internal/access"
	"garant.example/internal/actor"
	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
	"garant.example/internal/tenant"
)

const home id.Name = "quebec"

// region is the one place of a platform under measurement.
func region(dir, dsn string) tenant.Region {
	r := tenant.Region{Name: home, Title: tenant.Text{EN: "Bench", FR: "Mesure"}, Jurisdiction: "CA-QC", Country: "CA", City: "Québec",
		Provider: "own", Engine: db.SQLite, Dir: filepath.Join(dir, "regions", string(home)), KMS: "local"}
	if dsn != "" {
		r.Engine, r.DSN = db.Postgres, db.Secret(dsn)
	}
	return r
}

// Stand opens a platform of its own in an empty folder, with the durability of a
// real one; a DSN puts its tenants' databases on that PostgreSQL.
func Stand(ctx context.Context, dir, dsn string) (*server.Running, error) {
	k := clock.System()
	local, err := kms.CreateLocal(kms.LocalOptions{Path: filepath.Join(dir, "kms.json"), Secret: []byte(rand.Text()), Clock: k,
		Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}, "tenants")
	if err != nil {
		return nil, err
	}
	control := db.Place{Engine: db.SQLite, Family: db.Control, Path: filepath.Join(dir, "control.db")}
	if dsn != "" {
		control = db.Place{Engine: db.Postgres, Family: db.Control, DSN: db.Secret(dsn), Name: "garant_bench_" + strings.ToLower(rand.Text()[:8])}
	}
	house, _, err := server.Open(ctx, server.Options{Dir: dir, Control: control, Regions: regions(dir, dsn), Home: home, Clock: k,
		KMS: map[id.Name]server.KMS{"local": {Service: local, Key: "tenants"}}, Log: slog.New(slog.DiscardHandler), LogHost: "garant.example/bench"})
	if err != nil {
		return nil, err
	}
	operator, err := house.Found(ctx, "Bench", "CA", "en")
	if err == nil {
		err = staff(ctx, house, operator)
	}
	var r *server.Running
	if err == nil {
		r, err = server.Serve(ctx, house, server.Serving{Listen: "127.0.0.1:0", Lang: "en", Idle: true})
	}
	if err != nil {
		_ = house.Close(ctx) // the first error is the one that matters
		return nil, err
	}
	return r, nil
}

// regions are the home and, in the same folder, every other that profiles name.
func regions(dir, dsn string) []tenant.Region {
	list := []tenant.Region{region(dir, dsn)}
	for _, other := range [][3]string{{"alberta", "CA-AB", "CA"}, {"canada-central", "CA", "CA"}, {"sydney", "AU", "AU"}, {"london", "GB", "GB"},
		{"california", "US", "US"}, {"paris", "EU", "FR"}, {"frankfurt", "EU", "DE"}, {"main-host", "US", "US"}} {
		r := region(dir, dsn)
		r.Name, r.Jurisdiction, r.Country, r.Dir = id.Name(other[0]), other[1], other[2], filepath.Join(dir, "regions", other[0])
		list = append(list, r)
	}
	return list
}

// staff makes the first person, without whom no tenant is served.
func staff(ctx context.Context, h *server.House, operator tenant.Tenant) error {
	ctx = actor.In(ctx, actor.Platform("bench"))
	p, err := h.Gate.Enter(ctx, access.Ask{Action: access.Manage, On: access.Account, Tenant: operator.ID})
	if err != nil {
		return err
	}
	_, _, err = h.Identity.CreateAccount(ctx, p, identity.NewAccount{Roles: []id.Name{"operator-admin"},
		Person: identity.Person{Name: "Bench", SignIn: "bench@operator.example", Email: "bench@operator.example", Lang: "en"}})
	return err
}
