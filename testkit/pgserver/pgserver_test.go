package pgserver

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

func ask(t *testing.T, s *Server, query string) string {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.DSN().Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var answer string
	if err := c.QueryRow(ctx, query).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func tell(t *testing.T, s *Server, statement string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.DSN().Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

func TestSharedIsOne(t *testing.T) {
	a, b := Start(t), Start(t)
	if a != b {
		t.Fatal("two servers in one process")
	}
	if got := ask(t, a, "SHOW listen_addresses"); got != "127.0.0.1" {
		t.Errorf("listens on %s", got)
	}
}

func TestOwnComesBackAfterKill(t *testing.T) {
	s := Own(t)
	if got := ask(t, s, "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s: measurements would prove nothing", got)
	}
	pid, err := s.PID()
	if err != nil || pid < 2 {
		t.Fatalf("pid %d: %v", pid, err)
	}
	tell(t, s, "CREATE TABLE kept (v text)")
	tell(t, s, "INSERT INTO kept VALUES ('yes')")
	s.Kill()
	if _, err := pgx.Connect(context.Background(), s.DSN().Reveal()); err == nil {
		t.Fatal("it still answers")
	}
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, "SELECT v FROM kept"); got != "yes" {
		t.Fatal(got)
	}
}
