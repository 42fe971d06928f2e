package server

import (
	"context"
	"log/slog"

	"garant.example/internal/audit"
)

// observeSpace tells the program's own log, hence whoever watches it, how the room
// for the logs changes: the warning comes long before anything is refused.
func (h *House) observeSpace(s audit.SpaceState) {
	level := slog.LevelError
	switch s.Level {
	case audit.RoomEnough:
		level = slog.LevelInfo
	case audit.RoomLow:
		level = slog.LevelWarn
	}
	h.Opt.Log.Log(context.Background(), level, "space", slog.String("level", s.Level.String()), slog.Uint64("free", s.Free),
		slog.Uint64("warn_below", s.Warn), slog.Uint64("refuse_below", s.Refuse))
}
