package keys_test

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"

	"garant.example/internal/errs"
	"garant.example/internal/id"
	"garant.example/internal/keys"
	"garant.example/internal/keys/kms"
	"garant.example/testkit/awskms"
	"garant.example/testkit/transit"
)

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func noWait(context.Context, time.Duration) error { return nil }

// TestRingsOverRealWireForms lets the stand-ins refuse, end to end.
func TestRingsOverRealWireForms(t *testing.T) {
	ctx := context.Background()
	t.Run("aws", func(t *testing.T) {
		w := newWorld(t, sqliteEngine())
		s := awskms.New(awskms.Options{Clock: w.clock})
		l := listen(t)
		s.Start(l)
		defer s.Close()
		access, secret, _ := s.Credentials()
		a, err := kms.NewAWS(kms.AWSOptions{Region: s.Region(), Endpoint: "http://" + l.Addr().String(), Clock: w.clock, Retry: kms.Retry{Wait: noWait},
			Credentials: kms.StaticCredentials(kms.Credentials{AccessKey: access, Secret: secret})})
		if err != nil {
			t.Fatal(err)
		}
		w.gate.KMS, w.key = a, s.AddKey("garant")
		tenantMayLockOut(t, w, func(on bool) { s.Disable(w.key, on) }, func(on bool) { s.Deny(w.key, on) })
		for _, c := range s.Calls() {
			if c.Action == "Decrypt" && (c.Context["purpose"] != "garant-keyring" || c.Context["tenant"] == "") {
				t.Fatalf("CloudTrail would not show for whom: %+v", c)
			}
		}
	})
	t.Run("transit", func(t *testing.T) {
		w := newWorld(t, sqliteEngine())
		s := transit.New(transit.Options{Clock: w.clock})
		l := listen(t)
		s.Start(l)
		defer s.Close()
		token := s.AddToken(0, false)
		a, err := kms.NewTransit(kms.TransitOptions{Address: "http://" + l.Addr().String(), Clock: w.clock, Retry: kms.Retry{Wait: noWait},
			Token: func() (string, error) { return token, nil }})
		if err != nil {
			t.Fatal(err)
		}
		s.AddKey("garant")
		w.gate.KMS, w.key = a, "garant"
		tenantMayLockOut(t, w, func(on bool) { s.Disable("garant", on) }, func(on bool) { s.Deny("garant", on) })
		r := w.rings()
		k := w.ring(r)
		s.Seal(true)
		w.clock.Advance(10 * time.Minute)
		must(k.NewSubject(ctx))(t) // a sealed service is an outage, not a decision
		w.clock.Advance(10 * time.Minute)
		_, err = k.NewSubject(ctx)
		wantCode(t, err, errs.Sealed, "keys.outage")
	})
}

// tenantMayLockOut plays a tenant who owns the key.
func tenantMayLockOut(t *testing.T, w *world, knobs ...func(on bool)) {
	t.Helper()
	ctx := context.Background()
	r := w.rings()
	k := w.ring(r)
	items := sealMany(t, k, 20)
	must(k.RunKEKRotation(ctx, nil))(t)
	openAll(t, k, items)
	if about := must(k.DescribeKMS(ctx))(t); !about.Enabled {
		t.Fatalf("%+v", about)
	}
	for i, knob := range knobs {
		knob(true)
		w.clock.Advance(r.ProbePeriod() + time.Second)
		_, err := k.Open(nil, items[0].sealed, nil)
		wantCode(t, err, errs.Sealed, [...]string{"keys.kms.disabled", "keys.kms.denied"}[i])
		if s := must(r.Status(ctx, k.Tenant()))(t); s.Open || s.Refused == nil {
			t.Fatalf("%+v", s)
		}
		knob(false)
		w.clock.Advance(10 * time.Second)
		openAll(t, k, items)
	}
}

func TestANamedKeyRotatesBeforeItsNoncesWearOut(t *testing.T) {
	on(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		r := w.rings()
		k := w.ring(r)
		ref := must(k.Named(ctx, keys.NameLog))(t)
		first := must(k.Seal(nil, ref, []byte("x"), nil))(t)
		w.exec(k.Tenant(), `UPDATE keyring_named SET uses = ?1`, int64(keys.MostUse-keys.UseStep))
		keys.SetUses(t, k, ref, 1, keys.UseStep-1)
		must(k.Seal(nil, ref, []byte("x"), nil))(t)
		r.Wait()
		if h := must(keys.ParseHeader(must(k.Seal(nil, ref, []byte("x"), nil))(t)))(t); h.Version != 2 {
			t.Fatalf("still version %d", h.Version)
		}
		must(k.Open(nil, first, nil))(t)
		if vs := must(k.Versions(ctx, keys.NameLog))(t); len(vs) != 2 || vs[0].Uses != keys.MostUse {
			t.Fatalf("%+v", vs)
		}
	})
}

// TestQuietTenantsCostLittle: what a ring that is closed, and one that is open,
// keeps in memory.
func TestQuietTenantsCostLittle(t *testing.T) {
	w := newWorld(t, sqliteEngine())
	r := w.rings()
	k := w.ring(r)
	must(k.NewSubject(context.Background()))(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const tenants = 10_000
	for range tenants {
		// Unknown tenants: only the ring itself is made.
		if _, err := r.Status(context.Background(), id.NewTenant()); !errs.Is(err, errs.NotFound) {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	per := int64(after.HeapAlloc-before.HeapAlloc) / tenants
	t.Logf("%d bytes a quiet tenant", per)
	if per > 1024 {
		t.Fatalf("%d bytes a quiet tenant", per)
	}
	runtime.KeepAlive(r)
}
