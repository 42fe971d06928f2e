//go:build linux

package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/sqlite"
)

// tally is a finisher: one row with the number of lines so far.
type tally struct{ lines int64 }

func (*tally) Done(bool) {}

func (y *tally) Finish(tx db.Tx) error {
	return tx.Queue(`INSERT INTO tally (one, n) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET n = tally.n + ?1`, y.lines)
}

// roleLoad writes from several goroutines until it is killed, and says which
// changes were acknowledged.
func roleLoad(dir string) error {
	v := sqlite.New(sqlite.Options{WAL: 256 << 10}) // checkpoints happen often
	d, err := v.Open(context.Background(), db.Place{Engine: db.SQLite, Family: db.Placement, Path: filepath.Join(dir, "a.db")})
	if err != nil {
		return err
	}
	var out sync.Mutex
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d/%d/%d", os.Getpid(), w, i)
				err := d.Write(context.Background(), func(tx db.Tx) error {
					tx.Join("tally", func() db.Finisher { return &tally{} }).(*tally).lines++
					return tx.Queue(`INSERT INTO line (id, body) VALUES (?1, ?2)`, id, make([]byte, 700))
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println(id)
				out.Unlock()
			}
		})
	}
	wg.Wait()
	return nil
}

// TestKillUnderLoad kills a writing process again and again: each change that
// was acknowledged is there afterwards, whole groups are there or not at all,
// and the pages are sound.
func TestKillUnderLoad(t *testing.T) {
	dir := t.TempDir()
	d, err := openAt(dir, "a.db", db.Placement)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(makeLines(d), d.Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(`CREATE TABLE tally (one INTEGER NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT`)
		return err
	}), d.Close())
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	for round := range 10 {
		kill(t, dir, 100+211*round, acknowledged)
		d, err := openAt(dir, "a.db", db.Placement)
		if err != nil {
			t.Fatal(err)
		}
		there, err := lines(d)
		if err != nil {
			t.Fatal(err)
		}
		for id := range acknowledged {
			if !there[id] {
				t.Errorf("round %d: %s was acknowledged and is gone", round, id)
			}
		}
		err = d.Read(t.Context(), func(tx db.Tx) error {
			var n int64
			if err := tx.Row(`SELECT n FROM tally`).Scan(&n); err != nil {
				return err
			}
			if n != int64(len(there)) {
				t.Errorf("round %d: %d lines, and the finishers counted %d", round, len(there), n)
			}
			return nil
		})
		if err := errors.Join(err, d.Check(t.Context()), d.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if len(acknowledged) < 1000 {
		t.Errorf("only %d changes were acknowledged", len(acknowledged))
	}
}

// kill runs the load, notes what it acknowledges, and kills it after n changes.
func kill(t *testing.T, dir string, n int, acknowledged map[string]bool) {
	t.Helper()
	cmd := child(t, "load", dir)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	for i := 0; ; i++ {
		line, err := said.ReadString('\n')
		if err != nil { // a line without its end is a change that was not heard of
			break
		}
		acknowledged[strings.TrimSpace(line)] = true
		if i == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || errs.Len() > 0 {
		t.Fatalf("the load ended by itself: %v %s", err, errs.String())
	}
}

// roleOpener tries to open a database that another process holds.
func roleOpener(dir string) error {
	if _, err := openAt(dir, "a.db", db.Placement); !errors.Is(err, db.ErrInUse) {
		return fmt.Errorf("got %w", err)
	}
	return nil
}

func TestInUseElsewhere(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir, db.Placement)
	runChild(t, "opener", dir, nil)
}
