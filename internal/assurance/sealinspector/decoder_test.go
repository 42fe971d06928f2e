package sealinspector

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"testing"

	"garant.example/internal/id"
)

// What is sealed here opens here, and nothing changed does.
func TestDecoder(t *testing.T) {
	secret, nonce := bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{9}, nonceSize)
	header := []byte{1, saysAES256, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1}
	owner, ad := id.NewTenant(), []byte("tenant and the rest of it")
	body, err := encode(secret, header, nonce, []byte("words"), owner, ad)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := decode(secret, body, owner, ad); err != nil || string(plain) != "words" {
		t.Fatalf("%q %v", plain, err)
	}
	for at := range body {
		changed := bytes.Clone(body)
		changed[at] ^= 1
		if _, err := decode(secret, changed, owner, ad); err == nil {
			t.Errorf("byte %d may be changed", at)
		}
	}
	if _, err := decode(secret, body, id.NewTenant(), ad); err == nil {
		t.Error("another customer may open it")
	}
	if _, err := decode(secret, body, owner, nil); err == nil {
		t.Error("it opens unbound")
	}
	for _, short := range [][]byte{nil, body[:headerSize+nonceSize+tagSize-1]} {
		if _, err := decode(secret, short, owner, ad); err == nil {
			t.Error("too short, and taken")
		}
	}
}

func TestCandidates(t *testing.T) {
	secret := bytes.Repeat([]byte{0xa5, 3}, 16)
	for name, text := range map[string]string{
		"raw": string(secret), "hex": "key: " + hex.EncodeToString(secret) + "\n", "base64": `{"k":"` + base64.StdEncoding.EncodeToString(secret) + `"}`,
		"url": base64.RawURLEncoding.EncodeToString(secret),
	} {
		found := false
		for _, c := range candidates([]byte(text)) {
			found = found || bytes.Equal(c, secret)
		}
		if !found {
			t.Errorf("%s: not found", name)
		}
	}
}

// The vectors of RFC 6962's tree: one leaf is its own root, two are hashed with 1
// before them.
func TestMerkle(t *testing.T) {
	empty := merkle(nil)
	if got := hex.EncodeToString(empty[:]); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("the empty tree: %s", got)
	}
	a, b, c := [32]byte{1}, [32]byte{2}, [32]byte{3}
	if merkle([][32]byte{a}) != a {
		t.Error("one leaf")
	}
	if merkle([][32]byte{a, b, c}) != merkle([][32]byte{merkle([][32]byte{a, b}), c}) {
		t.Error("three leaves")
	}
}

func FuzzCandidates(f *testing.F) {
	f.Add([]byte("key: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, c := range candidates(text) {
			if len(c) != keyBytes {
				t.Fatalf("a candidate of %d bytes", len(c))
			}
		}
	})
}
