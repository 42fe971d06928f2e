package kms_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/keys/kms"
)

func wantError(t testing.TB, err error, code errs.Code, key string) {
	t.Helper()
	e := errs.Of(err)
	if e == nil || e.Code != code || e.Key != key {
		t.Fatalf("got %v, want %s %s", err, code, key)
	}
}

func TestTheKeyFileHoldsNothingInTheClear(t *testing.T) {
	l, s := newLocal(t)
	wrapped, err := s.Wrap(context.Background(), s.key, []byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(l.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	data, err := os.ReadFile(l.Path())
	if err != nil || bytes.Contains(data, []byte("correct horse")) || bytes.Contains(data, []byte("tenants")) {
		t.Fatalf("%s, %v", data, err)
	}
	again, err := kms.OpenLocal(cheap(l.Path(), s.clock))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Unwrap(context.Background(), s.key, wrapped, nil); err != nil || string(got) != "x" {
		t.Fatalf("%q, %v", got, err)
	}
	names, err := again.Keys()
	if err != nil || strings.Join(names, " ") != "other tenants" {
		t.Fatalf("%v, %v", names, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(l.Path()), ".keys-*")); err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v, %v", left, err)
	}
}

func TestAKeyFileThatCannotBeOpenedIsSaidClearly(t *testing.T) {
	l, s := newLocal(t)
	good, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	wrong := cheap(l.Path(), s.clock)
	wrong.Secret = []byte("another passphrase")
	_, err = kms.OpenLocal(wrong)
	wantError(t, err, errs.Config, "keys.local.wrong")
	_, err = kms.OpenLocal(cheap(l.Path()+"x", s.clock))
	wantError(t, err, errs.Setup, "keys.local.missing")
	_, err = kms.CreateLocal(cheap(l.Path(), s.clock), "tenants")
	wantError(t, err, errs.Conflict, "keys.local.exists")
	short := cheap(filepath.Join(t.TempDir(), "k"), s.clock)
	short.Secret = []byte("too short")
	_, err = kms.CreateLocal(short, "tenants")
	wantError(t, err, errs.Config, "keys.local.short")

	if err := os.Chmod(l.Path(), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = kms.OpenLocal(cheap(l.Path(), s.clock))
	wantError(t, err, errs.Config, "keys.local.mode")
	put := func(data []byte) {
		if err := os.WriteFile(l.Path(), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(l.Path(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, bad := range map[string][]byte{"empty": nil, "cut": good[:len(good)/2], "twice": append(bytes.Clone(good), good...),
		"changed": bytes.Replace(good, []byte(`"passes": 1`), []byte(`"passes": 2`), 1)} {
		put(bad)
		_, err := kms.OpenLocal(cheap(l.Path(), s.clock))
		if e := errs.Of(err); e == nil || e.Key != "keys.local.damaged" {
			t.Errorf("%s: %v", name, err)
		}
	}
	put(bytes.Replace(good, []byte("garant-keys-1"), []byte("garant-keys-9"), 1))
	_, err = kms.OpenLocal(cheap(l.Path(), s.clock))
	wantError(t, err, errs.Config, "keys.local.format")
}

func TestTheSecretCanBeChanged(t *testing.T) {
	l, s := newLocal(t)
	wrapped, err := s.Wrap(context.Background(), s.key, []byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.ChangeSecret([]byte("staple and some more"), cheap("", nil).Cost); err != nil {
		t.Fatal(err)
	}
	_, err = kms.OpenLocal(cheap(l.Path(), s.clock))
	wantError(t, err, errs.Config, "keys.local.wrong")
	o := cheap(l.Path(), s.clock)
	o.Secret = []byte("staple and some more")
	again, err := kms.OpenLocal(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*kms.Local{l, again} {
		if got, err := k.Unwrap(context.Background(), s.key, wrapped, nil); err != nil || string(got) != "x" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if err := l.ChangeSecret([]byte("short"), kms.Cost{}); !errs.Is(err, errs.Config) {
		t.Fatal(err)
	}
}

func TestAChangeByAnotherProcessIsNoticed(t *testing.T) {
	l, s := newLocal(t)
	ctx := context.Background()
	wrapped, err := s.Wrap(ctx, s.key, []byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	command, err := kms.OpenLocal(cheap(l.Path(), s.clock))
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Enable(s.key, false); err != nil {
		t.Fatal(err)
	}
	_, err = s.Unwrap(ctx, s.key, wrapped, nil)
	want(t, err, kms.Disabled)
	if err := command.Enable(s.key, true); err != nil {
		t.Fatal(err)
	}
	if err := l.Add("third"); err != nil { // and does not undo what the other did
		t.Fatal(err)
	}
	if _, err := command.Describe(ctx, "third"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(l.Path()); err != nil {
		t.Fatal(err)
	}
	_, err = s.Unwrap(ctx, s.key, wrapped, nil)
	want(t, err, kms.Unreachable)
}

func TestChangesThatMakeNoSenseAreRefused(t *testing.T) {
	l, _ := newLocal(t)
	wantError(t, l.Add("other"), errs.Conflict, "keys.local.taken")
	wantError(t, l.Add(""), errs.Invalid, "keys.name")
	wantError(t, l.Rotate("nobody"), errs.NotFound, "keys.local.no_key")
	wantError(t, l.Enable("nobody", true), errs.NotFound, "keys.local.no_key")
	wantError(t, l.Destroy("nobody"), errs.NotFound, "keys.local.no_key")
}

func FuzzLocalFile(f *testing.F) {
	c := clock.NewFake(start)
	path := filepath.Join(f.TempDir(), "keys.json")
	if _, err := kms.CreateLocal(cheap(path, c), "tenants"); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"garant-keys-1"}`))
	f.Add([]byte(`{"format":"garant-keys-1","derive":{"name":"argon2id","memory_kib":4294967295,"passes":1,"threads":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA=="}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := kms.ParseLocalFile(data)
		if err == nil && !bytes.Contains(data, []byte("argon2id")) {
			t.Fatal("a file without its derivation was accepted")
		}
		if err != nil && !errs.Is(err, errs.Config) {
			t.Fatal(err)
		}
	})
}

func FuzzLocalUnwrap(f *testing.F) {
	_, s := newLocal(f)
	good, err := s.Wrap(context.Background(), s.key, []byte("x"), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("GLK1"))
	f.Add([]byte("GLK1\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		_, err := s.Unwrap(context.Background(), s.key, wrapped, nil)
		var e *kms.Error
		if err == nil && !bytes.Equal(wrapped, good) || err != nil && !errors.As(err, &e) {
			t.Fatalf("%x: %v", wrapped, err)
		}
	})
}
