//go:build linux

package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/sqlite"
)

// residentMB is how much memory this process holds.
func residentMB() (int, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			kb, err := strconv.Atoi(f[1])
			return kb / 1024, err
		}
	}
	return 0, errors.New("no VmRSS")
}

func manyPath(dir string, n int) string {
	return filepath.Join(dir, fmt.Sprintf("%02d", n%100), fmt.Sprintf("%d.db", n))
}

// roleMany uses ten thousand databases with few descriptors.
func roleMany(dir string) error {
	few := syscall.Rlimit{Cur: 256, Max: 256}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		return err
	}
	pool := db.NewPool(db.PoolOptions{
		Drivers: map[db.Engine]db.Driver{db.SQLite: sqlite.New(sqlite.Options{})}, Open: 16,
	})
	order := rand.New(rand.NewPCG(1, 2)).Perm(manyPlaces)
	errs := make(chan error, 8)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() { errs <- visit(pool, dir, order[w*manyPlaces/8:(w+1)*manyPlaces/8]) })
	}
	wg.Wait()
	for range 8 {
		if err := <-errs; err != nil {
			return err
		}
	}
	if n := pool.Len(); n > 16 {
		return fmt.Errorf("%d databases are open", n)
	}
	mb, err := residentMB()
	if err != nil || mb > 200*overhead {
		return errors.Join(fmt.Errorf("%d MB resident after %d databases", mb, manyPlaces), err)
	}
	fmt.Println(mb, "MB resident")
	return pool.Close()
}

// visit reads each database, and writes to some.
func visit(pool *db.Pool, dir string, numbers []int) error {
	ctx := context.Background()
	for _, n := range numbers {
		place := db.Place{Engine: db.SQLite, Family: db.Keyring, Path: manyPath(dir, n)}
		d, release, err := pool.Acquire(ctx, place)
		if err != nil {
			return err
		}
		err = d.Read(ctx, func(tx db.Tx) error {
			return tx.Row(`SELECT count(*) FROM garant_migration`).Scan(new(int64))
		})
		if err == nil && n%20 == 0 {
			err = makeLines(d)
		}
		release()
		if err != nil {
			return fmt.Errorf("database %d: %w", n, err)
		}
	}
	return nil
}

func TestTenThousandPlaces(t *testing.T) {
	dir := t.TempDir()
	d, err := openAt(dir, "first.db", db.Keyring)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	bytes, err := os.ReadFile(filepath.Join(dir, "first.db"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range manyPlaces {
		if n < 100 {
			if err := os.Mkdir(filepath.Dir(manyPath(dir, n)), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(manyPath(dir, n), bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(runChild(t, "many", dir, nil))
}

// roleHundred is a hundred tenants at work: their records and their keys.
func roleHundred(dir string) error {
	ctx := context.Background()
	var open []db.DB
	for n := range busyTenants {
		for _, family := range []db.Family{db.Placement, db.Keyring} {
			d, err := openAt(dir, fmt.Sprintf("%d/%s.db", n, family), family)
			if err != nil {
				return err
			}
			if err := makeLines(d); err != nil {
				return err
			}
			open = append(open, d)
		}
	}
	errs := make([]error, len(open))
	var wg sync.WaitGroup
	for i, d := range open {
		wg.Go(func() {
			for n := range 30 {
				body := make([]byte, 40_000) // more than the caches hold
				errs[i] = errors.Join(errs[i], addLine(d, fmt.Sprint(n), body))
				var readers sync.WaitGroup
				for range db.Readers {
					readers.Go(func() { _ = d.Read(ctx, func(tx db.Tx) error { return drainLines(tx) }) })
				}
				readers.Wait()
			}
		})
	}
	wg.Wait()
	mb, err := residentMB()
	if err != nil || mb > 600*overhead {
		return errors.Join(fmt.Errorf("%d MB resident", mb), err)
	}
	fmt.Println(mb, "MB resident with", len(open), "busy databases")
	for i, d := range open {
		errs[i] = errors.Join(errs[i], d.Close())
	}
	return errors.Join(errs...)
}

func TestHundredTenantsInMemory(t *testing.T) {
	t.Log(runChild(t, "hundred", t.TempDir(), nil))
}
