package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"garant.example/client"
	"garant.example/cmd/garant/internal/demo"
	"garant.example/internal/errs"
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
	add := func(name, status, key string, params errs.Params, fix string) {
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
	if made {
		add("config", relaxed, "cli.doctor.config.demo", nil, "")
	} else if err != nil {
		f := c.failure(err)
		d.Checks, d.OK = append(d.Checks, DoctorCheck{Name: "config", Status: broken, Detail: f.Detail, Fix: f.Fix}), false
	} else {
		add("config", fine, "cli.doctor.config.fine", nil, "")
		if cfg.OldBrowsers {
			add("tls", relaxed, "cli.doctor.tls.old", nil, "cli.doctor.tls.old.fix")
		}
		if cfg.Plain != "" {
			add("plain", relaxed, "cli.doctor.plain", errs.Params{"address": cfg.Plain}, "")
		}
	}
	dir := c.flags.data
	if dir == "" && cfg != nil {
		dir = cfg.Data
	}
	c.examine(dir, add)
	return d
}

// examine looks at the data folder and at the server that runs on it.
func (c *call) examine(dir string, add func(name, status, key string, params errs.Params, fix string)) {
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
	case err == nil:
		add("server", relaxed, "cli.doctor.server.gone", errs.Params{"server": run.URL}, "cli.doctor.server.gone.fix")
	case errors.Is(err, client.ErrExposed):
		add("server", broken, "cli.doctor.server.open", errs.Params{"file": client.RunPath(dir)}, "cli.doctor.server.open.fix")
	default:
		add("server", fine, "cli.doctor.server.none", nil, "")
	}
}
