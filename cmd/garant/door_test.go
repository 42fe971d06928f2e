package main

import (
	"net"
	"testing"
)

// TestNextFree takes a port and sees the demo pass it by.
func TestNextFree(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := l.Addr().String()
	other := nextFree(t.Context(), taken)
	if other == taken {
		t.Fatalf("%s is taken and was chosen", taken)
	}
	again, err := net.Listen("tcp", other)
	if err != nil {
		t.Fatalf("%s was called free: %v", other, err)
	}
	_ = again.Close()
	_ = l.Close()
	if got := nextFree(t.Context(), taken); got != taken {
		t.Errorf("%s is free, and %s was chosen", taken, got)
	}
	for _, odd := range []string{"nowhere", "127.0.0.1:http", "192.0.2.1:9"} {
		if got := nextFree(t.Context(), odd); got != odd {
			t.Errorf("%q became %q", odd, got)
		}
	}
}
