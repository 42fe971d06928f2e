package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/cmd/garant/internal/demo"
	"garant.example/internal/audit"
	"garant.example/internal/config"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/i18n"
)

// Diagnosis is what doctor answers.
type Diagnosis struct {
	Checks []DoctorCheck `json:"checks"`
	OK     bool          `json:"ok"`
}

// DoctorCheck is one thing that doctor looked at.
type DoctorCheck struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// What a check of doctor finds.
const (
	fine    = "ok"
	relaxed = "relaxed" // in force, and weaker than it could be
	broken  = "broken"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (p *program) doctorCommand() *cobra.Command {
	return p.verb("doctor", "", typeOf[Diagnosis](), func(c *call) error {
		d := c.diagnose()
		err := c.answer(d, func(w *tabwriter.Writer) {
			for _, k := range d.Checks {
				row(w, c.words.T("cli.doctor."+k.Status), c.words.T("cli.doctor.check."+k.Name), k.Detail)
				if k.Fix != "" {
					row(w, "", "", "→ "+k.Fix)
				}
			}
		})
		if err == nil && !d.OK {
			return errChecked
		}
		return err
	})
}

func (c *call) diagnose() Diagnosis {
	d := Diagnosis{OK: true}
	var add found = func(name, status, key string, params errs.Params, fix string) {
		k := DoctorCheck{Name: name, Status: status, Detail: c.words.T(key, params)}
		if fix != "" {
			k.Fix = c.words.T(fix, params)
		}
		d.Checks = append(d.Checks, k)
		d.OK = d.OK && status != broken
	}
	cfg, err := c.settings()
	made := c.flags.data != "" && demo.Is(c.flags.data) || cfg != nil && demo.Is(cfg.Data)
	if err == nil && !made {
		err = cfg.Validate()
	}
	switch {
	case made:
		add("config", relaxed, "cli.doctor.config.demo", nil, "")
	case err != nil:
		f := c.failure(err)
		d.Checks, d.OK = append(d.Checks, DoctorCheck{Name: "config", Status: broken, Detail: f.Detail, Fix: f.Fix}), false
	default:
		c.examineConfig(cfg, add)
	}
	dir := c.flags.data
	if dir == "" && cfg != nil {
		dir = cfg.Data
	}
	c.examine(dir, add)
	places := []place{{c.words.T("cli.doctor.place.data"), dir}, {c.words.T("cli.doctor.place.temp"), os.TempDir()}}
	if !made && err == nil {
		places = append(places, regionPlaces(cfg)...)
	}
	c.examineRoom(places, add)
	return d
}

// found notes what a check found.
type found func(name, status, key string, params errs.Params, fix string)

// examineConfig says what a sound configuration relaxes.
func (c *call) examineConfig(cfg *config.Config, add found) {
	add("config", fine, "cli.doctor.config.fine", nil, "")
	if cfg.OldBrowsers {
		add("tls", relaxed, "cli.doctor.tls.old", nil, "cli.doctor.tls.old.fix")
	}
	for _, address := range []string{cfg.Plain, cfg.Metrics} {
		if address != "" {
			add("plain", relaxed, "cli.doctor.plain", errs.Params{"address": address}, "")
		}
	}
	if open := cfg.Exposed(); len(open) > 0 {
		add("secrets", relaxed, "cli.doctor.secrets", errs.Params{"settings": strings.Join(open, ", "), "file": c.configFile()}, "cli.doctor.secrets.fix")
	}
}

// place is a folder that the platform writes to.
type place struct{ name, dir string }

func regionPlaces(cfg *config.Config) (list []place) {
	for _, name := range slices.Sorted(maps.Keys(cfg.Regions)) {
		r := cfg.Regions[name]
		if cfg.RegionEngine(r) != string(db.SQLite) {
			continue // the disk of a server elsewhere is its own to watch
		}
		dir := r.Dir
		if dir == "" {
			dir = cfg.Data
		}
		list = append(list, place{name, dir})
	}
	return list
}

// examineRoom says how much room is left at each place.
func (c *call) examineRoom(places []place, add found) {
	for _, at := range places {
		free, err := audit.FreeRoom(at.dir)
		if err != nil {
			continue // the folder is not there yet: examine said so
		}
		status, key, fix := fine, "cli.doctor.space.fine", ""
		switch audit.Judge(free) {
		case audit.RoomLow:
			status, key, fix = relaxed, "cli.doctor.space.low", "cli.doctor.space.fix"
		case audit.RoomRefused:
			status, key, fix = broken, "cli.doctor.space.refused", "cli.doctor.space.fix"
		}
		add("space", status, key, errs.Params{"place": at.name, "folder": at.dir, "free": i18n.Size(free),
			"warn": i18n.Size(audit.SpaceWarn), "refuse": i18n.Size(audit.SpaceRefuse)}, fix)
	}
}

// examineCanaries asks the running server whether each profile in use has the canary
// on which its checks act.
func (c *call) examineCanaries(add found) {
	err := c.above(func(platform *client.Platform) error {
		used, watched := map[string]client.TenantInfo{}, map[string]bool{}
		for cursor := ""; ; {
			page, err := platform.Tenants(c.ctx, cursor)
			if err != nil {
				return err
			}
			for _, t := range page.Tenants {
				switch {
				case t.Operator || t.State != "open":
				case t.Canary:
					watched[t.Profile] = true
				default:
					used[t.Profile] = t
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		for _, name := range slices.Sorted(maps.Keys(used)) {
			at := errs.Params{"profile": name, "country": used[name].Country, "flags": c.again()}
			if watched[name] {
				add("canary", fine, "cli.doctor.canary.fine", at, "")
			} else {
				add("canary", broken, "cli.doctor.canary.none", at, "cli.doctor.canary.none.fix")
			}
		}
		return nil
	})
	if err != nil {
		f := c.failure(err)
		add("canary", relaxed, "cli.doctor.canary.unasked", errs.Params{"reason": f.Detail}, "")
	}
}

// examine looks at the data folder and at the server that runs on it.
func (c *call) examine(dir string, add found) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return
	}
	at := errs.Params{"folder": dir}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		add("data", relaxed, "cli.doctor.data.none", at, "cli.doctor.data.none.fix")
		return
	case err != nil || !info.IsDir():
		add("data", broken, "cli.doctor.data.bad", at, "cli.doctor.data.bad.fix")
		return
	case info.Mode().Perm()&0o077 != 0:
		add("data", broken, "cli.doctor.data.open", at, "cli.doctor.data.open.fix")
	default:
		add("data", fine, "cli.doctor.data.fine", at, "")
	}
	run, err := client.ReadRun(dir)
	switch {
	case err == nil && answers(run.URL):
		add("server", fine, "cli.doctor.server.up", errs.Params{"server": run.URL}, "")
		c.examineCanaries(add)
	case err == nil:
		add("server", relaxed, "cli.doctor.server.gone", errs.Params{"server": run.URL}, "cli.doctor.server.gone.fix")
	case errors.Is(err, client.ErrExposed):
		add("server", broken, "cli.doctor.server.open", errs.Params{"file": client.RunPath(dir)}, "cli.doctor.server.open.fix")
	default:
		add("server", fine, "cli.doctor.server.none", nil, "")
	}
}
