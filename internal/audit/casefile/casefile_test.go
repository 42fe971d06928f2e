package casefile_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"garant.example/internal/audit/casefile"
	"garant.example/internal/i18n"
)

func trust() casefile.Trust {
	return casefile.Trust{Keys: []ed25519.PublicKey{make(ed25519.PublicKey, ed25519.PublicKeySize)}}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(`{"format":"garant.inclusion.v1","origin":"a","checkpoint":"","content":{"seq":0,"leaf":""},"proof":[]}`))
	f.Add([]byte(`{"format":"garant.consistency.v1","origin":"a","from":"","to":"","proof":[]}`))
	f.Add([]byte(`{"format":"garant.evidence.v1","document":"","inclusion":{"format":"garant.inclusion.v1"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := casefile.Check(b, trust())
		if err == nil && r.OK() {
			t.Fatalf("holds without a signature: %+v", r)
		}
	})
}

func FuzzCheckBundle(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{casefile.EntriesName, casefile.CheckpointName, casefile.ManifestName, casefile.NoteName} {
		if w, err := z.Create(name); err == nil {
			_, _ = w.Write([]byte(`{"format":"garant.case.v1","origin":"a"}`))
		}
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, _, err := casefile.CheckBundle(bytes.NewReader(b), int64(len(b)), trust(), nil)
		if err == nil && r.OK() {
			t.Fatalf("holds without a signature: %+v", r)
		}
	})
}

func TestCheckRefusesOtherFiles(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"format":"garant.inclusion.v2"}`, `{"format":"garant.inclusion.v1","surprise":1}`,
		`{"format":"garant.inclusion.v1","format":"garant.inclusion.v1"}`} {
		if _, err := casefile.Check([]byte(text), trust()); !errors.Is(err, casefile.ErrFormat) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestEveryFindingHasASentence(t *testing.T) {
	c := i18n.Must()
	for _, code := range casefile.Codes() {
		if !c.Has("verify.finding." + string(code)) {
			t.Errorf("%s has none", code)
		}
	}
}
