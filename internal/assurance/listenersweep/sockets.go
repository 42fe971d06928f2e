package listenersweep

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"garant.example/internal/web"
)

// socket is one TCP socket of this process.
type socket struct {
	local, remote netip.AddrPort
	listening     bool
	inode         string
}

// errBlind is returned where the system does not tell which sockets are ours.
var errBlind = errors.New("listenersweep: this system does not tell which sockets the process holds")

// sockets holds what this process has open against what is declared.
func (r *run) sockets(ctx context.Context, doors []web.Listener) {
	list, err := own()
	if err != nil {
		r.f.Skipped()
		r.f.Miss("listener_sweep.reason.blind", err)
		return
	}
	declared, beside := addresses(listened(doors)), addresses(r.house.Beside())
	known := r.known(ctx)
	for _, s := range list {
		switch {
		case s.listening:
			r.listener(ctx, s, declared, beside)
		case !at(declared, s.local) && !at(beside, s.local) && !at(declared, s.remote) && !at(beside, s.remote) && !at(known, s.remote):
			r.f.Saw()
			r.f.Fail("listener_sweep.reason.stray_link", "peer/"+s.remote.String())
		}
	}
	for _, a := range declared {
		if !slices.ContainsFunc(list, func(s socket) bool { return s.listening && s.local.Port() == a.Port() }) {
			r.f.Skipped() // a sweep that does not see the doors sees nothing
			r.f.Miss("listener_sweep.reason.unseen", nil)
		}
	}
	if len(beside) > 0 {
		r.f.Measure("beside", float64(len(beside)), "")
	}
}

// listener judges one listening socket.
func (r *run) listener(ctx context.Context, s socket, declared, beside []netip.AddrPort) {
	r.f.Saw()
	if at(declared, s.local) || at(beside, s.local) {
		return
	}
	culprit := "port/" + strconv.Itoa(int(s.local.Port()))
	h, err := ask(ctx, s.local.String(), r.anyHost(), "/")
	switch {
	case err == nil && bytes.HasPrefix(h.raw, []byte("SSH-")):
		r.f.Fail("listener_sweep.reason.ssh", culprit)
	case err == nil && h.content():
		r.f.Fail("listener_sweep.reason.plain", culprit)
	default:
		r.f.Fail("listener_sweep.reason.undeclared", culprit)
	}
}

func listened(doors []web.Listener) []string {
	var list []string
	for _, d := range doors {
		list = append(list, d.Addr)
	}
	return list
}

// known are the addresses of the declared links.
func (r *run) known(ctx context.Context) []netip.AddrPort {
	var list []netip.AddrPort
	for _, link := range r.house.Links() {
		host, port, err := net.SplitHostPort(link.Address)
		if err != nil {
			continue // in process, or a socket of this machine's file system
		}
		found, err := net.DefaultResolver.LookupHost(ctx, host)
		if err != nil {
			continue // its connections will stand out
		}
		for _, ip := range found {
			list = append(list, addresses([]string{net.JoinHostPort(ip, port)})...)
		}
	}
	return list
}

func addresses(list []string) []netip.AddrPort {
	var out []netip.AddrPort
	for _, text := range list {
		if strings.HasPrefix(text, ":") {
			text = "[::]" + text
		}
		text = strings.Replace(text, "localhost:", "127.0.0.1:", 1)
		if a, err := netip.ParseAddrPort(text); err == nil {
			out = append(out, netip.AddrPortFrom(a.Addr().Unmap(), a.Port()))
		}
	}
	return out
}

// at says whether an address is one of a list, of which one without a host means
// every address of this machine.
func at(list []netip.AddrPort, a netip.AddrPort) bool {
	return slices.ContainsFunc(list, func(one netip.AddrPort) bool {
		return one.Port() == a.Port() && (one.Addr() == a.Addr() || one.Addr().IsUnspecified())
	})
}

// States of proc_net(5).
const (
	stateEstablished = "01"
	stateListen      = "0A"
)

// parseTable reads a table of the kernel in the form of /proc/net/tcp and tcp6. A
// line that it does not understand is an error: what cannot be read cannot be judged.
func parseTable(data []byte) ([]socket, error) {
	var list []socket
	lines := bufio.NewScanner(bytes.NewReader(data))
	for first := true; lines.Scan(); first = false {
		fields := strings.Fields(lines.Text())
		if first || len(fields) == 0 {
			continue
		}
		if len(fields) < 10 {
			return nil, errTable
		}
		if fields[3] != stateEstablished && fields[3] != stateListen {
			continue
		}
		local, err := parseAddress(fields[1])
		if err != nil {
			return nil, err
		}
		remote, err := parseAddress(fields[2])
		if err != nil {
			return nil, err
		}
		list = append(list, socket{local, remote, fields[3] == stateListen, fields[9]})
	}
	return list, lines.Err()
}

var errTable = errors.New("listenersweep: the table of sockets is not understood")

// parseAddress reads "0100007F:1F90": words of four bytes in the order of the
// machine, which is little-endian wherever we run, and the port.
func parseAddress(text string) (netip.AddrPort, error) {
	host, port, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	if !ok || err != nil || len(raw) != 4 && len(raw) != 16 {
		return netip.AddrPort{}, errTable
	}
	for word := 0; word < len(raw); word += 4 {
		binary.BigEndian.PutUint32(raw[word:], binary.LittleEndian.Uint32(raw[word:]))
	}
	n, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, errTable
	}
	ip, _ := netip.AddrFromSlice(raw) // 4 or 16 bytes always fit
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), nil
}
