package server_test

import (
	"crypto/tls"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"garant.example/internal/errs"
	"garant.example/profiles"
	"garant.example/testkit/house"
)

// withSetting is the folder of profiles with one line of one file changed.
func withSetting(t *testing.T, file, from, to string) fs.FS {
	t.Helper()
	names, err := fs.Glob(profiles.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	for _, name := range names {
		data, err := fs.ReadFile(profiles.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if name == file {
			if strings.Count(string(data), from) != 1 {
				t.Fatalf("%s does not hold %q once", file, from)
			}
			data = []byte(strings.Replace(string(data), from, to, 1))
		}
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}

// tls_min is the strictest of all profiles, at the door that all come through.
func TestTLSMinimumIsInForce(t *testing.T) {
	for name, c := range map[string]struct {
		profiles fs.FS
		refused  uint16 // the newest version that the door refuses
	}{
		"as declared": {nil, tls.VersionTLS11},
		"one profile asks for 1.3": {withSetting(t, "insurance.yaml", `tls_min: {value: "1.2"}`, `tls_min: {value: "1.3"}`),
			tls.VersionTLS12},
	} {
		t.Run(name, func(t *testing.T) {
			h := house.Open(t, house.Options{Profiles: c.profiles})
			if got := h.Door("https").TLSMinimum; got != c.refused+1 {
				t.Errorf("the door declares %x", got)
			}
			for version := uint16(tls.VersionTLS10); version <= tls.VersionTLS13; version++ {
				conn, err := tls.Dial("tcp", h.Door("https").Addr, &tls.Config{RootCAs: h.Roots(), ServerName: "localhost",
					MinVersion: version, MaxVersion: version})
				if got, want := err == nil, version > c.refused; got != want {
					t.Errorf("version %x: accepted %v (%v)", version, got, err)
				}
				if err == nil {
					conn.Close()
				}
			}
		})
	}
}

// A profile that asks for longer keys than are made here stops the start, and says
// which and why (law 10).
func TestLongerKeysStopTheStart(t *testing.T) {
	_, err := house.Try(t, house.Options{Profiles: withSetting(t, "back-office.yaml", "key_length: {value: 256bit}", "key_length: {value: 512bit}")})
	if !errs.Is(err, errs.Config) {
		t.Fatalf("started: %v", err)
	}
	fields := errs.Of(err).Fields
	if len(fields) != 1 || fields[0].Pointer != "/back-office.yaml/settings/key_length" || fields[0].Key != "profile.unmet.bits" {
		t.Errorf("%+v", fields)
	}
}
