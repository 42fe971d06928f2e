package web

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/web/localca"
)

func hello() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
}

// open starts doors on loopback and stops them with the test.
func open(t *testing.T, doors ...Door) *Server {
	t.Helper()
	s, err := Open(newBench(t).kit.Log, doors...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, time.Minute) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s
}

func authority(t *testing.T) *localca.CA {
	t.Helper()
	ca, err := localca.Open(filepath.Join(t.TempDir(), "ca"), clock.System())
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func secureDoor(ca *localca.CA) Door {
	return Door{Listener: Listener{Name: "https", Addr: "127.0.0.1:0", Scope: []string{"api"}, Exposure: Loopback},
		Handler: hello(), Certificate: ca.Get}
}

func TestTLSListener(t *testing.T) {
	ca := authority(t)
	old := secureDoor(ca)
	old.Name, old.OldBrowsers = "portal", true
	s := open(t, secureDoor(ca), old)
	modern, portal := s.Listeners()[0].Addr, s.Listeners()[1].Addr

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get("https://" + modern + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || string(body) != "HTTP/2.0" || answer.TLS.Version != tls.VersionTLS13 {
		t.Errorf("%s, TLS %x, %v", body, answer.TLS.Version, err)
	}

	cbc := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	cases := []struct {
		name, addr string
		config     *tls.Config
		ok         bool
	}{
		{"TLS 1.2", modern, &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"TLS 1.1", modern, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"CBC on the modern door", modern, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: cbc}, false},
		{"CBC on the portal", portal, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: cbc}, true},
		{"TLS 1.1 on the portal", portal, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"by name", modern, &tls.Config{ServerName: "localhost"}, true},
		{"by a name below", modern, &tls.Config{ServerName: "civic.localhost"}, true},
		{"by a foreign name", modern, &tls.Config{ServerName: "example.org"}, false},
	}
	for _, c := range cases {
		c.config.RootCAs = ca.Pool()
		conn, err := tls.Dial("tcp", c.addr, c.config)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
}

func TestPlainListenerAnswersOnLoopback(t *testing.T) {
	s := open(t, Door{Listener: Listener{Name: "http", Addr: "127.0.0.1:0", Scope: []string{"portal"}, Exposure: Loopback, Plaintext: true},
		Handler: hello()})
	answer, err := http.Get("http://" + s.Listeners()[0].Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Errorf("%d", answer.StatusCode)
	}
}

func TestDeclarationsThatAreRefused(t *testing.T) {
	ca := authority(t)
	good := secureDoor(ca)
	cases := map[string]func(*Door){
		"plain on every interface":    func(d *Door) { d.Addr, d.Plaintext, d.Exposure, d.Certificate = ":0", true, Public, nil },
		"plain on a public address":   func(d *Door) { d.Addr, d.Plaintext, d.Exposure, d.Certificate = "192.0.2.1:0", true, Private, nil },
		"loopback on every interface": func(d *Door) { d.Addr = "0.0.0.0:0" },
		"no name":                     func(d *Door) { d.Name = "" },
		"no scope":                    func(d *Door) { d.Scope = nil },
		"no port":                     func(d *Door) { d.Addr = "127.0.0.1" },
		"no exposure":                 func(d *Door) { d.Exposure = "" },
		"TLS 1.1":                     func(d *Door) { d.TLSMinimum = tls.VersionTLS11 },
		"TLS without certificate":     func(d *Door) { d.Certificate = nil },
		"plain with certificate":      func(d *Door) { d.Plaintext = true },
		"an address that is not ours": func(d *Door) { d.Addr, d.Exposure = "192.0.2.1:1", Public },
	}
	for name, change := range cases {
		d := good
		change(&d)
		first := good
		s, err := Open(newBench(t).kit.Log, first, d)
		if !errs.Is(err, errs.Config) {
			t.Errorf("%s: %v", name, err)
		}
		if s != nil {
			t.Errorf("%s: a server came back", name)
		}
	}
}

func TestGracefulShutdownLetsRequestsEnd(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "whole")
	})
	s, err := Open(newBench(t).kit.Log, Door{Handler: h,
		Listener: Listener{Name: "http", Addr: "127.0.0.1:0", Scope: []string{"x"}, Exposure: Loopback, Plaintext: true}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, time.Minute) }()
	got := make(chan string, 1)
	go func() {
		answer, err := http.Get("http://" + s.Listeners()[0].Addr)
		if err != nil {
			got <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		got <- string(body)
	}()
	<-entered
	stop()
	close(leave)
	if body := <-got; body != "whole" {
		t.Errorf("the running request got %q", body)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := net.Dial("tcp", s.Listeners()[0].Addr); err == nil {
		t.Error("the door is still open")
	}
}

func TestServerTimesAndSizes(t *testing.T) {
	s := newHTTPServer(hello(), newBench(t).kit.Log)
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 {
		t.Errorf("a connection may stay for ever: %+v", s)
	}
	if s.MaxHeaderBytes > 64<<10 || s.MaxHeaderBytes == 0 {
		t.Errorf("headers of %d bytes", s.MaxHeaderBytes)
	}
}

func TestLogOfTheServerHoldsNoAddress(t *testing.T) {
	b := newBench(t)
	s := newHTTPServer(hello(), b.kit.Log)
	s.ErrorLog.Print("http: TLS handshake error from 203.0.113.9:4711: EOF")
	s.ErrorLog.Print("http: something [2001:db8::9]:4711 else")
	if log := b.log.String(); strings.Contains(log, "203.0.113.9") || strings.Contains(log, "2001:db8") || !strings.Contains(log, "handshake") {
		t.Errorf("%s", log)
	}
}

func TestCertificateFiles(t *testing.T) {
	ca, dir := authority(t), t.TempDir()
	c := clock.NewFake(clock.System().Now())
	cert, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	if _, err := OpenCertificateFiles(cert, key, c); !errs.Is(err, errs.Config) {
		t.Errorf("missing files: %v", err)
	}
	writePair(t, ca, "127.0.0.1", cert, key)
	f, err := OpenCertificateFiles(cert, key, c)
	if err != nil {
		t.Fatal(err)
	}
	first, err := f.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	writePair(t, ca, "localhost", cert, key)
	later := c.Now().Add(time.Hour)
	if err := os.Chtimes(cert, later, later); err != nil {
		t.Fatal(err)
	}
	c.Advance(2 * certificateCheck)
	second, err := f.Get(nil)
	if err != nil || second.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) == 0 {
		t.Errorf("the new pair is not in use: %v", err)
	}
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Advance(2 * certificateCheck)
	if third, err := f.Get(nil); err != nil || third != second {
		t.Errorf("a broken file replaced the pair: %v", err)
	}
	writePair(t, ca, "localhost", cert, key)
	c.Advance(f.End().Sub(c.Now()))
	if _, err := OpenCertificateFiles(cert, key, c); !errs.Is(err, errs.Config) {
		t.Errorf("an expired certificate: %v", err)
	}
}
