package demo

import (
	"context"
	"log/slog"
	"testing"

	"garant.example/internal/clock"
)

func open(t *testing.T, dir string) *Demo {
	t.Helper()
	d, err := Open(context.Background(), Options{Dir: dir, Listen: "127.0.0.1:0", Plain: "127.0.0.1:0", Clock: clock.System(),
		Log: slog.New(slog.DiscardHandler), Progress: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSecondStartFindsTheSame(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	tenants := len(first.House.Tenants.All())
	signIns := len(first.Notebook.SignIns)
	if err := first.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	second := open(t, dir)
	defer second.Stop(context.Background())
	if n := len(second.House.Tenants.All()); n != tenants || n != len(cast())+1 {
		t.Errorf("tenants: %d, then %d", tenants, n)
	}
	if n := len(second.Notebook.SignIns); n != signIns || n == 0 {
		t.Errorf("sign-ins: %d, then %d", signIns, n)
	}
}
