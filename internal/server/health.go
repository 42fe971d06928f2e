package server

import (
	"net/http"

	"garant.example/internal/audit"
	"garant.example/internal/db"
	"garant.example/internal/web"
)

// Readiness is what /readyz answers. It names parts, no tenant and no cause. A
// place without room closes the tenants that lie there: the others are served, so
// only the data folder decides whether the platform is ready.
type Readiness struct {
	Ready  bool            `json:"ready"`
	Checks map[string]bool `json:"checks"`
	Space  map[string]bool `json:"space"` // by place, whether there is room
}

// liveness mounts what load balancers ask: /livez says that the process answers,
// /readyz whether it can do its work. Both serve GET and HEAD.
func (r *Running) liveness() {
	r.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	r.mux.Handle("GET /readyz", web.Handle(func(w http.ResponseWriter, req *http.Request) error {
		h, status := r.ready(req), http.StatusOK
		if !h.Ready {
			status = http.StatusServiceUnavailable
		}
		return web.WriteJSON(w, status, h)
	}))
}

// ready asks each part that every request needs.
func (r *Running) ready(req *http.Request) Readiness {
	h := Readiness{Ready: true, Space: map[string]bool{}, Checks: map[string]bool{
		"space": r.House.Space.State().Level <= audit.RoomLow,
		"setup": r.House.Identity.Ready(),
	}}
	_, err := r.House.Rings.Open(req.Context(), r.House.Tenants.Operator())
	h.Checks["keys"] = err == nil
	log, release, err := r.House.Tenants.ControlLog(req.Context())
	if err == nil {
		err = log.Read(req.Context(), func(db.Tx) error { return nil })
		release()
	}
	h.Checks["control"] = err == nil
	for _, at := range r.House.Spaces() {
		h.Space[at.Place] = at.Level <= audit.RoomLow
	}
	for _, ok := range h.Checks {
		h.Ready = h.Ready && ok
	}
	return h
}
