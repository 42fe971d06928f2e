package web

import (
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"garant.example/internal/errs"
)

// DefaultCSP lets a page use its own server's files and nothing else: no inline
// script or style, no frame, no other host.
const DefaultCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// hsts is two years, what preload lists ask for.
const hsts = "max-age=63072000; includeSubDomains"

const permissionsPolicy = "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), " +
	"gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), xr-spatial-tracking=()"

// secureHeaders sets what every answer carries. A handler may change a header
// for its own answer (a published file may be cached and embedded).
func (k *Kit) secureHeaders(next http.Handler) http.Handler {
	csp := k.CSP
	if csp == "" {
		csp = DefaultCSP
	}
	// Shared values, full to the brim: an Add by a handler makes a copy. Setting a
	// dozen headers one by one would cost as many allocations with every answer.
	fixed := map[string][]string{
		"Content-Security-Policy": {csp},
		"X-Content-Type-Options":  {"nosniff"},
		"X-Frame-Options":         {"DENY"}, // for browsers older than frame-ancestors
		// Not "no-referrer": that turns Origin into "null" on forms, and the
		// cross-origin check of browsers without Sec-Fetch-Site lives on Origin.
		"Referrer-Policy":              {"same-origin"},
		"Permissions-Policy":           {permissionsPolicy},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Cache-Control":                {"no-store"},
	}
	pin := []string{hsts}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		maps.Copy(h, fixed)
		h.Add("Vary", "Accept-Language")
		if Secure(r.Context()) && pinnable(r.Host) {
			h["Strict-Transport-Security"] = pin
		}
		next.ServeHTTP(w, r)
	})
}

// pinnable says whether a host may be pinned to TLS. A browser pins a name for
// all its ports: pinning localhost would lock the developer out of every plain
// page on the machine, ours included.
func pinnable(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "" {
		return false
	}
	_, err := netip.ParseAddr(host)
	return err != nil
}

// BrowserForms refuses requests that another site's page makes a browser send
// (CSRF). It is for edges that know people by a cookie. Origins are of the form
// "https://host"; an error means that one is not.
func BrowserForms(next http.Handler, origins ...string) (http.Handler, error) {
	guard := http.NewCrossOriginProtection()
	for _, o := range origins {
		if err := guard.AddTrustedOrigin(o); err != nil {
			return nil, errs.New(errs.Config, "web.origin").With("origin", o).Cause(err)
		}
	}
	guard.SetDenyHandler(Handle(func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.Forbidden, "web.cross_origin").Do("web.cross_origin.fix")
	}))
	return guard.Handler(next), nil
}
