package listenersweep_test

import (
	"crypto/tls"
	"net"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/internal/id"
	"garant.example/testkit/house"
)

// play runs the whole sabotage of each promise and looks whether the control turned.
func play(t *testing.T, h *house.House, reasons map[id.Name]string) {
	t.Helper()
	for promise, reason := range reasons {
		scene, err := h.Saboteur.Play(house.Platform(), promise)
		if err != nil {
			t.Fatalf("%s: %v", promise, err)
		}
		if !scene.Turned() {
			t.Errorf("%s did not turn:\nbefore %v\nbroken %v\nhealed %v", promise, &scene.Before.Finding, &scene.Broken.Finding, &scene.Healed.Finding)
		}
		if got := scene.Broken.Finding.Reason; got != "listener_sweep.reason."+reason {
			t.Errorf("%s failed for %q, want %q", promise, got, reason)
		}
		if len(scene.Broken.Finding.Culprits) == 0 {
			t.Errorf("%s names no culprit", promise)
		}
		t.Logf("%s: %v in %v; broken: %v", promise, scene.Before.Finding.Figures, scene.Before.Took, &scene.Broken.Finding)
	}
}

func TestCivicEngagement(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary", "civic-engagement", "CA", true)
	h.Tenant("town", "civic-engagement", "CA", false)
	play(t, h, map[id.Name]string{"ehq-tls-cert": "certificate"})
}

func TestDigitalTraining(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary", "digital-training", "AU", true)
	play(t, h, map[id.Name]string{"wywm-transit-all": "plain", "wywm-db-crypt": "link_plain"})
}

func TestExperimentation(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary", "experimentation", "FR", true)
	play(t, h, map[id.Name]string{"abt-tls12": "old_version", "abt-internal-crypt": "link_plain", "abt-admin-tls": "plain"})
}

func TestInsurance(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary", "insurance", "US", true)
	play(t, h, map[id.Name]string{"weg-https": "mixed", "weg-conf-transit": "link_unverified"})
}

func found(t *testing.T, h *house.House, promise id.Name) *assurance.Finding {
	t.Helper()
	result, err := h.Assurance.Run(house.Platform(), promise)
	if err != nil {
		t.Fatal(err)
	}
	return &result.Finding
}

// What listens or connects without being declared is found, whatever it speaks.
func TestNobodyElse(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary", "digital-training", "AU", true)
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("SSH-2.0-OpenSSH_9.9\r\n"))
			_ = conn.Close()
		}
	}()
	if f := found(t, h, "wywm-transit-all"); f.Outcome != assurance.OutcomeFailing || f.Reason != "listener_sweep.reason.ssh" {
		t.Error(f)
	}
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	if f := found(t, h, "wywm-transit-all"); f.Outcome != assurance.OutcomeKept {
		t.Error(f)
	}
	straying(t, h)
}

// straying holds a connection whose listener is gone.
func straying(t *testing.T, h *house.House) {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", socket.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	other, err := socket.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	if f := found(t, h, "wywm-db-crypt"); f.Outcome != assurance.OutcomeFailing || f.Reason != "listener_sweep.reason.stray_link" {
		t.Error(f)
	}
}

// The doors as they are declared keep what is promised of versions.
func TestDoorsByVersion(t *testing.T) {
	h := house.Open(t, house.Options{})
	h.Tenant("canary", "experimentation", "FR", true)
	if f := found(t, h, "abt-tls12"); f.Outcome != assurance.OutcomeKept {
		t.Error(f)
	}
	conn, err := tls.Dial("tcp", h.Door("https").Addr, &tls.Config{RootCAs: h.Roots(), ServerName: "localhost", MaxVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}

// On PostgreSQL the sessions themselves are asked.
func TestOnPostgres(t *testing.T) {
	h := house.Open(t, house.OnPostgres(t))
	h.Tenant("canary", "digital-training", "AU", true)
	f := found(t, h, "wywm-db-crypt")
	if f.Outcome != assurance.OutcomeFailing || f.Reason != "listener_sweep.reason.link_plain" {
		t.Error("the server of the test has no TLS, and nobody noticed:", f)
	}
}
