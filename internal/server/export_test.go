package server

import "net/http"

// Mount serves one more handler behind the toolkit of every request.
func (r *Running) Mount(pattern string, h http.Handler) { r.mux.Handle(pattern, h) }

// Metrics is what the door for figures serves.
func Metrics(r *Running) http.Handler { return r.metrics() }
