package kms_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"garant.example/internal/clock"
	"garant.example/internal/errs"
	"garant.example/internal/keys/kms"
	"garant.example/testkit/awskms"
	"garant.example/testkit/transit"
)

var start = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// noWait tries again at once and counts.
func noWait(n *int) kms.Retry {
	return kms.Retry{Wait: func(context.Context, time.Duration) error { *n++; return nil }}
}

// service is one KMS under test with the knobs that all of them have.
type service struct {
	kms.KMS
	key, other string // names of two keys
	retries    *int
	clock      *clock.Fake
	disable    func(on bool)
	rotate     func()
	remove     func()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func newAWS(t testing.TB) (*awskms.Server, service) {
	c, n := clock.NewFake(start), new(int)
	s := awskms.New(awskms.Options{Clock: c, Session: "a session"})
	l := listen(t)
	s.Start(l)
	t.Cleanup(func() { s.Close() })
	id, secret, session := s.Credentials()
	a, err := kms.NewAWS(kms.AWSOptions{Region: s.Region(), Endpoint: "http://" + l.Addr().String(), Clock: c, Retry: noWait(n),
		Credentials: kms.StaticCredentials(kms.Credentials{AccessKey: id, Secret: secret, Session: session})})
	if err != nil {
		t.Fatal(err)
	}
	arn := s.AddKey("tenants")
	return s, service{a, arn, s.AddKey(""), n, c, func(on bool) { s.Disable(arn, on) }, func() { s.Rotate(arn) }, func() { s.Delete(arn) }}
}

func newTransit(t testing.TB) (*transit.Server, service, *string) {
	c, n := clock.NewFake(start), new(int)
	s := transit.New(transit.Options{Clock: c, Namespace: "team"})
	l := listen(t)
	s.Start(l)
	t.Cleanup(func() { s.Close() })
	token := s.AddToken(time.Hour, true)
	a, err := kms.NewTransit(kms.TransitOptions{Address: "http://" + l.Addr().String(), Namespace: "team", Clock: c, Retry: noWait(n),
		Token: func() (string, error) { return token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	s.AddKey("tenants")
	s.AddKey("other")
	return s, service{a, "tenants", "other", n, c, func(on bool) { s.Disable("tenants", on) }, func() { s.Rotate("tenants") },
		func() { s.Delete("tenants") }}, &token
}

func cheap(path string, c clock.Clock) kms.LocalOptions {
	return kms.LocalOptions{Path: path, Secret: []byte("correct horse battery"), Clock: c, Cost: kms.Cost{Memory: 8 << 10, Passes: 1, Threads: 1}}
}

func newLocal(t testing.TB) (*kms.Local, service) {
	c := clock.NewFake(start)
	l, err := kms.CreateLocal(cheap(filepath.Join(t.TempDir(), "keys.json"), c), "tenants")
	if err != nil {
		t.Fatal(err)
	}
	do := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	do(l.Add("other"))
	return l, service{l, "tenants", "other", new(int), c, func(on bool) { do(l.Enable("tenants", !on)) },
		func() { do(l.Rotate("tenants")) }, func() { do(l.Destroy("tenants")) }}
}

// onAll runs a test on every service.
func onAll(t *testing.T, test func(t *testing.T, s service)) {
	t.Run("local", func(t *testing.T) { _, s := newLocal(t); test(t, s) })
	t.Run("transit", func(t *testing.T) { _, s, _ := newTransit(t); test(t, s) })
	t.Run("aws", func(t *testing.T) { _, s := newAWS(t); test(t, s) })
}

func want(t testing.TB, err error, reason kms.Reason) {
	t.Helper()
	var e *kms.Error
	if !errors.As(err, &e) || e.Reason != reason {
		t.Fatalf("got %v, want %s", err, reason)
	}
}

func TestWrapAndUnwrap(t *testing.T) {
	onAll(t, func(t *testing.T, s service) {
		ctx := context.Background()
		plain, bound := []byte("the keyset of a tenant"), kms.Context{"tenant": "t_1", "purpose": "garant-keyring"}
		one, err := s.Wrap(ctx, s.key, plain, bound)
		if err != nil {
			t.Fatal(err)
		}
		two, err := s.Wrap(ctx, s.key, plain, bound)
		if err != nil || bytes.Equal(one, two) || bytes.Contains(one, plain) {
			t.Fatalf("two equal texts, or a clear one: %v", err)
		}
		s.rotate()
		got, err := s.Unwrap(ctx, s.key, one, kms.Context{"purpose": "garant-keyring", "tenant": "t_1"})
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%q, %v", got, err)
		}
		for _, other := range []kms.Context{nil, {"tenant": "t_2", "purpose": "garant-keyring"}, {"tenant": "t_1"},
			{"tenant": "t_1", "purpose": "garant-keyring", "more": "x"}} {
			_, err := s.Unwrap(ctx, s.key, one, other)
			want(t, err, kms.WrongKey)
		}
		_, err = s.Unwrap(ctx, s.other, one, bound)
		want(t, err, kms.WrongKey)
		_, err = s.Unwrap(ctx, "nobody", one, bound)
		want(t, err, kms.NoKey)
		flipped := bytes.Clone(one)
		flipped[len(flipped)-6] ^= 1
		if _, err := s.Unwrap(ctx, s.key, flipped, bound); err == nil || kms.ReasonOf(err).Passing() {
			t.Fatalf("a changed text: %v", err)
		}
		if _, err := s.Unwrap(ctx, s.key, []byte("nonsense"), bound); err == nil || !kms.ReasonOf(err).Closed() {
			t.Fatalf("nonsense: %v", err)
		}
		_, err = s.Wrap(ctx, s.key, make([]byte, kms.MaxPlaintext+1), bound)
		want(t, err, kms.Unfit)
		most := make([]byte, kms.MaxPlaintext)
		wrapped, err := s.Wrap(ctx, s.key, most, bound)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Unwrap(ctx, s.key, wrapped, bound); err != nil || !bytes.Equal(got, most) {
			t.Fatal(err)
		}
	})
}

func TestDisabledAndRemovedKeys(t *testing.T) {
	onAll(t, func(t *testing.T, s service) {
		ctx := context.Background()
		wrapped, err := s.Wrap(ctx, s.key, []byte("x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.disable(true)
		_, err = s.Unwrap(ctx, s.key, wrapped, nil)
		want(t, err, kms.Disabled)
		_, err = s.Wrap(ctx, s.key, []byte("x"), nil)
		want(t, err, kms.Disabled)
		about, err := s.Describe(ctx, s.key)
		if err != nil || about.Enabled {
			t.Fatalf("%+v, %v", about, err)
		}
		s.disable(false)
		if _, err = s.Unwrap(ctx, s.key, wrapped, nil); err != nil {
			t.Fatal(err)
		}
		s.remove()
		_, err = s.Describe(ctx, s.key)
		want(t, err, kms.NoKey)
		if _, err = s.Unwrap(ctx, s.key, wrapped, nil); err == nil || !kms.ReasonOf(err).Closed() {
			t.Fatal(err)
		}
	})
}

func TestDescribe(t *testing.T) {
	onAll(t, func(t *testing.T, s service) {
		ctx := context.Background()
		about, err := s.Describe(ctx, s.key)
		if err != nil || !about.Enabled || !about.Created.Equal(start) || !about.RotatedAt.IsZero() || about.Versions != 1 ||
			about.Service != s.Name() || about.Algorithm == "" {
			t.Fatalf("%+v, %v", about, err)
		}
		s.clock.Advance(time.Minute)
		s.rotate()
		about, err = s.Describe(ctx, s.key)
		if err != nil || !about.RotatedAt.Equal(start.Add(time.Minute)) || about.Versions != 2 || !about.Created.Equal(start) {
			t.Fatalf("%+v, %v", about, err)
		}
		_, err = s.Describe(ctx, "nobody")
		want(t, err, kms.NoKey)
	})
}

func TestThrottlingIsTriedAgainABoundedNumberOfTimes(t *testing.T) {
	check := func(t *testing.T, s service, throttle func(int), calls func() int) {
		ctx := context.Background()
		if _, err := s.Wrap(ctx, s.key, []byte("x"), nil); err != nil { // the token is known after it
			t.Fatal(err)
		}
		throttle(3)
		if _, err := s.Wrap(ctx, s.key, []byte("x"), nil); err != nil || *s.retries != 3 {
			t.Fatalf("%d retries: %v", *s.retries, err)
		}
		throttle(1000)
		before := calls()
		_, err := s.Wrap(ctx, s.key, []byte("x"), nil)
		want(t, err, kms.Throttled)
		if n := calls() - before; n != 4 {
			t.Fatalf("%d calls", n)
		}
	}
	t.Run("aws", func(t *testing.T) {
		server, s := newAWS(t)
		check(t, s, server.Throttle, func() int { return len(server.Calls()) })
	})
	t.Run("transit", func(t *testing.T) {
		server, s, _ := newTransit(t)
		check(t, s, server.Throttle, func() int { return len(server.Calls()) })
	})
}

func TestAServiceThatIsGoneIsUnreachable(t *testing.T) {
	server, s := newAWS(t)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Wrap(context.Background(), s.key, []byte("x"), nil)
	want(t, err, kms.Unreachable)
	bao, s, _ := newTransit(t)
	if err := bao.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = s.Unwrap(context.Background(), s.key, []byte("vault:v1:aaaa"), nil)
	want(t, err, kms.Unreachable)
}

func TestALateAnswerIsCutOff(t *testing.T) {
	server, s := newAWS(t)
	server.Delay(time.Hour)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Wrap(ctx, s.key, []byte("x"), nil)
	want(t, err, kms.Unreachable)
}

func TestRetryStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n := 0
	err := kms.Retry{Base: time.Hour, Most: time.Hour}.Do(ctx, func() error {
		n++
		return &kms.Error{Reason: kms.Throttled}
	})
	want(t, err, kms.Throttled)
	if n != 1 {
		t.Fatalf("%d calls", n)
	}
}

func TestAddressesAreChecked(t *testing.T) {
	for _, bad := range []string{"", "bao:8200", "http://bao.example:8200", "https://user:secret@bao.example", "https://bao.example?x=1", "ftp://localhost"} {
		_, err := kms.NewTransit(kms.TransitOptions{Address: bad})
		if !errs.Is(err, errs.Config) {
			t.Errorf("%q: %v", bad, err)
		}
		if strings.Contains(errs.Of(err).Error(), "secret") {
			t.Errorf("%q: the error tells the password", bad)
		}
	}
	for _, bad := range []string{"", "eu-west-3.evil.example/", "a b"} {
		if _, err := kms.NewAWS(kms.AWSOptions{Region: bad}); !errs.Is(err, errs.Config) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestExplainSaysTheReason(t *testing.T) {
	e := kms.Explain(&kms.Error{Reason: kms.Disabled, Service: "aws", Key: "k", Err: errors.New("x")})
	if e.Code != errs.Sealed || e.Key != "keys.kms.disabled" || e.Fix != "keys.kms.disabled.fix" || e.Params["service"] != "aws" {
		t.Fatalf("%+v", e)
	}
	if e := kms.Explain(errors.New("who knows")); e.Key != "keys.kms.unreachable" {
		t.Fatalf("%+v", e)
	}
}
