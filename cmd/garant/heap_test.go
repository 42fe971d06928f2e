package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// The goal follows what lives: a small heap has room, a large one the usual.
func TestGiveRoom(t *testing.T) {
	t.Setenv("GOGC", "")
	defer giveRoom()()
	if got := percent(); got <= 100 {
		t.Errorf("a small heap is collected at %d %%", got)
	}
	large := make([]byte, 2*room)
	settle(func() bool { return percent() == 100 })
	if got := percent(); got != 100 {
		t.Errorf("a large heap is collected at %d %%", got)
	}
	runtime.KeepAlive(large)
	settle(func() bool { return percent() > 100 })
	if got := percent(); got <= 100 {
		t.Errorf("a heap that shrank is collected at %d %%", got)
	}
}

func TestGOGCDecides(t *testing.T) {
	t.Setenv("GOGC", "150")
	before := debug.SetGCPercent(150)
	defer debug.SetGCPercent(before)
	giveRoom()()
	settle(func() bool { return percent() != 150 })
	if got := percent(); got != 150 {
		t.Errorf("the operator said 150, and it is %d", got)
	}
}

// percent reads the present setting, which only setting it tells.
func percent() int {
	now := debug.SetGCPercent(-1)
	debug.SetGCPercent(now)
	return now
}

// settle collects until something is true, some times at most.
func settle(done func() bool) {
	for range 50 {
		runtime.GC()
		if done() {
			return
		}
		runtime.Gosched()
	}
}
