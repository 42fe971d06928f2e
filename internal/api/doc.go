// Package api is the edge for programs: HTTP and JSON under /v1/, described by the
// OpenAPI document at /openapi.json, which is made from the very table that serves.
//
// routes.go is the table: each route names its method, path, what it needs, what
// goes in and what comes out. No rule lives here: a handler reads the request, asks
// the gate for a permit, calls one verb of a domain and writes the answer.
//
// Sources: RFC 9110 (HTTP), RFC 9457 (problems), RFC 6901 (pointers), OpenAPI 3.1.
//
// # Errors, concurrency, durability
//
// Whatever a domain refuses leaves as a problem with the status of its errs.Code;
// what the edge refuses itself is errs.Invalid (a body, a path, a query),
// errs.Unauthenticated, errs.NotFound, errs.Stale (If-Match), errs.Conflict and
// errs.Setup (before the first account). API is built once and serves concurrently.
// An answer of 2xx to a change says that it is durable. Times are RFC 3339 in UTC,
// sizes are bytes, lengths of time are seconds where the name of a field says no
// other.
package api
