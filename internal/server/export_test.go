package server

import "net/http"

// Mount serves one more handler behind the toolkit of every request.
func (r *Running) Mount(pattern string, h http.Handler) { r.mux.Handle(pattern, h) }
