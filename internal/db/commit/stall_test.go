package commit

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"garant.example/internal/db"
)

// hang is a step of a store that does not end before it is let go.
type hang struct{ entered, leave chan struct{} }

func newHang() *hang { return &hang{make(chan struct{}), make(chan struct{})} }

func (h *hang) step() { h.entered <- struct{}{}; <-h.leave }

// A commit that does not end holds its own changes; those behind it are refused, and
// so are those that come, and all goes on as soon as it has ended.
func TestStalledCommit(t *testing.T) {
	h, first := newHang(), true
	m := &memory{commit: func() error {
		if first {
			first = false
			h.step()
		}
		return nil
	}}
	l := StartPatient(m, time.Millisecond)
	t.Cleanup(func() { l.Close() })
	inside, behind := make(chan error, 1), make(chan error, 8)
	go func() { inside <- l.Write(context.Background(), nothing) }()
	<-h.entered
	for range cap(behind) {
		go func() { behind <- l.Write(context.Background(), nothing) }()
	}
	for range cap(behind) {
		if err := <-behind; !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("behind a commit that does not end: %v", err)
		}
	}
	if err := l.Write(context.Background(), nothing); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("one more: %v", err)
	}
	if err := l.Alone(func() error { return nil }); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("alone: %v", err)
	}
	select {
	case err := <-inside:
		t.Fatalf("an answer before the outcome is known: %v", err)
	default:
	}
	close(h.leave)
	if err := <-inside; err != nil {
		t.Errorf("the commit ended well: %v", err)
	}
	for range 100 {
		if err := l.Write(context.Background(), nothing); err != nil {
			t.Fatalf("after it has ended: %v", err)
		}
	}
	if s := l.Stats(); s.Changes != 101 || s.Queued != 0 {
		t.Errorf("counted %+v", s)
	}
}

// What is done between two groups may hang just as well.
func TestStalledAfter(t *testing.T) {
	h, first := newHang(), true
	m := &memory{later: func() {
		if first {
			first = false
			h.step()
		}
	}}
	l := StartPatient(m, time.Millisecond)
	t.Cleanup(func() { l.Close() })
	if err := l.Write(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	<-h.entered
	if err := l.Write(t.Context(), nothing); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	close(h.leave)
	for l.Write(t.Context(), nothing) != nil { // it ends by itself
	}
}

// Whoever gave up waiting is not answered a second time, and a patient one that is
// never tried costs nothing.
func TestStalledWithdrawn(t *testing.T) {
	h, first := newHang(), true
	l := StartPatient(&memory{commit: func() error {
		if first {
			first = false
			h.step()
		}
		return nil
	}}, time.Hour)
	t.Cleanup(func() { l.Close() })
	inside := make(chan error, 1)
	go func() { inside <- l.Write(context.Background(), nothing) }()
	<-h.entered
	ctx, cancel := context.WithCancel(t.Context())
	behind := make(chan error, 1)
	go func() { behind <- l.Write(ctx, nothing) }()
	for l.Stats().Queued == 0 {
	}
	cancel()
	if err := <-behind; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	l.queue.stall(db.ErrUnavailable)
	l.queue.stall(nil)
	close(h.leave)
	if err := <-inside; err != nil {
		t.Error(err)
	}
}

// A change that ends its goroutine while the watch has fired leaves nothing held.
func TestStalledGoexit(t *testing.T) {
	l := StartPatient(&memory{}, time.Nanosecond)
	t.Cleanup(func() { l.Close() })
	for range 200 {
		if err := l.Write(t.Context(), func(db.Tx) error { runtime.Goexit(); return nil }); !errors.Is(err, db.ErrPanic) && !errors.Is(err, db.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	for l.Write(t.Context(), nothing) != nil {
	}
}
