package server

import (
	"context"

	"garant.example/internal/db"
)

// stores gives package tenant what it asks of a pool.
type stores struct{ *db.Pool }

// Create makes the database at a place; it does nothing when it exists.
func (s stores) Create(ctx context.Context, place db.Place) error {
	return s.Exclusive(ctx, place, func(d db.Driver) error { return d.Create(ctx, place) })
}

// Drop removes the database at a place once nobody holds it.
func (s stores) Drop(ctx context.Context, place db.Place) error {
	return s.Exclusive(ctx, place, func(d db.Driver) error { return d.Drop(ctx, place) })
}
