package kms_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"garant.example/internal/keys/kms"
)

func TestWhatAWSRefuses(t *testing.T) {
	ctx := context.Background()
	server, s := newAWS(t)
	wrapped, err := s.Wrap(ctx, s.key, []byte("x"), kms.Context{"tenant": "t_1"})
	if err != nil {
		t.Fatal(err)
	}
	unwrap := func() error {
		_, err := s.Unwrap(ctx, s.key, wrapped, kms.Context{"tenant": "t_1"})
		return err
	}
	if err := unwrap(); err != nil {
		t.Fatal(err)
	}
	if calls := server.Calls(); calls[0].Action != "Encrypt" || calls[0].Context["tenant"] != "t_1" {
		t.Fatalf("the owner of the key does not see for whom: %+v", calls)
	}
	server.Deny(s.key, true)
	want(t, unwrap(), kms.Denied)
	_, err = s.Describe(ctx, s.key)
	want(t, err, kms.Denied)
	server.Deny(s.key, false)
	server.ExpireCredentials(true)
	want(t, unwrap(), kms.Expired)
	server.ExpireCredentials(false)
	server.ScheduleDeletion(s.key)
	want(t, unwrap(), kms.Disabled)
	server.Disable(s.key, false)
	if err := unwrap(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Describe(ctx, "alias/tenants"); err != nil {
		t.Fatal(err)
	}
	// An empty value in the context is what the real one refuses.
	_, err = s.Wrap(ctx, s.key, []byte("x"), kms.Context{"tenant": ""})
	want(t, err, kms.Unfit)
}

func TestABadSignatureIsRefused(t *testing.T) {
	ctx := context.Background()
	server, s := newAWS(t)
	address := endpointOf(s)
	id, secret, session := server.Credentials()
	for _, c := range []struct {
		name        string
		credentials kms.Credentials
		region      string
		want        kms.Reason
	}{
		{"secret", kms.Credentials{AccessKey: id, Secret: secret + "x", Session: session}, "eu-west-3", kms.Denied},
		{"access key", kms.Credentials{AccessKey: "AKIDOTHER", Secret: secret, Session: session}, "eu-west-3", kms.Denied},
		{"session", kms.Credentials{AccessKey: id, Secret: secret}, "eu-west-3", kms.Denied},
		{"region", kms.Credentials{AccessKey: id, Secret: secret, Session: session}, "us-east-1", kms.Denied},
	} {
		a, err := kms.NewAWS(kms.AWSOptions{Region: c.region, Endpoint: address, Clock: s.clock, Retry: noWait(new(int)),
			Credentials: kms.StaticCredentials(c.credentials)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Wrap(ctx, s.key, []byte("x"), nil)
		if kms.ReasonOf(err) != c.want || err == nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if out := fmt.Sprintf("%v %+v %#v", c.credentials, c.credentials, c.credentials); out != "**redacted** **redacted** **redacted**" {
			t.Errorf("credentials print themselves: %s", out)
		}
	}
	// A clock that is wrong is nobody's decision: the grace applies, not the end.
	late := kms.AWSOptions{Region: "eu-west-3", Endpoint: address, Clock: skewed{s.clock.Now().Add(-time.Hour)}, Retry: noWait(new(int)),
		Credentials: kms.StaticCredentials(kms.Credentials{AccessKey: id, Secret: secret, Session: session})}
	a, err := kms.NewAWS(late)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Wrap(ctx, s.key, []byte("x"), nil)
	want(t, err, kms.Unreachable)
}

type skewed struct{ at time.Time }

func (s skewed) Now() time.Time { return s.at }

func endpointOf(s service) string { return kms.EndpointOf(s.KMS.(*kms.AWS)) }

func TestWhatTransitRefuses(t *testing.T) {
	ctx := context.Background()
	server, s, token := newTransit(t)
	wrapped, err := s.Wrap(ctx, s.key, []byte("x"), kms.Context{"tenant": "t_1"})
	if err != nil {
		t.Fatal(err)
	}
	unwrap := func() error {
		_, err := s.Unwrap(ctx, s.key, wrapped, kms.Context{"tenant": "t_1"})
		return err
	}
	server.Deny(s.key, true)
	want(t, unwrap(), kms.Denied)
	server.Deny(s.key, false)
	server.Seal(true)
	want(t, unwrap(), kms.Locked)
	server.Seal(false)
	server.Rotate(s.key)
	server.MinDecrypt(s.key, 2)
	want(t, unwrap(), kms.Disabled)
	server.MinDecrypt(s.key, 1)
	if err := unwrap(); err != nil {
		t.Fatal(err)
	}
	server.ExpireToken(*token)
	want(t, unwrap(), kms.Expired)
	*token = ""
	want(t, unwrap(), kms.Denied)
	*token = server.AddToken(0, false) // an agent wrote a new one
	if err := unwrap(); err != nil {
		t.Fatal(err)
	}
	server.Exportable(s.key)
	_, err = s.Describe(ctx, s.key)
	want(t, err, kms.Unfit)
	// Without the right to create, a mistyped name makes no key.
	_, err = s.Wrap(ctx, "mistyped", []byte("x"), nil)
	want(t, err, kms.Denied)
}

func TestTheTokenIsRenewedAtHalfItsLife(t *testing.T) {
	ctx := context.Background()
	server, s, _ := newTransit(t)
	wrap := func() {
		t.Helper()
		if _, err := s.Wrap(ctx, s.key, []byte("x"), nil); err != nil {
			t.Fatal(err)
		}
	}
	renewals := func() (n int) {
		for _, c := range server.Calls() {
			if c.Path == "/v1/auth/token/renew-self" && c.Status == 200 {
				n++
			}
		}
		return n
	}
	wrap()
	if got := s.KMS.(*kms.Transit).TokenExpires(); !got.Equal(start.Add(time.Hour)) {
		t.Fatalf("ends %v", got)
	}
	for range 20 { // twenty times twenty minutes: a token of one hour lives on
		s.clock.Advance(20 * time.Minute)
		wrap()
	}
	if n := renewals(); n < 9 || n > 11 {
		t.Fatalf("%d renewals in 400 minutes", n)
	}
	s.clock.Advance(2 * time.Hour)
	_, err := s.Wrap(ctx, s.key, []byte("x"), nil)
	want(t, err, kms.Expired)
}

func TestTheWrongNamespaceIsNoDecision(t *testing.T) {
	server, s, token := newTransit(t)
	_ = server
	other, err := kms.NewTransit(kms.TransitOptions{Address: kms.AddressOf(s.KMS.(*kms.Transit)), Namespace: "another", Clock: s.clock,
		Retry: noWait(new(int)), Token: func() (string, error) { return *token, nil }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Wrap(context.Background(), s.key, []byte("x"), nil)
	want(t, err, kms.Unfit)
	broken, err := kms.NewTransit(kms.TransitOptions{Address: kms.AddressOf(s.KMS.(*kms.Transit)), Clock: s.clock,
		Retry: noWait(new(int)), Token: func() (string, error) { return "", errors.New("no such file") }})
	if err != nil {
		t.Fatal(err)
	}
	_, err = broken.Wrap(context.Background(), s.key, []byte("x"), nil)
	want(t, err, kms.Denied)
}
