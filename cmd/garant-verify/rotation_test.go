package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/internal/assurance"
	"garant.example/internal/audit"
	"garant.example/internal/keys"
	"garant.example/internal/tenant"
	"garant.example/testkit/house"
)

// signing is the operator's key of checkpoints.
const signing = "checkpoints"

// After the operator's signing key rotated, and after the old one was destroyed, what
// it signed still verifies: in the platform, and offline with the history that a
// newer bundle carries.
func TestFormerKeys(t *testing.T) { house.Engines(t, formerKeys) }

func formerKeys(t *testing.T, h *house.House) {
	shop := h.Tenant("shop", "experimentation", "FR", true)
	kept, first := checkpoint(t, h, shop)
	r, err := h.Assurance.Run(t.Context(), "abt-log-integrity") // the witness keeps heads that the first key signed
	if err != nil || r.Finding.Outcome != assurance.OutcomeKept {
		t.Fatalf("%v %s", err, &r.Finding)
	}
	ring, err := h.House.Rings.Open(t.Context(), h.House.Tenants.Operator())
	if err != nil {
		t.Fatal(err)
	}
	rotate(t, ring)
	again, second := checkpoint(t, h, shop)
	if first == second {
		t.Fatal("the open log goes on signing with the former key")
	}
	offline(t, h, shop, first, second, kept, again)
	rotate(t, ring)
	if h.House.Opt.Control.Path != "" { // elsewhere another node may still sign with it
		if err := ring.Retire(t.Context(), signing, 1); err != nil {
			t.Fatal(err)
		}
	}
	_, third := checkpoint(t, h, shop)
	offline(t, h, shop, first, third, kept)
	r, err = h.Assurance.Run(t.Context(), "abt-log-integrity")
	if err != nil || r.Finding.Outcome != assurance.OutcomeKept {
		t.Errorf("heads of former keys: %v %s", err, &r.Finding)
	}
}

func rotate(t *testing.T, ring *keys.Ring) {
	t.Helper()
	if _, err := ring.RotateNamed(t.Context(), signing); err != nil {
		t.Fatal(err)
	}
}

// checkpoint signs the head of a tenant's log, and says with which key.
func checkpoint(t *testing.T, h *house.House, of tenant.Tenant) (note []byte, key string) {
	t.Helper()
	withLog(t, h, of, func(log *audit.Log) {
		c, err := log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		note, key = c.Note, log.VerifierKey()
		if r, err := log.Verify(t.Context(), audit.VerifyOptions{Outside: [][]byte{note}}); err != nil || !r.OK() {
			t.Errorf("%v %+v", err, r.Culprits)
		}
	})
	return note, key
}

func withLog(t *testing.T, h *house.House, of tenant.Tenant, do func(*audit.Log)) {
	t.Helper()
	log, release, err := h.House.Tenants.Log(t.Context(), of, tenant.Main)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	do(log)
}

// offline checks what was kept with the present key alone.
func offline(t *testing.T, h *house.House, of tenant.Tenant, first, present string, kept ...[]byte) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string, body []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var b bytes.Buffer
	withLog(t, h, of, func(log *audit.Log) {
		m, err := log.Bundle(t.Context(), &b, audit.Period{})
		if err != nil || m.Key != present || m.Former[len(m.Former)-1] != first {
			t.Fatalf("%v %s %v", err, m.Key, m.Former)
		}
	})
	bundle, forged := file("case.zip", b.Bytes()), file("forged.zip", bytes.Replace(b.Bytes(), []byte("PK"), []byte("PQ"), 1))
	for i, note := range kept {
		name := file("checkpoint-"+string(rune('a'+i)), note)
		for _, c := range []struct {
			status int
			says   string
			args   []string
		}{
			{0, "former key of the operator", []string{"--key", present, name, bundle}},
			{2, "signature is missing", []string{"--key", present, name}},
			{2, "signature is missing", []string{"--key", present, name, forged}},
			{0, "everything holds", []string{"--key", first, name}},
		} {
			if i == 1 { // signed by both keys: the log had not grown when the key rotated
				c.status, c.says = 0, "everything holds"
			}
			if i == 1 && c.args[len(c.args)-1] == forged {
				continue
			}
			if status, out, errs := call(t, c.args...); status != c.status || !strings.Contains(out, c.says) {
				t.Errorf("%d %v: %d\n%s%s", i, c.args, status, out, errs)
			}
		}
	}
}
