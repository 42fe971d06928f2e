package server

import (
	"garant.example/internal/portal"
	"garant.example/internal/web"
	"garant.example/internal/web/ui"
)

// public mounts what needs no account.
func (r *Running) public() {
	h, demo := r.House, r.serving.Faults != nil
	r.Portal = &portal.Portal{Catalog: h.Catalog, Tenants: h.Tenants, Profiles: h.Profiles.Set(), Clock: h.Opt.Clock,
		URL: r.pageURL, Listed: demo, Demo: demo, Relaxed: r.relaxed}
	r.mux.Handle("GET "+ui.AssetPrefix, ui.Assets())
	r.mux.Handle("/", r.Portal.Handler())
}

// pageURL is the address that public pages print: in a demo the one at which no
// browser and no curl warns.
func (r *Running) pageURL() string {
	if window := r.WindowURL(); window != "" && r.serving.Faults != nil {
		return window
	}
	return r.URL()
}

// relaxed lists the rules of the platform that this installation loosens.
func (r *Running) relaxed() []portal.Relaxation {
	var list []portal.Relaxation
	for _, door := range r.doors.Listeners() {
		if door.Plaintext && door.Exposure == web.Loopback {
			list = append(list, portal.Relaxation{Name: "window", Value: r.WindowURL()})
		}
	}
	if r.serving.Certificate == nil {
		list = append(list, portal.Relaxation{Name: "authority"})
	}
	if r.serving.Faults != nil {
		list = append(list, portal.Relaxation{Name: "sabotage"})
	}
	return list
}
