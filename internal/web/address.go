package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxHops bounds how many X-Forwarded-For entries are looked at.
const maxHops = 20

// clientAddress is the address nearest to us that no trusted proxy has. Only
// what trusted proxies wrote is believed: the list is read from the right.
func clientAddress(r *http.Request, trusted []netip.Prefix) (addr netip.Addr, viaProxy bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	addr = clean(peer.Addr())
	if !within(addr, trusted) {
		return addr, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && i >= len(hops)-maxHops; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = clean(hop)
		if !within(addr, trusted) {
			break
		}
	}
	return addr, true
}

// clean makes 192.0.2.1 of ::ffff:192.0.2.1 and drops the zone, so that one
// client has one address.
func clean(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// isSecure says whether the client's own connection was TLS.
func isSecure(r *http.Request, viaProxy bool) bool {
	return r.TLS != nil || viaProxy && r.Header.Get("X-Forwarded-Proto") == "https"
}
