package tenant

import (
	"fmt"
	"slices"
	"strings"

	"garant.example/internal/errs"
)

const (
	maxHost  = 253 // bytes of a host name, RFC 1123 and RFC 1035
	maxLabel = 63
)

// lower writes host names as the directory holds them: a name is the same in any
// case.
func lower(hosts []string) []string {
	out := slices.Clone(hosts)
	for i := range out {
		out[i] = strings.ToLower(strings.TrimSpace(out[i]))
	}
	return out
}

// faultyHosts tells every fault of the host names that can be seen without looking
// at another tenant.
func faultyHosts(e *errs.Error, hosts []string) {
	hosts = lower(hosts)
	for i, h := range hosts {
		switch {
		case !isHost(h):
			e.At(hostAt(i), "tenant.host.malformed", nil)
		case slices.Contains(hosts[:i], h):
			e.At(hostAt(i), "tenant.host.twice", nil)
		}
	}
}

// isHost says whether a name is a host name of RFC 1123 in small letters: no port,
// no final dot, and no address, whose last label would be a number.
func isHost(name string) bool {
	if len(name) > maxHost {
		return false
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > maxLabel || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// mayHave refuses a host name that is the platform's own, under which everybody's
// doors are, or another tenant's.
func (s *Service) mayHave(t Tenant) error {
	for i, h := range t.Hosts {
		if h == "localhost" || h == s.ownHost() {
			return hostRefused(i, "tenant.host.own")
		}
		if other, taken := s.dir.host(h); taken && other.ID != t.ID {
			return hostRefused(i, "tenant.host.taken")
		}
	}
	return nil
}

// ownHost is the host name of the platform itself.
func (s *Service) ownHost() string {
	host, _, _ := strings.Cut(s.opt.LogHost, "/")
	return strings.ToLower(host)
}

func hostAt(i int) string { return fmt.Sprintf("/hosts/%d", i) }

func hostRefused(i int, key string) error {
	return errs.New(errs.Conflict, key).Do(key+".fix").At(hostAt(i), key, nil)
}
