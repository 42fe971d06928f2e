package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"garant.example/client"
	"garant.example/internal/errs"
)

// keyFor is the verifier key by which a log is checked: the one given when it names
// that log, or made of its bare last part. One operator signs all its logs with one
// key, but a key that names another log is refused: a name that is given is meant.
func keyFor(given, log string) (string, error) {
	if named, _, err := client.ParseKey(given); err == nil {
		if named == log {
			return given, nil
		}
		return "", errs.New(errs.Invalid, "cli.key.other").With("key", named).With("log", log).
			Do("cli.key.other.fix").With("bare", bareKey(given))
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(given))
	switch {
	case err == nil && len(raw) == 1+ed25519.PublicKeySize:
		raw = raw[1:] // behind the byte of its algorithm
	case err != nil || len(raw) != ed25519.PublicKeySize:
		return "", client.ErrKey
	}
	text, err := note.NewEd25519VerifierKey(log, ed25519.PublicKey(raw))
	if err != nil {
		return "", client.ErrKey
	}
	return text, nil
}

// bareKey is the last part of a verifier key: the same for every log of an operator.
func bareKey(key string) string {
	if parts := strings.SplitN(key, "+", 3); len(parts) == 3 {
		return parts[2]
	}
	return key
}
