package listenersweep

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"garant.example/internal/profile"
	"garant.example/internal/web"
)

// expected is one row of what should be there: a door, by its port or its name, or
// links by their name.
type expected struct {
	name     string
	port     int64 // of the address that people use; 0 in a row with a name
	protocol string
	bind     string
	peers    string
}

// words of a row, each list closed: a word that means nothing here is refused.
func protocols() []string { return []string{"https", "tls", "redirect"} }
func binds() []string     { return []string{"public", "private", "none"} }
func peers() []string {
	return []string{anybody, "api", "replicas", "monitoring", "operator", "balancer", "declared", "verified"}
}

const anybody = "any"

func readExpected(row profile.Parameters) (e expected, err error) {
	if row.Has("port") == row.Has("name") {
		return e, fmt.Errorf("%w: a row has a port or a name", profile.ErrParameter)
	}
	if row.Has("port") {
		if e.port, err = row.Count("port"); err != nil || e.port < 1 || e.port > 65535 {
			return e, fmt.Errorf("%w: port %d", profile.ErrParameter, e.port)
		}
	} else if e.name, err = row.Text("name"); err != nil {
		return e, err
	}
	for _, f := range []struct {
		name string
		to   *string
		list []string
	}{{"protocol", &e.protocol, protocols()}, {"bind", &e.bind, binds()}, {"peers", &e.peers, peers()}} {
		if *f.to, err = row.Text(f.name); err != nil {
			return e, err
		}
		if !slices.Contains(f.list, *f.to) {
			return e, fmt.Errorf("%w: %s %q", profile.ErrParameter, f.name, *f.to)
		}
	}
	return e, nil
}

// expected holds the doors against the rows: how far each may be reached, that
// there is one that speaks TLS where HTTPS is promised, and the ports.
func (r *run) expected(doors []web.Listener) {
	for _, e := range r.wanted.expect {
		for _, door := range doors {
			if e.name == door.Name && !e.admits(door) {
				r.f.Fail("listener_sweep.reason.exposed", "door/"+door.Name)
			}
		}
		encrypted := slices.ContainsFunc(doors, func(l web.Listener) bool { return !l.Plaintext })
		if e.port != 0 && e.protocol == "https" && !encrypted {
			r.f.Fail("listener_sweep.reason.no_tls_door", "port/"+strconv.FormatInt(e.port, 10))
		}
	}
	r.ports(doors)
}

// admits says whether a door of the row's name may be reached as far as it is.
func (e expected) admits(door web.Listener) bool {
	switch e.bind {
	case "none":
		return false
	case "private":
		return door.Exposure != web.Public
	default:
		return e.peers == anybody || door.Exposure != web.Public
	}
}

// ports compares the port of the public address with those of the rows. A platform
// that no other machine reaches (a demo) has no public address.
func (r *run) ports(doors []web.Listener) {
	var list []int64
	for _, e := range r.wanted.expect {
		if e.port != 0 && e.protocol == "https" {
			list = append(list, e.port)
		}
	}
	public := slices.ContainsFunc(doors, func(l web.Listener) bool { return l.Exposure == web.Public && !l.Plaintext })
	if len(list) == 0 || !public {
		return
	}
	r.f.Saw()
	if port := portOf(r.house.URL()); !slices.Contains(list, port) {
		r.f.Fail("listener_sweep.reason.port", "port/"+strconv.FormatInt(port, 10))
	}
}

// portOf is the port of an HTTPS address; 0 when it has none.
func portOf(address string) int64 {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https":
		return 0
	case u.Port() == "":
		return 443
	}
	port, err := strconv.ParseInt(u.Port(), 10, 32)
	if err != nil {
		return 0
	}
	return port
}
