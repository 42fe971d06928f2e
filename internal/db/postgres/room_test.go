package postgres_test

import (
	"errors"
	"testing"

	"garant.example/internal/db"
	"garant.example/internal/db/postgres"
	"garant.example/testkit/pgserver"
)

// A read for which the server finds no room in its temporary folder fails as that,
// alone: neither the connection nor anybody else's read or change suffers.
func TestNoRoomForTemporaryFiles(t *testing.T) {
	d, _ := opened(t, pgserver.Start(t), postgres.New(postgres.Options{}))
	sort := func(limit string) (n int64, err error) {
		err = d.Read(t.Context(), func(tx db.Tx) error {
			for _, set := range []string{"SET LOCAL work_mem = '64kB'", "SET LOCAL temp_file_limit = " + limit} {
				if _, err := tx.Exec(set); err != nil {
					return err
				}
			}
			return tx.Row("SELECT count(*) FROM (SELECT n FROM generate_series(1, 200000) AS n ORDER BY md5(CAST(n AS text)) OFFSET 10) AS s").Scan(&n)
		})
		return n, err
	}
	for range 3 {
		if _, err := sort("0"); !errors.Is(err, db.ErrFull) {
			t.Errorf("without room: %v", err)
		}
		if err := d.Write(t.Context(), func(tx db.Tx) error { return addOne(tx, 1) }); err != nil {
			t.Errorf("a change meanwhile: %v", err)
		}
	}
	if n, err := sort("-1"); err != nil || n != 199990 {
		t.Errorf("with room: %d, %v", n, err)
	}
	if n := value(t, d, 1); n != 3 {
		t.Errorf("%d of 3 changes", n)
	}
}
