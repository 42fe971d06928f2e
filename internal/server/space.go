package server

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/tenant"
)

// PlaceSpace is the room at one place that the platform writes to.
type PlaceSpace struct {
	Place string // "data", the name of a region, "temp"
	Dir   string
	audit.SpaceState
}

// The places that are no region. A region's name has no such blank.
const (
	dataPlace = "data folder"
	tempPlace = "temporary files"
)

// spaces watches the room at every place: the logs at a place are refused by what is
// left there, so that a full disk closes the tenants of its region and no others.
type spaces struct{ list []watched }

type watched struct {
	place string
	dir   string
	guard *audit.Guard
}

// watchSpaces watches the data folder, the folder of each region that has one, and
// the folder of temporary files, which holds no log: there a shortage is only told.
// Folders of one file system share a guard, hence one reserve. It makes the folders
// of regions that are not there yet.
func (h *House) watchSpaces() error {
	free, err := h.guard(dataPlace, h.Opt.Dir, false)
	if err != nil {
		return err
	}
	h.Space = free
	h.spaces.list = []watched{{dataPlace, h.Opt.Dir, free}}
	for _, r := range sortedRegions(h.Opt.Regions) {
		if r.Engine != db.SQLite {
			continue // the disk of a server elsewhere is its own to watch
		}
		if err := writable(r.Dir); err != nil {
			return err
		}
		if err := h.watch(string(r.Name), r.Dir, false); err != nil {
			return err
		}
	}
	return h.watch(tempPlace, os.TempDir(), true)
}

func sortedRegions(list []tenant.Region) []tenant.Region {
	return slices.SortedFunc(slices.Values(list), func(a, b tenant.Region) int { return cmp.Compare(a.Name, b.Name) })
}

func (h *House) watch(place, dir string, only bool) error {
	for _, w := range h.spaces.list {
		if sameDisk(w.dir, dir) {
			h.spaces.list = append(h.spaces.list, watched{place, dir, w.guard})
			return nil
		}
	}
	guard, err := h.guard(place, dir, only)
	h.spaces.list = append(h.spaces.list, watched{place, dir, guard})
	return err
}

// guard watches one folder. A disk answers in the machine's own time, whatever date
// the platform lives at.
func (h *House) guard(place, dir string, only bool) (*audit.Guard, error) {
	o := audit.GuardOptions{Dir: dir, Unreserved: only, Notify: func(s audit.SpaceState) { h.observeSpace(place, s) }}
	if h.Opt.Free != nil {
		o.Free = func() (uint64, error) { return h.Opt.Free(dir) }
	}
	return audit.NewGuard(o)
}

// spaceAt is the guard of the disk on which a database lies. The disk of a
// PostgreSQL server cannot be asked: its logs keep to the data folder's guard.
func (h *House) spaceAt(place db.Place) audit.SpaceGuard {
	guard, longest := h.Space, -1 // of folders in folders the innermost counts
	for _, w := range h.spaces.list {
		if w.place != tempPlace && place.Engine == db.SQLite && within(w.dir, place.Path) && len(w.dir) > longest {
			guard, longest = w.guard, len(w.dir)
		}
	}
	return guard
}

func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// Spaces lists the room at every place now.
func (h *House) Spaces() []PlaceSpace {
	out := make([]PlaceSpace, len(h.spaces.list))
	for i, w := range h.spaces.list {
		out[i] = PlaceSpace{w.place, w.dir, w.guard.State()}
	}
	return out
}

// worstSpace is the room at the place that has the least of it.
func (h *House) worstSpace() audit.SpaceState {
	worst := h.Space.State()
	for _, at := range h.Spaces() {
		if at.Level > worst.Level || at.Level == worst.Level && at.Free < worst.Free {
			worst = at.SpaceState
		}
	}
	return worst
}

// observeSpace tells the program's own log, hence whoever watches it, how the room
// at a place changes: the warning comes long before anything is refused.
func (h *House) observeSpace(place string, s audit.SpaceState) {
	level := slog.LevelError
	switch s.Level {
	case audit.RoomEnough:
		level = slog.LevelInfo
	case audit.RoomLow:
		level = slog.LevelWarn
	}
	h.Opt.Log.Log(context.Background(), level, "space", slog.String("level", s.Level.String()), slog.String("place", place), slog.Uint64("free", s.Free),
		slog.Uint64("warn_below", s.Warn), slog.Uint64("refuse_below", s.Refuse))
}
