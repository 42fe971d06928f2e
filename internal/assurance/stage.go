package assurance

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"

	"garant.example/internal/db"
	"garant.example/internal/id"
	"garant.example/internal/tenant"
)

// Wound is one step of a sabotage as the journal keeps it: how to undo it. It is
// written before the step is done, so that an interrupted sabotage is healed at
// the next start.
type Wound struct {
	Promise id.Name    `json:"promise"`
	Fault   string     `json:"fault,omitzero"`  // a hole in the running process: gone with it
	Remove  string     `json:"remove,omitzero"` // a file to take away
	Within  string     `json:"within,omitzero"` // the folder that stood before the file: what is empty below goes with it
	Place   *At        `json:"place,omitzero"`  // a database in which to run Undo
	Undo    []Sentence `json:"undo,omitzero"`
	Reread  id.Tenant  `json:"reread,omitzero"` // whose row of the directory Undo gave back
}

// At names a database without its address: addresses may change between starts.
type At struct {
	Tenant    id.Tenant `json:"tenant,omitzero"`
	Placement id.Name   `json:"placement,omitzero"` // empty with a tenant: its keyring
	Control   bool      `json:"control,omitzero"`
}

// Sentence is one SQL statement with its parameters.
type Sentence struct {
	SQL  string `json:"sql"`
	Args []Arg  `json:"args,omitzero"`
}

// Arg is one parameter: bytes, a number, or a text.
type Arg struct {
	Bytes []byte `json:"bytes,omitzero"`
	Int   *int64 `json:"int,omitzero"`
	Text  string `json:"text,omitzero"`
	Null  bool   `json:"null,omitzero"`
}

// B, N and T make parameters.
func B(b []byte) Arg { return Arg{Bytes: b} }

// N makes a number.
func N(n int64) Arg { return Arg{Int: &n} }

// T makes a text.
func T(s string) Arg { return Arg{Text: s} }

func (a Arg) value() any {
	switch {
	case a.Null:
		return nil
	case a.Bytes != nil:
		return a.Bytes
	case a.Int != nil:
		return *a.Int
	default:
		return a.Text
	}
}

// Stage is where a sabotage acts. Whatever a Break does, it does through here, and
// here every step is journalled with its undo first.
type Stage struct {
	House   *House
	Faults  Faults
	promise id.Name
	journal *journal
}

// SQL runs statements in a database, past every domain, and keeps how to undo
// them.
func (s *Stage) SQL(ctx context.Context, at At, do, undo []Sentence) error {
	if err := s.journal.add(Wound{Promise: s.promise, Place: &at, Undo: undo}); err != nil {
		return err
	}
	return run(ctx, s.House, at, do)
}

// File writes a file that was not there.
func (s *Stage) File(path string, content []byte) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	if err := s.journal.add(Wound{Promise: s.promise, Remove: path, Within: standing(filepath.Dir(path))}); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// standing is the nearest folder above that is there.
func standing(dir string) string {
	for {
		if _, err := os.Lstat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// Tenant writes a tenant's row of the directory anew, past the service, and lets
// the service read it: as if it had always been declared so.
func (s *Stage) Tenant(ctx context.Context, changed tenant.Tenant) error {
	now, next, err := s.House.Tenants.Row(ctx, changed)
	if err != nil {
		return err
	}
	at, put := At{Control: true}, func(body []byte) []Sentence {
		return []Sentence{{SQL: `UPDATE tenant SET body = ?2 WHERE id = ?1`, Args: []Arg{B(changed.ID.Bytes()), B(body)}}}
	}
	if err := s.journal.add(Wound{Promise: s.promise, Place: &at, Undo: put(now), Reread: changed.ID}); err != nil {
		return err
	}
	if err := run(ctx, s.House, at, put(next)); err != nil {
		return err
	}
	return s.House.Tenants.Reread(ctx, changed.ID)
}

// Fault notes a hole that open tears into the running process.
func (s *Stage) Fault(name string, open func(name string) error) error {
	name = string(s.promise) + "/" + name
	if err := s.journal.add(Wound{Promise: s.promise, Fault: name}); err != nil {
		return err
	}
	return open(name)
}

// run executes statements in one transaction.
func run(ctx context.Context, h *House, at At, list []Sentence) error {
	place, err := at.place(h)
	if err != nil {
		return err
	}
	database, release, err := h.Open(ctx, place)
	if err != nil {
		return err
	}
	defer release()
	return database.Write(ctx, func(tx db.Tx) error {
		for _, line := range list {
			args := make([]any, len(line.Args))
			for i, a := range line.Args {
				args[i] = a.value()
			}
			if _, err := tx.Exec(line.SQL, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a At) place(h *House) (db.Place, error) {
	if a.Control {
		return h.Control, nil
	}
	if a.Placement == "" {
		return h.Tenants.KeyringPlace(a.Tenant)
	}
	t, err := h.Tenants.Get(a.Tenant)
	if err != nil {
		return db.Place{}, err
	}
	return h.Tenants.PlacementPlace(t, a.Placement)
}

// MainOf names a tenant's main database.
func MainOf(t tenant.Tenant) At { return At{Tenant: t.ID, Placement: tenant.Main} }

// heal undoes one wound. Undoing twice does no harm.
func (w Wound) heal(ctx context.Context, h *House, f Faults) error {
	switch {
	case w.Fault != "":
		if f != nil {
			f.Clear(w.Fault)
		}
		return nil
	case w.Remove != "":
		if err := os.Remove(w.Remove); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if w.Within == "" {
			return nil
		}
		for dir := filepath.Dir(w.Remove); dir != w.Within && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if os.Remove(dir) != nil { // gone already, or somebody else put something there
				break
			}
		}
		return nil
	case w.Place != nil:
		if err := run(ctx, h, *w.Place, w.Undo); err != nil || w.Reread.IsZero() {
			return err
		}
		return h.Tenants.Reread(ctx, w.Reread)
	}
	return nil
}

// journal is the file of open wounds.
type journal struct {
	path   string
	wounds []Wound
}

func openJournal(path string) (*journal, error) {
	j := &journal{path: path}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	return j, json.Unmarshal(data, &j.wounds)
}

func (j *journal) add(w Wound) error {
	j.wounds = append(j.wounds, w)
	return j.save()
}

// remove drops the wounds of a promise that were healed.
func (j *journal) remove(promise id.Name) error {
	j.wounds = slices.DeleteFunc(j.wounds, func(w Wound) bool { return w.Promise == promise })
	return j.save()
}

// save writes the whole file beside and moves it in place, flushed.
func (j *journal) save() error {
	data, err := json.Marshal(j.wounds)
	if err != nil {
		return err
	}
	next := j.path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(next, j.path)
}
