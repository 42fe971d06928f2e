package web

import (
	"encoding/hex"
	"net/http"
	"strings"

	"garant.example/internal/id"
)

// trace is what W3C Trace Context says about where a request belongs.
type trace struct{ id, parent, flags string }

// TraceParent is the traceparent header of version 00.
const traceParentLen = 55 // 2+1+32+1+16+1+2

// parseTrace reads a traceparent header. Anything malformed counts as absent, as
// the specification asks.
func parseTrace(h string) (trace, bool) {
	if len(h) < traceParentLen || h[2] != '-' || h[35] != '-' || h[52] != '-' {
		return trace{}, false
	}
	version, t := h[:2], trace{id: h[3:35], parent: h[36:52], flags: h[53:55]}
	if !lowerHex(version) || !lowerHex(t.id) || !lowerHex(t.parent) || !lowerHex(t.flags) || version == "ff" {
		return trace{}, false
	}
	if version == "00" && len(h) != traceParentLen || len(h) > traceParentLen && h[traceParentLen] != '-' {
		return trace{}, false
	}
	if strings.Trim(t.id, "0") == "" || strings.Trim(t.parent, "0") == "" {
		return trace{}, false
	}
	return t, true
}

func lowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// traceFor continues the caller's trace, or begins one that can be found from
// the request id.
func traceFor(r *http.Request, request id.Request) trace {
	if t, ok := parseTrace(r.Header.Get("Traceparent")); ok {
		return t
	}
	return trace{id: hex.EncodeToString(request.Bytes()), flags: "00"}
}

const maxClientID = 64 // characters; a UUID has 36

// clientID keeps an X-Request-Id that a client sent when it is one of our own
// ids or only hexadecimal digits and hyphens: anything freer could carry a
// person's name into the log.
func clientID(h string) string {
	if len(h) < 8 || len(h) > maxClientID {
		return ""
	}
	if _, err := id.ParseRequest(h); err == nil {
		return h
	}
	if !lowerHex(strings.ReplaceAll(strings.ToLower(h), "-", "")) {
		return ""
	}
	return h
}
