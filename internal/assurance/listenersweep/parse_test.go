package listenersweep

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C350 0A01A8C0:01BB 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:C351 0A01A8C0:01BB 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000
   3: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4713 1
`

func TestParseTable(t *testing.T) {
	list, err := parseTable([]byte(table))
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	if list[0].local != netip.MustParseAddrPort("127.0.0.1:8080") || !list[0].listening || list[0].inode != "4711" {
		t.Errorf("%+v", list[0])
	}
	if list[1].remote != netip.MustParseAddrPort("192.168.1.10:443") || list[1].listening {
		t.Errorf("%+v", list[1])
	}
	if list[2].local != netip.MustParseAddrPort("[::1]:22") {
		t.Errorf("%+v", list[2])
	}
	for _, bad := range []string{"h\n x", "h\n0: zz:1 00000000:0000 0A 0 0 0 0 0 1", "h\n0: 0100007F:12345 00000000:0000 0A 0 0 0 0 0 1"} {
		if list, err := parseTable([]byte(bad)); err == nil {
			t.Errorf("%q: %v", bad, list)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add([]byte(table))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseTable(data)
		if err != nil && list != nil {
			t.Error("a list beside an error")
		}
		for _, s := range list {
			if !s.local.IsValid() || !s.remote.IsValid() {
				t.Errorf("%+v", s)
			}
		}
	})
}

func FuzzHeard(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
	f.Add([]byte("\x15\x03\x01\x00\x02\x02\x46"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := parseHeard(raw)
		if h.content() && !strings.HasPrefix(string(raw), "HTTP/") {
			t.Errorf("content out of %q", raw)
		}
		_ = isServerHello(raw)
		_ = refusesPlain(raw)
		_ = insecure(string(raw))
		_ = stays(string(raw))
	})
}

func TestInsecure(t *testing.T) {
	for page, want := range map[string]bool{
		`<img src="http://a.example/x">`:                          true,
		`<script async src='http://a.example/x.js'></script>`:     true,
		`<form method=post action=http://a.example/>`:             true,
		`<link rel="stylesheet" href="http://a.example/x.css">`:   true,
		`<style>a{background:url(http://a.example/x)}</style>`:    true,
		`<img srcset="/a.png 1x, http://a.example/b.png 2x">`:     true,
		`<link rel="canonical" href="http://localhost:8080/en/">`: false,
		`<a href="http://a.example/">elsewhere</a>`:               false,
		`<img src="https://a.example/x"> http://a.example`:        false,
		`<svg xmlns="http://www.w3.org/2000/svg"></svg>`:          false,
	} {
		if insecure(page) != want {
			t.Errorf("%s: %v", page, !want)
		}
	}
}

func TestStays(t *testing.T) {
	for header, want := range map[string]time.Duration{"max-age=60": time.Minute, "includeSubDomains; Max-Age=\"60\"": time.Minute, "": 0, "max-age=-1": 0, "max-age=x": 0} {
		if got := stays(header); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

// A server of SSL 3 is told from one that refuses.
func TestSSL3(t *testing.T) {
	for answer, want := range map[string]bool{
		"\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00": true,
		"\x15\x03\x00\x00\x02\x02\x28":                 false,
		"HTTP/1.0 400 Bad Request":                     false,
		"":                                             false,
	} {
		ours, theirs := net.Pipe()
		go func() {
			hello := make([]byte, 5)
			_, _ = io.ReadFull(theirs, hello)
			rest := make([]byte, int(hello[3])<<8|int(hello[4]))
			_, _ = io.ReadFull(theirs, rest)
			_, _ = theirs.Write([]byte(answer))
			_ = theirs.Close()
		}()
		if got, err := agreesSSL3(ours); err != nil || got != want {
			t.Errorf("%q: %v %v", answer, got, err)
		}
	}
}

func TestRefusesPlain(t *testing.T) {
	for answer, want := range map[string]bool{
		"E\x00\x00\x00\x30SFATAL\x00C28000\x00Mno pg_hba.conf entry for host \"10.0.0.1\", user \"x\", database \"postgres\", no encryption\x00\x00": true,
		"":                                  true,
		"R\x00\x00\x00\x08\x00\x00\x00\x00": false,
		"E\x00\x00\x00\x10Mrole \"x\" does not exist": false,
	} {
		if refusesPlain([]byte(answer)) != want {
			t.Errorf("%q: %v", answer, !want)
		}
	}
}
