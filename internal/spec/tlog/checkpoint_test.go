package tlog_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"garant.example/internal/spec/tlog"
)

func newKey(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func TestCheckpoint(t *testing.T) {
	public, private := newKey(t)
	former, _ := newKey(t)
	const origin = "garant.example/t/t_1/primary"
	c := tlog.Checkpoint{Origin: origin, Size: 20852163, Root: tlog.LeafHash([]byte("x"))}
	msg, err := tlog.Sign(c.Text(), origin, private)
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string][]ed25519.PublicKey{"its key": {public}, "with a former key": {former, public}, "given twice": {public, public}} {
		if got, err := tlog.OpenCheckpoint(msg, origin, keys...); err != nil || got != c {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	if _, err := tlog.OpenCheckpoint(msg, origin, former); !errors.Is(err, tlog.ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := tlog.OpenCheckpoint(msg, "garant.example/t/t_2/primary", public); !errors.Is(err, tlog.ErrSignature) {
		t.Errorf("another log: %v", err)
	}
	changed := strings.Replace(string(msg), "20852163", "20852164", 1)
	if _, err := tlog.OpenCheckpoint([]byte(changed), origin, public); !errors.Is(err, tlog.ErrSignature) {
		t.Errorf("another size: %v", err)
	}
	// The tools of the Go checksum database read it.
	vkey, err := tlog.VerifierKey(origin, public)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := note.Open(msg, note.VerifierList(v)); err != nil || n.Text != c.Text() {
		t.Errorf("%v", err)
	}
}

func TestParseCheckpointRefuses(t *testing.T) {
	root := tlog.EmptyRoot().String()
	for _, bad := range []string{"", "a\n1\n", "\n1\n" + root + "\n", "a\n01\n" + root + "\n", "a\n-1\n" + root + "\n", "a\n1\n" + root,
		"a\n1\n" + root[:43] + "\n", "a\n1\n" + root + "\n\n", "a\n1\n" + root + "\nx\n\ny\n", "a\n1152921504606846977\n" + root + "\n"} {
		if c, err := tlog.ParseCheckpoint(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, c)
		}
	}
}

func TestCosignature(t *testing.T) {
	_, private := newKey(t)
	public, witness := newKey(t)
	const origin, name = "garant.example/log", "witness.example/w1"
	at := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	msg, err := tlog.Sign(tlog.Checkpoint{Origin: origin, Size: 1, Root: tlog.EmptyRoot()}.Text(), origin, private)
	if err != nil {
		t.Fatal(err)
	}
	cosigned, err := tlog.Cosign(msg, name, witness, at)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tlog.CheckCosignature(cosigned, name, public); err != nil || !got.Equal(at) {
		t.Errorf("%v %v", got, err)
	}
	if _, err := tlog.OpenCheckpoint(cosigned, origin, private.Public().(ed25519.PublicKey)); err != nil {
		t.Errorf("the log's own signature is lost: %v", err)
	}
	if _, err := tlog.CheckCosignature(msg, name, public); !errors.Is(err, tlog.ErrSignature) {
		t.Errorf("no cosignature: %v", err)
	}
	if _, err := tlog.CheckCosignature(cosigned, "witness.example/w2", public); !errors.Is(err, tlog.ErrSignature) {
		t.Errorf("another witness: %v", err)
	}
	// A cosignature moved to another second does not hold: the time is signed.
	line := cosigned[strings.LastIndex(string(cosigned), "— "):]
	text := strings.Fields(string(line))[2]
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	b[11]++
	moved := strings.Replace(string(cosigned), text, base64.StdEncoding.EncodeToString(b), 1)
	if _, err := tlog.CheckCosignature([]byte(moved), name, public); !errors.Is(err, tlog.ErrSignature) {
		t.Errorf("another time: %v", err)
	}
}

func TestValidOrigin(t *testing.T) {
	for origin, want := range map[string]bool{"garant.example/control": true, "": false, "a b": false, "a+b": false, "a\u00a0b": false} {
		if tlog.ValidOrigin(origin) != want {
			t.Errorf("%q", origin)
		}
	}
}
