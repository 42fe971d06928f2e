package main

import (
	"bytes"
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
	casefile.Result
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
		c.Result, _, err = casefile.CheckBundle(f, info.Size(), t, nil)
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
