// Package api is the edge for programs: HTTP and JSON under /v1/, described by the
// OpenAPI document at /openapi.json, which is made from the very table that serves.
//
// routes.go is the table: each route names its method, path, what it needs, what
// goes in and what comes out. No rule lives here: a handler reads the request, asks
// the gate for a permit, calls one verb of a domain and writes the answer.
//
// Sources: RFC 9110 (HTTP), RFC 9457 (problems), RFC 6901 (pointers), OpenAPI 3.1.
package api
