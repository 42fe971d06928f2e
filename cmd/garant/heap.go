package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// room is how much garbage may gather before it is collected, in bytes. A server's
// live memory is small, and Go would collect each time as much again was
// allocated: dozens of times a second under load, for nothing.
const room = 96 << 20

// giveRoom lets the heap grow by room, or to twice what lives in it where that is
// more, before it is collected, until stop is called. It looks anew after every
// collection. An operator who sets GOGC decides instead.
func giveRoom() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(100)
	stopped := new(atomic.Bool)
	afterCollection(stopped)
	return func() {
		stopped.Store(true)
		debug.SetGCPercent(before)
	}
}

// afterCollection sets the next goal and leaves an object behind whose collection
// calls it again.
func afterCollection(stopped *atomic.Bool) {
	if stopped.Load() {
		return
	}
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	percent := 100
	if live := sample[0].Value.Uint64(); live < room {
		percent = int(100 * room / max(live, 1<<20))
	}
	debug.SetGCPercent(percent)
	runtime.AddCleanup(new([16]byte), afterCollection, stopped)
}
