package web

import (
	"net/http"
	"strings"
)

// HostOf is the name of the host that a request asks for, without its port.
func HostOf(r *http.Request) string {
	host, _, _ := strings.Cut(r.Host, ":")
	return host
}
