package main

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"os"
	"slices"

	"garant.example/internal/audit/casefile"
)

// check is what came of one file.
type check struct {
	File       string `json:"file"`
	Holds      bool   `json:"holds"`
	Unreadable bool   `json:"unreadable,omitzero"`
	Former     bool   `json:"former_key,omitzero"` // signed by a former key that a bundle of the same command vouches for
	casefile.Result

	vouched []ed25519.PublicKey // former keys in the signed manifest of a bundle that holds
}

// checkFiles checks every file with the keys given. What a bundle that holds says of
// the operator's former keys is signed by a key given: what they signed is checked
// with them too.
func checkFiles(files []string, t casefile.Trust) []check {
	var checks []check
	var former []ed25519.PublicKey
	for _, file := range files {
		c := checkFile(file, t)
		checks, former = append(checks, c), append(former, c.vouched...)
	}
	if len(former) == 0 {
		return checks
	}
	t.Keys = append(slices.Clip(t.Keys), former...)
	for i, c := range checks {
		if c.Holds || c.Unreadable {
			continue
		}
		if again := checkFile(files[i], t); again.Holds {
			again.Former = true
			checks[i] = again
		}
	}
	return checks
}

// vouches reads the former keys in a manifest.
func vouches(m casefile.Manifest) (keys []ed25519.PublicKey) {
	for _, text := range m.Former {
		if key, name, ok := keyOf(text); ok && name == m.Origin {
			keys = append(keys, key)
		}
	}
	return keys
}

// checkFile checks a file by what it is, not by its name.
func checkFile(name string, t casefile.Trust) check {
	c := check{File: name}
	f, err := os.Open(name)
	if err != nil {
		c.Unreadable = true
		return c
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		c.Unreadable = true
		return c
	}
	magic := make([]byte, 4)
	n, _ := io.ReadFull(f, magic) // a file shorter than this is of no kind
	if magic = magic[:n]; string(magic) == "PK\x03\x04" {
		var m casefile.Manifest
		c.Result, m, err = casefile.CheckBundle(f, info.Size(), t, nil)
		if err == nil && c.OK() {
			c.vouched = vouches(m)
		}
	} else {
		c.Result, err = checkProof(io.MultiReader(bytes.NewReader(magic), f), t)
	}
	if err != nil {
		c.Result = casefile.Result{Findings: []casefile.Finding{{Code: casefile.BadForm}}}
	}
	c.Holds = c.Result.OK()
	return c
}

func checkProof(r io.Reader, t casefile.Trust) (casefile.Result, error) {
	b, err := io.ReadAll(io.LimitReader(r, casefile.MaxFile+1))
	if err != nil {
		return casefile.Result{}, err
	}
	if len(bytes.TrimSpace(b)) > 0 && bytes.TrimSpace(b)[0] == '{' {
		return casefile.Check(b, t)
	}
	return casefile.CheckCheckpoint(b, t), nil
}

// ofOther says whether a check failed because the proof is of another log.
func (c check) ofOther() bool {
	return slices.ContainsFunc(c.Findings, func(f casefile.Finding) bool { return f.Code == casefile.BadOrigin })
}
