package demo

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"garant.example/internal/clock"
	"garant.example/internal/db"
	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/identity"
	"garant.example/internal/keys/kms"
	"garant.example/internal/server"
)

// Options say where the demo lives.
type Options struct {
	Dir    string
	Listen string // HTTPS, on loopback; port 0 lets the system choose
	Plain  string // http://localhost, so that no browser warns; empty for none
	Clock  clock.Clock
	Log    *slog.Logger
	// Progress hears what is being made; may be nil.
	Progress func(step string)
	// Extra adds edges before the doors open.
	Extra func(*server.Running)
}

// Demo is a running demo.
type Demo struct {
	*server.Running
	Notebook *Notebook
	dir      string
	cloud    *cloud
}

// Open makes what is missing in the folder and opens the doors. A folder that was
// filled before opens as it was left.
func Open(ctx context.Context, o Options) (*Demo, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, errs.New(errs.Config, "server.data.unwritable").With("Path", o.Dir).Do("server.data.unwritable.fix").Cause(err)
	}
	if err := mark(o.Dir); err != nil {
		return nil, err
	}
	note, err := readNotebook(o.Dir)
	if err != nil {
		return nil, err
	}
	c, err := openCloud(ctx, o, note)
	if err != nil {
		return nil, err
	}
	house, fresh, err := server.Open(ctx, server.Options{Dir: o.Dir, Control: db.Place{Engine: db.SQLite, Family: db.Control,
		Path: filepath.Join(o.Dir, "control.db")}, Regions: c.regions, Home: home, KMS: c.kms, Clock: o.Clock, Log: o.Log,
		LogHost: "garant.example/demo", HashCost: identity.Cost{Memory: 19 << 10, Time: 2, Threads: 1}})
	if err != nil {
		c.close()
		return nil, err
	}
	d := &Demo{Notebook: note, dir: o.Dir, cloud: c}
	if err := d.furnish(ctx, house, o, fresh); err != nil {
		return nil, errors.Join(err, house.Close(ctx))
	}
	d.Running, err = server.Serve(ctx, house, server.Serving{Listen: o.Listen, Plain: o.Plain, Hosts: hosts(), Lang: "en",
		Faults: server.NewFaults(c.knobs()), Extra: o.Extra})
	if err != nil {
		return nil, errors.Join(err, house.Close(ctx))
	}
	return d, nil
}

// Stop closes the doors and the cloud.
func (d *Demo) Stop(ctx context.Context) error {
	err := d.Running.Stop(ctx)
	d.cloud.close()
	return err
}

// Dir is the folder the demo lives in.
func (d *Demo) Dir() string { return d.dir }

// Page is one trust page to look at.
type Page struct{ Slug, Title string }

// Pages are the trust pages of the five shown tenants.
func (d *Demo) Pages() []Page {
	var list []Page
	for _, o := range cast() {
		if !o.Canary {
			list = append(list, Page{string(o.Slug), o.Title})
		}
	}
	return list
}

// marker is the file that tells a demo folder: a sabotage acts nowhere else.
const marker = "DEMO"

// ErrReal is returned when the folder holds a platform that is no demo.
var ErrReal = errors.New("demo: the folder holds a real platform")

// mark writes the marker into an empty folder, and refuses any other without one.
func mark(dir string) error {
	path := filepath.Join(dir, marker)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, "control.db")); err == nil {
		return ErrReal
	}
	return os.WriteFile(path, []byte("Everything in this folder is made up.\n"), 0o600)
}

// Is says whether a folder is a demo's.
func Is(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, marker))
	return err == nil
}

// home is the region of the operator's own tenant.
const home id.Name = "quebec"

func hosts() []string {
	var list []string
	for _, o := range cast() {
		list = append(list, o.Hosts...)
	}
	return list
}

// localKMS opens the demo's local key file, or makes it. Its Argon2id is cheap: the
// passphrase lies beside it, and the start should be quick.
func localKMS(o Options, note *Notebook) (*kms.Local, error) {
	opt := kms.LocalOptions{Path: filepath.Join(o.Dir, "kms", "local.json"), Secret: []byte(note.Passphrase), Clock: o.Clock,
		Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}
	if _, err := os.Stat(opt.Path); err == nil {
		return kms.OpenLocal(opt)
	}
	if err := os.MkdirAll(filepath.Dir(opt.Path), 0o700); err != nil {
		return nil, err
	}
	return kms.CreateLocal(opt, kmsKey)
}

const kmsKey = "tenants"
