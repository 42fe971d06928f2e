package sqlite

import (
	"os"
	"path/filepath"
	"sync"

	"garant.example/internal/db"
	"garant.example/internal/db/migrations"
)

// templates keeps the bytes of a new database of each family, which hold its tables
// and nothing of anybody: the first one is built statement by statement, those that
// follow are copies of it. A copy costs one flush where building costs a dozen. The
// time of its migrations is that of the first.
type templates struct {
	mu    sync.Mutex
	bytes map[db.Family][]byte
	lists map[db.Family][]migrations.Migration
}

// of returns the bytes of a new database; nil when none was built yet.
func (t *templates) of(f db.Family) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes[f]
}

// keep remembers the bytes of a database that was just built and that nobody used.
func (t *templates) keep(f db.Family, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return systemError(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bytes == nil {
		t.bytes = map[db.Family][]byte{}
	}
	t.bytes[f] = raw
	return nil
}

// list is migrations.List, read once.
func (t *templates) list(f db.Family) ([]migrations.Migration, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if list, ok := t.lists[f]; ok {
		return list, nil
	}
	list, err := migrations.List(db.SQLite, f)
	if err != nil {
		return nil, err
	}
	if t.lists == nil {
		t.lists = map[db.Family][]migrations.Migration{}
	}
	t.lists[f] = list
	return list, nil
}

// copyNew writes a complete database to a new file and flushes it.
func copyNew(path string, raw []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return systemError(err)
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return systemError(err)
}

// makeDir makes a folder with those above it, and makes the names of all that it
// made durable: a database in a folder that a loss of power takes away is lost too.
func makeDir(dir string) error {
	var fresh []string
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		fresh = append(fresh, at)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return systemError(err)
	}
	for _, made := range fresh {
		if err := syncDir(filepath.Dir(made)); err != nil {
			return err
		}
	}
	return nil
}
