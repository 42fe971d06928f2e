package server

import (
	"net/http"
	"os"
)

// Mount serves one more handler behind the toolkit of every request.
func (r *Running) Mount(pattern string, h http.Handler) { r.mux.Handle(pattern, h) }

// Metrics is what the door for figures serves.
func Metrics(r *Running) http.Handler { return r.metrics() }

// LogFiles are the regular files behind what a process writes to.
func LogFiles(written ...*os.File) []string { return logFiles(written...) }
