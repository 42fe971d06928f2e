package kms

import (
	"context"
	"net/http"
	"time"

	"garant.example/internal/clock"
)

// EndpointOf and AddressOf tell where a client calls.
func EndpointOf(a *AWS) string { return a.o.Endpoint }

// AddressOf is EndpointOf for transit.
func AddressOf(t *Transit) string { return t.o.Address }

// ParseLocalFile reads the outside of a key file.
func ParseLocalFile(data []byte) error { _, err := parseLocalFile(data); return err }

// Sign signs a request and returns its Authorization header.
func Sign(c Credentials, region, service string, now time.Time, method, host, path, query string, header http.Header, body []byte) string {
	signature{c, region, service, now}.sign(method, host, path, query, header, body)
	return header.Get("Authorization")
}

// MachineCredentials asks a metadata service at another address.
func MachineCredentials(getenv func(string) string, c clock.Clock, metadata string) func(context.Context) (Credentials, error) {
	h := &hostCredentials{getenv: getenv, client: plainClient(nil), clock: c, metadata: metadata}
	return h.get
}
